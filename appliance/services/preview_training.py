"""What a page shows of a training before it starts: the plan, or why there is none, and the advised rank.

One look at data and model.
"""

from dataclasses import dataclass, replace

from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import Message, message
from appliance.planning import ADAPTER_METHODS, AUTOMATIC
from appliance.services.advise_rank import rank_advice
from appliance.services.context import Caller, ServiceContext
from appliance.services.import_dataset import describe_dataset
from appliance.services.import_model import describe_model
from appliance.services.plan_training import PlannedTraining, TrainingChoice, look_at_both, plan_training


@dataclass(frozen=True)
class TrainingPreview:
    """What would learn from what; the plan or its `refusal`; the rank that is advised, with its reason `advice`.

    Where none can be advised the rank is None and the advice says why; it is None where the method has no rank.
    """

    model_name: str
    dataset_name: str
    training_rows: int
    planned: PlannedTraining | None
    refusal: Message | None
    rank: int | None
    advice: Message | None


def preview_training(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: str,
    model_id: str,
    choice: TrainingChoice,
    take_advised: bool = False,
) -> TrainingPreview:
    """Return the preview of a choice: with `take_advised`, of the same choice with the advised rank. Reads no row;
    starts nothing.

    Raises `NotFoundError`, and `InputError` where the rank should be taken and there is none.
    """
    look_at_both(context, caller, dataset_id, model_id)
    dataset, model = describe_dataset(context, dataset_id), describe_model(context, model_id)
    rank, advice = _advised(context, dataset_id, model_id, choice)
    if take_advised:
        if rank is None:
            raise InputError(advice or message("rank.none"), code="rank.none")
        choice = replace(choice, rank=rank)
    planned, refusal = None, None
    try:
        planned = plan_training(context, dataset_id=dataset_id, model_id=model_id, choice=choice)
    except InputError as error:
        refusal = error.message
    return TrainingPreview(model["name"], dataset["name"], dataset["training_rows"], planned, refusal, rank, advice)


def _advised(
    context: ServiceContext, dataset_id: str, model_id: str, choice: TrainingChoice
) -> tuple[int | None, Message | None]:
    if choice.method not in {AUTOMATIC, *ADAPTER_METHODS}:
        return None, None
    method = ADAPTER_METHODS[0] if choice.method == AUTOMATIC else choice.method
    try:
        found = rank_advice(context, dataset_id=dataset_id, model_id=model_id, method=method)
    except ApplianceError as error:
        return None, error.message
    return int(found["rank"]), Message.from_json(found["sentence"])
