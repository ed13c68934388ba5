"""Plan a training before it starts: what will be done and what it will take, or why it cannot be and what can.

Reads no row.
"""

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select

from appliance.audit import ObjectRef
from appliance.datasets.tables import DATASET_VERSIONS
from appliance.datasets.token_lengths import TURN_TOKENS
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message, sentences
from appliance.jobs.messages import MAX_SEED
from appliance.models import TEMPLATE_NAME
from appliance.planning import (
    AUTOMATIC,
    MAX_LENGTH,
    PRESETS,
    FittedPlan,
    MethodChoice,
    ModelShape,
    RowSizes,
    Training,
    expected,
    fit_training,
    row_lengths,
    tokens_of,
    training_plan,
)
from appliance.services.context import Caller, ServiceContext
from appliance.services.import_dataset import describe_dataset
from appliance.services.import_model import describe_model
from appliance.services.machine import measured_machine

UNKNOWN_TOKENS = 150.0  # a row's length where nobody counted


@dataclass(frozen=True)
class TrainingChoice:
    """What a person may choose; what is None comes from the preset, and with the method "auto" from what fits the
    machine.
    """

    method: str = "qlora"
    preset: str = "balanced"
    rank: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    use_rslora: bool = False
    use_dora: bool = False
    last_layers: int | None = None
    train_head: bool = False
    seed: int = 0
    name: str = ""


@dataclass(frozen=True)
class PlannedTraining:
    """The settings as the worker takes them, and what they will take of this machine.

    `batch`: why so many rows make a step, and so many passes over the data.
    """

    settings: dict[str, Any]
    fitted: FittedPlan
    batch: Message

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON, with sentences in the language of the context."""
        fitted = {**asdict(self.fitted), "advice": [str(advice) for advice in self.fitted.advice]}
        memory = self.fitted.memory
        peak = {"expected": memory.total, "low": memory.peak.low, "high": memory.peak.high}
        return {"settings": self.settings, "batch": str(self.batch), **fitted, "memory": {**fitted["memory"], **peak}}


def plan_training(
    context: ServiceContext, *, dataset_id: str, model_id: str, choice: TrainingChoice
) -> PlannedTraining:
    """Return the plan.

    Raises `InputError` for a choice that cannot be, with the nearest thing that works; `NotFoundError`.
    """
    dataset = describe_dataset(context, dataset_id)
    model = describe_model(context, model_id)
    if dataset["training_rows"] == 0:
        raise InputError("training.empty")
    if TEMPLATE_NAME not in model["manifest"]["files"]:
        raise InputError("prompts.template:chat-template-know", name=model["name"])
    if not 0 <= choice.seed <= MAX_SEED:
        raise InputError("training.seed", max_seed=MAX_SEED)
    shape = ModelShape.from_config(model["manifest"]["config"])
    max_length = max_length_of(model)
    rows = row_sizes(context, dataset, max_length)
    machine = measured_machine(context)
    # For the settings, "auto" is an adapter: which one, the memory decides below.
    settings = _settings(
        choice, "lora" if choice.method == AUTOMATIC else choice.method, shape, dataset["training_rows"]
    )
    wanted = MethodChoice(
        choice.method, *(settings[name] for name in ("rank", "use_rslora", "use_dora", "last_layers", "train_head"))
    )
    adapters = wanted.adapters or choice.method == AUTOMATIC
    if (
        choice.rank is None and adapters and settings["rank"] > shape.smallest_side
    ):  # the preset's rank is meant for larger models
        settings = _settings(
            replace(choice, rank=shape.smallest_side), settings["method"], shape, dataset["training_rows"]
        )
        wanted = replace(wanted, rank=settings["rank"])
    fitted = fit_training(Training(shape, wanted, machine, rows, settings["epochs"], settings["batch_size"]))
    settings |= {
        "method": fitted.choice.method,
        "pass_tokens": fitted.pass_tokens,
        "activation_checkpointing": fitted.checkpointing,
        "max_length": max_length,
        "estimated_seconds": round(expected(fitted.seconds), 3),
        "estimated_steps": fitted.steps,
    }
    return PlannedTraining(settings, fitted, _batch_reason(choice, dataset["training_rows"], settings["batch_size"]))


def show_plan(
    context: ServiceContext, caller: Caller, *, dataset_id: str, model_id: str, choice: TrainingChoice
) -> PlannedTraining:
    """Return the plan to somebody who may see data sets and models: a look, and logged.

    Nothing is started. Raises as `plan_training`.
    """
    look_at_both(context, caller, dataset_id, model_id)
    return plan_training(context, dataset_id=dataset_id, model_id=model_id, choice=choice)


def look_at_both(context: ServiceContext, caller: Caller, dataset_id: str, model_id: str) -> None:
    """Authorise and log the look at data set and model that a plan or an advice is. Raises `AuthorizationError`."""
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    context.look(caller, "model.list", ObjectRef("model", model_id))


def _batch_reason(choice: TrainingChoice, training_rows: int, batch_size: int) -> Message:
    preset = PRESETS[choice.preset]
    rows = (
        preset.batch(training_rows).reason
        if choice.batch_size is None
        else message("planning.batch-chosen", rows=batch_size)
    )
    passes = preset.more_passes(training_rows, batch_size) if choice.epochs is None else None
    return sentences(rows, passes) if passes else rows


def _settings(choice: TrainingChoice, method: str, shape: ModelShape, training_rows: int) -> dict[str, Any]:
    return training_plan(
        method=method,
        preset=choice.preset,
        parameters=shape.parameters,
        layers=shape.layers,
        training_rows=training_rows,
        rank=choice.rank,
        epochs=choice.epochs,
        batch_size=choice.batch_size,
        learning_rate=choice.learning_rate,
        use_rslora=choice.use_rslora,
        use_dora=choice.use_dora,
        last_layers=choice.last_layers,
        train_head=choice.train_head,
    )


def max_length_of(model: dict[str, Any]) -> int:
    """Return how many tokens of a row training reads: no more than the model was made for."""
    return max(16, min(MAX_LENGTH, int(model["manifest"]["config"].get("max_position_embeddings", MAX_LENGTH))))


def row_sizes(context: ServiceContext, dataset: dict[str, Any], limit: int) -> RowSizes:
    """Return how long the rows are, from what was counted when they came in; the system prompt is in front of each."""
    query = select(DATASET_VERSIONS.c.report).where(
        DATASET_VERSIONS.c.dataset_id == dataset["id"], DATASET_VERSIONS.c.version == dataset["version"]
    )
    with context.database.begin() as connection:
        report = connection.execute(query).scalar()
    lengths = row_lengths(json.loads(report).get("tokens", {}) if report else {})
    mean, longest = (lengths.mean, lengths.longest) if lengths else (UNKNOWN_TOKENS, float(limit))
    shared = tokens_of(len(dataset["system_prompt"])) + TURN_TOKENS if dataset["system_prompt"] else 0.0
    # A row that is longer than the limit is left out.
    whole = min(float(limit), max(2.0, mean + shared))
    return RowSizes(
        rows=dataset["training_rows"],
        mean=whole,
        longest=min(limit, max(round(longest + shared), math.ceil(whole))),
        shared=min(shared, whole - 1),
        validation_rows=dataset["validation_rows"],
    )
