"""Plan a training before it starts: what will be done and what it will take, or why it cannot be done and what can.

Reads no row.
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.datasets.records import Dataset, DatasetVersion, get_dataset, get_version
from appliance.datasets.token_lengths import TURN_TOKENS
from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import is_id
from appliance.foundation.messages import Message, message, sentences
from appliance.jobs.access import MAX_SEED
from appliance.models import TEMPLATE_NAME
from appliance.models.records import BaseModel, get_model
from appliance.planning import (
    AUTOMATIC,
    MAX_LENGTH,
    PRESETS,
    FittedPlan,
    Machine,
    ModelShape,
    RowSizes,
    Training,
    expected,
    fit_training,
    row_lengths,
    tokens_of,
)
from appliance.planning.training_settings import (
    TrainingChoice,
    TrainingSettings,
    method_choice,
    resolve_settings,
)
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measured_machine
from appliance.services.operations import DatasetId, ModelId, operation

UNKNOWN_TOKENS = 150.0  # a row's length where nobody counted


BY_PRESET = TrainingChoice()


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
    def row_sizes(self) -> RowSizes:
        """Return how long the rows are, from what was counted at import; the system prompt is in front of each."""
        dataset, limit = self.dataset, self.max_length
        lengths = row_lengths(self.version.report.get("tokens", {}))
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


@dataclass(frozen=True, kw_only=True)
class PlannedSettings(TrainingSettings):
    """The settings of a plan, with how its steps are computed and what they are expected to take."""

    pass_tokens: int
    activation_checkpointing: bool
    max_length: int
    estimated_seconds: float
    estimated_steps: int


@dataclass(frozen=True)
class PlannedTraining:
    """The settings as the worker takes them, and what they will take of this machine.

    `batch` says why so many rows make a step, and so many passes over the data.
    """

    settings: PlannedSettings
    fitted: FittedPlan
    batch: Message

    def to_json(self) -> dict[str, Any]:
        """Return it as it is shown."""
        fitted = {**asdict(self.fitted), "advice": self.fitted.advice}
        memory = self.fitted.memory
        peak = {"expected": memory.total, "low": memory.peak.low, "high": memory.peak.high}
        return {
            "settings": asdict(self.settings),
            "batch": self.batch,
            **fitted,
            "memory": {**fitted["memory"], **peak},
        }


@operation("train.plan", action="job.plan", on="dataset")
def show_plan(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: DatasetId,
    model_id: ModelId,
    choice: TrainingChoice = BY_PRESET,
) -> PlannedTraining:
    """Return the plan. Nothing is started. Raises as `plan_training`."""
    subject = look_at(context, caller, dataset_id, model_id)
    return plan_training(subject, choice, measured_machine(context))


def look_at(context: ServiceContext, caller: Caller, dataset_id: str, model_id: str) -> Subject:
    """Authorise and log the look at data and model that a plan or an advice is. Raises `AuthorizationError`."""
    target = ObjectRef("dataset", dataset_id if is_id(dataset_id) else "unknown")
    context.look(caller, "job.plan", target, {"model": model_id if is_id(model_id) else "unknown"})
    with context.database.begin() as connection:
        return Subject.of(connection, dataset_id, model_id)


def plan_training(subject: Subject, choice: TrainingChoice, machine: Machine) -> PlannedTraining:
    """Return the plan. Raises `InputError` for a choice that cannot be, with the nearest thing that works."""
    dataset, model, shape = subject.dataset, subject.model, subject.shape
    if dataset.training_rows == 0:
        raise InputError("training.empty")
    if TEMPLATE_NAME not in model.manifest.files:
        raise InputError("prompts.template:none", name=model.name)
    if not 0 <= choice.seed <= MAX_SEED:
        raise InputError("training.seed", max_seed=MAX_SEED)
    # For the settings, "auto" is an adapter: which one, the memory decides below.
    settled = replace(choice, method="lora") if choice.method == AUTOMATIC else choice
    model_size: dict[str, int] = {"parameters": shape.parameters, "layers": shape.layers}
    settings = resolve_settings(settled, **model_size, training_rows=dataset.training_rows)
    if choice.rank is None and settings.rank > shape.smallest_side:  # the preset is for larger models
        settled = replace(settled, rank=shape.smallest_side)
        settings = resolve_settings(settled, **model_size, training_rows=dataset.training_rows)
    wanted = method_choice(settings, choice.method)
    rows = subject.row_sizes
    fitted = fit_training(Training(shape, wanted, machine, rows, settings.epochs, settings.batch_size))
    planned = PlannedSettings(
        **{**asdict(settings), "method": fitted.choice.method},
        pass_tokens=fitted.pass_tokens,
        activation_checkpointing=fitted.checkpointing,
        max_length=subject.max_length,
        estimated_seconds=round(expected(fitted.seconds), 3),
        estimated_steps=fitted.steps,
    )
    return PlannedTraining(planned, fitted, _batch_reason(choice, dataset.training_rows, settings.batch_size))


def _batch_reason(choice: TrainingChoice, training_rows: int, batch_size: int) -> Message:
    preset = PRESETS[choice.preset]
    rows = preset.batch(training_rows).reason
    if choice.batch_size is not None:
        rows = message("planning.batch-chosen", rows=batch_size)
    passes = preset.more_passes(training_rows, batch_size) if choice.epochs is None else None
    return sentences(rows, passes) if passes else rows
