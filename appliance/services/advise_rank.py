"""Before training: a recommended rank from the data's size, the model and the memory of this machine."""

from dataclasses import replace
from typing import Any

from appliance.foundation.errors import InputError
from appliance.foundation.messages import with_sentences
from appliance.planning import (
    ADAPTER_METHODS,
    PRESETS,
    MethodChoice,
    ModelShape,
    Training,
    advise_rank,
    passes_that_fit,
    row_lengths,
)
from appliance.planning.passes import memory_of, pass_sizes
from appliance.planning.work import COMPLETION_SHARE
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_versions import describe_report
from appliance.services.import_dataset import describe_dataset
from appliance.services.import_model import describe_model
from appliance.services.machine import measured_machine
from appliance.services.plan_training import look_at_both, max_length_of, row_sizes


def advise_before(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: str,
    model_id: str,
    method: str = "qlora",
    memory_gib: float | None = None,
) -> dict[str, Any]:
    """Return the recommended rank with its reason, and what each rank could hold and needs. Without `memory_gib`, this
    machine's counts.

    Raises `InputError` when there is nothing to learn or no rank fits, `NotFoundError`.
    """
    look_at_both(context, caller, dataset_id, model_id)
    advice = rank_advice(context, dataset_id=dataset_id, model_id=model_id, method=method, memory_gib=memory_gib)
    shown: dict[str, Any] = with_sentences(advice)
    return shown


def rank_advice(
    context: ServiceContext, *, dataset_id: str, model_id: str, method: str, memory_gib: float | None = None
) -> dict[str, Any]:
    """Return what `advise_before` does, with messages, to a use case that logged its look at both. Raises the same."""
    if method not in ADAPTER_METHODS:
        raise InputError("rank.method", method=method, adapter_methods=", ".join(ADAPTER_METHODS))
    if memory_gib is not None and not 0.1 <= memory_gib <= 65_536:
        raise InputError("rank.budget")
    dataset, model = describe_dataset(context, dataset_id), describe_model(context, model_id)
    shape = ModelShape.from_config(model["manifest"]["config"])
    tokens = answer_tokens(describe_report(context, dataset_id)["tokens"], dataset["training_rows"])
    machine, rows = measured_machine(context), row_sizes(context, dataset, max_length_of(model))
    batch_size = PRESETS["balanced"].batch(rows.rows).rows
    budget = memory_gib * 2**30 if memory_gib is not None else float(machine.memory_bytes)

    def peak_bytes(rank: int) -> float:
        """As a training would run here: with the largest passes that fit, or the smallest where none does."""
        wanted = Training(
            shape, MethodChoice(method, rank), replace(machine, memory_bytes=round(budget)), rows, 1, batch_size
        )
        way = passes_that_fit(wanted)
        memory = way[2] if way is not None else memory_of(wanted, pass_sizes(machine)[-1], checkpointing=True)
        return memory.needed

    advice = advise_rank(shape, answer_tokens=tokens, peak_bytes=peak_bytes, budget_bytes=budget)
    return {
        **advice.to_json(),
        "dataset_id": dataset_id,
        "model_id": model_id,
        "method": method,
        "memory_gib": round(budget / 2**30, 1),
    }


def answer_tokens(lengths: dict[str, Any], training_rows: int) -> int:
    """Return how many tokens of answers the training part has, from the histogram of lengths that the import counted.

    Raises `InputError` when it counted none.
    """
    counted = row_lengths(lengths)
    if counted is None:
        raise InputError("rank.lengths")
    return int(counted.mean * COMPLETION_SHARE * training_rows)
