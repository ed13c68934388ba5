"""Plan a training: what will be done and what it takes, or why it cannot be done and what can. Reads no row."""

import contextlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message, sentences
from appliance.jobs.access import MAX_SEED
from appliance.models import TEMPLATE_NAME
from appliance.planning import AUTOMATIC, PRESETS, FittedPlan, Machine, Training, expected, fit_training
from appliance.planning.training_settings import TrainingChoice, TrainingSettings, method_choice, resolve_settings
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measured_machine
from appliance.services.operations import DatasetId, ModelId, operation
from appliance.services.training.advise_rank import rank_advice
from appliance.services.training.subject import Subject, look_at

BY_PRESET = TrainingChoice()
BY_DEFAULT = TrainingChoice(method=AUTOMATIC)  # as the pages propose it


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


def plan_training(subject: Subject, choice: TrainingChoice, machine: Machine) -> PlannedTraining:
    """Return the plan. Raises `InputError` for a choice that cannot be, with the nearest thing that works."""
    dataset, model, shape = subject.dataset, subject.model, subject.shape
    if dataset.training_rows == 0:
        raise InputError("training.empty")
    if TEMPLATE_NAME not in model.manifest.files:
        raise InputError("prompts.template:none", name=model.name)
    if not 0 <= choice.seed <= MAX_SEED:
        raise InputError("training.seed", max_seed=MAX_SEED)
    # For the settings, "auto" is an adapter of the advised rank: which one, the memory decides below.
    settled = _adapter_choice(subject, machine, choice) if choice.method == AUTOMATIC else choice
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


def _adapter_choice(subject: Subject, machine: Machine, choice: TrainingChoice) -> TrainingChoice:
    """Return what "auto" is for the settings; the preset's rank counts where none can be advised."""
    adapter = replace(choice, method="lora")
    if choice.rank is not None:
        return adapter
    with contextlib.suppress(InputError):
        return replace(adapter, rank=rank_advice(subject, machine, method=adapter.method).advice.rank)
    return adapter


def _batch_reason(choice: TrainingChoice, training_rows: int, batch_size: int) -> Message:
    preset = PRESETS[choice.preset]
    rows = preset.batch(training_rows).reason
    if choice.batch_size is not None:
        rows = message("planning.batch-chosen", rows=batch_size)
    passes = preset.more_passes(training_rows, batch_size) if choice.epochs is None else None
    return sentences(rows, passes) if passes else rows
