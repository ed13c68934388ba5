"""What a page shows of a training before it starts: the plan, or why there is none, and the advised rank. One look."""

import contextlib
from dataclasses import dataclass, replace

from appliance.audit import ObjectRef
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import Message, message
from appliance.models.records import BaseModel, list_models
from appliance.planning import ADAPTER_METHODS, AUTOMATIC, FittedPlan, Machine
from appliance.planning.training_settings import TrainingChoice
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measured_machine
from appliance.services.training.advise_rank import rank_advice
from appliance.services.training.plan_training import BY_DEFAULT, PlannedTraining, plan_training
from appliance.services.training.subject import Subject, look_at


@dataclass(frozen=True)
class TrainingPreview:
    """What would learn from what; the plan, or its `refusal`; the `rank` that is advised, with its `advice`.

    Where none can be advised the rank is None and the advice says why; there is no advice where the method has no rank.
    """

    model_name: str
    dataset_name: str
    training_rows: int
    planned: PlannedTraining | None
    refusal: Message | None
    rank: int | None
    advice: Message | None


@dataclass(frozen=True)
class ModelFit:
    """A base model, and the plan of training it as the pages propose: None where no dataset was named or none fits."""

    model: BaseModel
    fitted: FittedPlan | None = None


def models_for(context: ServiceContext, caller: Caller, *, dataset_id: str = "") -> list[ModelFit]:
    """Return the base models, each with the plan of training it on a dataset. Raises `NotFoundError`."""
    context.look(caller, "model.list", ObjectRef("model", "all"))
    if not dataset_id:
        with context.database.begin() as connection:
            return [ModelFit(model) for model in list_models(connection)]
    context.look(caller, "job.plan", ObjectRef("dataset", dataset_id))
    machine = measured_machine(context)
    with context.database.begin() as connection:
        subjects = [Subject.of(connection, dataset_id, model.id) for model in list_models(connection)]
    fits = []
    for subject in subjects:
        fitted = None
        with contextlib.suppress(InputError):
            fitted = plan_training(subject, BY_DEFAULT, machine).fitted
        fits.append(ModelFit(subject.model, fitted))
    return fits


def preview_training(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: str,
    model_id: str,
    choice: TrainingChoice,
    take_advised: bool = False,
) -> TrainingPreview:
    """Return the preview of a choice: with `take_advised`, of the same choice with the advised rank.

    Reads no row; starts nothing. Raises `NotFoundError`, and `InputError` where the rank should be taken and there is
    none.
    """
    subject = look_at(context, caller, dataset_id, model_id)
    machine = measured_machine(context)
    rank, advice = _advised(subject, machine, choice)
    if take_advised:
        if rank is None:
            raise InputError(advice or message("rank.none"), code="rank.none")
        choice = replace(choice, rank=rank)
    planned, refusal = None, None
    try:
        planned = plan_training(subject, choice, machine)
    except InputError as error:
        refusal = error.message
    dataset = subject.dataset
    return TrainingPreview(subject.model.name, dataset.name, dataset.training_rows, planned, refusal, rank, advice)


def _advised(subject: Subject, machine: Machine, choice: TrainingChoice) -> tuple[int | None, Message | None]:
    if choice.method not in {AUTOMATIC, *ADAPTER_METHODS}:
        return None, None
    method = ADAPTER_METHODS[0] if choice.method == AUTOMATIC else choice.method
    try:
        found = rank_advice(subject, machine, method=method)
    except ApplianceError as error:
        return None, error.message
    return found.advice.rank, found.advice.sentence
