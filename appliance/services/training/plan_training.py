"""Plan a training: what will be done and what it takes, or why it cannot be done and what can. Reads no row."""

import contextlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from appliance.audit import ObjectRef
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.messages import Message, message, sentences
from appliance.jobs.access import MAX_SEED
from appliance.models import TEMPLATE_NAME
from appliance.models.records import BaseModel, list_models
from appliance.planning import (
    ADAPTER_METHODS,
    AUTOMATIC,
    PRESETS,
    FittedPlan,
    Machine,
    Training,
    expected,
    fit_training,
)
from appliance.planning.training_settings import TrainingChoice, TrainingSettings, method_choice, resolve_settings
from appliance.services.context import Caller, ServiceContext
from appliance.services.machine import measured_machine
from appliance.services.operations import DatasetId, ModelId, operation
from appliance.services.training.advise_rank import Subject, look_at, rank_advice

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
