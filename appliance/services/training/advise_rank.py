"""Before training: what learns from what, and a recommended rank from the data's size, the model and this machine."""

import math
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.datasets.records import Dataset, DatasetVersion, get_dataset, get_version
from appliance.datasets.token_lengths import TURN_TOKENS
from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import is_id
from appliance.foundation.json_records import BESIDE
from appliance.models.records import BaseModel, get_model
from appliance.planning import (
    ADAPTER_METHODS,
    MAX_LENGTH,
    PRESETS,
    Machine,
    MethodChoice,
    ModelShape,
    RowLengths,
    RowSizes,
    Training,
    advise_rank,
    passes_that_fit,
    row_lengths,
    tokens_of,
)
from appliance.planning.memory import estimate_memory
from appliance.planning.passes import pass_sizes
from appliance.planning.rank_advice import RankAdvice
from appliance.planning.work import COMPLETION_SHARE
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measured_machine
from appliance.services.operations import DatasetId, ModelId, operation

UNKNOWN_TOKENS = 150.0  # a row's length where nobody counted


@dataclass(frozen=True)
class Subject:
    """What is to learn from what, read in one transaction: nothing of it changes while a plan is made."""

    dataset: Dataset
    version: DatasetVersion
    model: BaseModel

    @classmethod
    def of(cls, connection: Connection, dataset_id: str, model_id: str) -> "Subject":
        """Read it. Raises `NotFoundError`."""
        dataset = get_dataset(connection, dataset_id)
        version = get_version(connection, dataset_id, dataset.version)
        return cls(dataset, version, get_model(connection, model_id))

    @property
    def shape(self) -> ModelShape:
        """Return the sizes of the model's matrices."""
        return ModelShape.from_config(self.model.manifest.config)

    @property
    def max_length(self) -> int:
        """Return how many tokens of a row training reads: no more than the model was made for."""
        made_for = int(self.model.manifest.config.get("max_position_embeddings", MAX_LENGTH))
        return max(16, min(MAX_LENGTH, made_for))

    @property
    def lengths(self) -> RowLengths | None:
        """Return the lengths that were counted at import, if any."""
        found = self.version.report.tokens
        return row_lengths(found.unit, found.counts, found.edges, found.longest)

    @property
    def row_sizes(self) -> RowSizes:
        """Return how long the rows are, from what was counted at import; the system prompt is in front of each."""
        dataset, limit, lengths = self.dataset, self.max_length, self.lengths
        mean, longest = (lengths.mean, lengths.longest) if lengths else (UNKNOWN_TOKENS, float(limit))
        shared = tokens_of(len(dataset.system_prompt)) + TURN_TOKENS if dataset.system_prompt else 0.0
        # A row that is longer than the limit is left out.
        whole = min(float(limit), max(2.0, mean + shared))
        return RowSizes(
            rows=dataset.training_rows,
            mean=whole,
            longest=min(limit, max(round(longest + shared), math.ceil(whole))),
            shared=min(shared, whole - 1),
            validation_rows=dataset.validation_rows,
        )


def look_at(context: ServiceContext, caller: Caller, dataset_id: str, model_id: str) -> Subject:
    """Authorise and log the look at data and model that a plan or an advice is. Raises `AuthorizationError`."""
    target = ObjectRef("dataset", dataset_id if is_id(dataset_id) else "unknown")
    context.look(caller, "job.plan", target, {"model": model_id if is_id(model_id) else "unknown"})
    return context.query(Subject.of, dataset_id, model_id)


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
