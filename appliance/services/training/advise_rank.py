"""Before training: a recommended rank from the data's size, the model and the memory of this machine."""

from dataclasses import dataclass, field, replace

from appliance.foundation.errors import InputError
from appliance.foundation.json_records import BESIDE
from appliance.planning import (
    ADAPTER_METHODS,
    PRESETS,
    Machine,
    MethodChoice,
    RowLengths,
    Training,
    advise_rank,
    passes_that_fit,
)
from appliance.planning.memory import estimate_memory
from appliance.planning.passes import pass_sizes
from appliance.planning.rank_advice import RankAdvice
from appliance.planning.work import COMPLETION_SHARE
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measured_machine
from appliance.services.operations import DatasetId, ModelId, operation
from appliance.services.training.subject import Subject, look_at


@dataclass(frozen=True)
class AdvisedRank:
    """The advice with what it is about; `memory_gib`: the budget that counted."""

    advice: RankAdvice = field(metadata=BESIDE)
    dataset_id: str
    model_id: str
    method: str
    memory_gib: float


@operation("rank.advise", action="job.plan", on="dataset")
def advise_before(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: DatasetId,
    model_id: ModelId,
    method: str = "qlora",
    memory_gib: float | None = None,
) -> AdvisedRank:
    """Return the recommended rank with its reason, and what each rank could hold and needs.

    Without `memory_gib`, this machine's memory counts. Raises `InputError` when there is nothing to learn or no rank
    fits, `NotFoundError`.
    """
    subject = look_at(context, caller, dataset_id, model_id)
    return rank_advice(subject, measured_machine(context), method=method, memory_gib=memory_gib)


def rank_advice(subject: Subject, machine: Machine, *, method: str, memory_gib: float | None = None) -> AdvisedRank:
    """Return what `advise_before` does, of what was read already. Raises the same."""
    if method not in ADAPTER_METHODS:
        raise InputError("rank.method", method=method, adapter_methods=", ".join(ADAPTER_METHODS))
    if memory_gib is not None and not 0.1 <= memory_gib <= 65_536:
        raise InputError("rank.budget")
    shape, rows = subject.shape, subject.row_sizes
    tokens = answer_tokens(subject.lengths, subject.dataset.training_rows)
    batch_size = PRESETS["balanced"].batch(rows.rows).rows
    budget = memory_gib * 2**30 if memory_gib is not None else float(machine.memory_bytes)

    def peak_bytes(rank: int) -> float:
        """As a training would run here: with the largest passes that fit, or the smallest where none does."""
        limited = replace(machine, memory_bytes=round(budget))
        wanted = Training(shape, MethodChoice(method, rank), limited, rows, 1, batch_size)
        way = passes_that_fit(wanted)
        memory = way[2] if way is not None else estimate_memory(wanted, pass_sizes(machine)[-1], checkpointing=True)
        return memory.needed

    advice = advise_rank(shape, answer_tokens=tokens, peak_bytes=peak_bytes, budget_bytes=budget)
    return AdvisedRank(advice, subject.dataset.id, subject.model.id, method, round(budget / 2**30, 1))


def answer_tokens(lengths: RowLengths | None, training_rows: int) -> int:
    """Return how many tokens of answers the training part has. Raises `InputError` when lengths were not counted."""
    if lengths is None:
        raise InputError("rank.lengths")
    return int(lengths.mean * COMPLETION_SHARE * training_rows)
