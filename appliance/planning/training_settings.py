"""The settings of a training: a row for each, from which the form, the flags, the plan, the order and the card derive.

A new setting is a row of `SETTINGS`, a field of `TrainingChoice` and of `TrainingSettings`, the field of the training's
own settings that it sets (`training.methods.MethodSettings` or `training.loop.TrainingPlan`), and the messages
`setting-<name>` (its label) and `setting-<name>-help`. Where the defaults come from: see `presets`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias, cast

from pydantic import ConfigDict

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message, sentences
from appliance.planning.methods import ADAPTER_METHODS, AUTOMATIC, METHODS, MethodChoice
from appliance.planning.presets import (
    MAX_EPOCHS,
    PRESETS,
    Preset,
    default_alpha,
    default_epochs,
    default_last_layers,
    default_learning_rate,
)

MethodName: TypeAlias = Literal["qlora", "lora", "last-layers", "full"]
Value: TypeAlias = int | float | bool
MAX_ALPHA = 4096
_LAST_LAYERS = ("last-layers",)


@dataclass(frozen=True, kw_only=True)
class TrainingChoice:
    """What a person may choose. None comes from the preset, and with the method "auto" from what fits the machine."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    method: str = "qlora"
    preset: str = "balanced"
    rank: int | None = None
    use_rslora: bool = False
    use_dora: bool = False
    last_layers: int | None = None
    train_head: bool = False
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int = 0
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a training is done. A setting that a method does not have is 0 or False."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    method: MethodName
    rank: int = 0
    lora_alpha: int = 0
    use_rslora: bool = False
    use_dora: bool = False
    last_layers: int = 0
    train_head: bool = False
    epochs: int = 1
    batch_size: int = 1
    learning_rate: float = 0.0


@dataclass(frozen=True)
class Basis:
    """What the defaults depend on. `parameters` and `layers` are the model's."""

    preset: Preset
    method: str
    parameters: int
    layers: int
    training_rows: int


@dataclass(frozen=True)
class Setting:
    """One setting: its type, its default, the methods that have it, and the range of a number (both ends included).

    `default` gets the basis and the values of the settings before it in the table. `flag` is its option on the command
    line.
    """

    name: str
    type: type[Value]
    flag: str
    default: Callable[[Basis, Mapping[str, Value]], Value] = lambda _basis, _values: False
    methods: tuple[str, ...] = METHODS
    low: float = 0
    high: float = 1

    @property
    def label(self) -> Message:
        """What it is called."""
        return message(f"setting-{self.name}")

    @property
    def help(self) -> Message:
        """What it does, and what its default is."""
        return message(f"setting-{self.name}-help")

    def has(self, method: str) -> bool:
        """Tell whether a method has it. With "auto", an adapter is trained."""
        return (ADAPTER_METHODS[0] if method == AUTOMATIC else method) in self.methods

    def problem(self, value: Value | None, method: str) -> Message | None:
        """Return why a value cannot be chosen, if it cannot."""
        if not value and (value is None or self.type is bool):
            return None
        if method in METHODS and not self.has(method):
            return message("planning.only", setting=self.label, methods=self.methods, method=method)
        if isinstance(value, float) and not math.isfinite(value):
            return message("planning.not-finite", setting=self.label)
        if self.type is not bool and not self.low <= value <= self.high:
            return message("planning.range", setting=self.label, value=value, low=self.low, high=self.high)
        return None


SETTINGS = (
    Setting("rank", int, "--rank", lambda basis, _: basis.preset.rank, ADAPTER_METHODS, 1, 1024),
    Setting("use_rslora", bool, "--rslora", methods=ADAPTER_METHODS),
    Setting("use_dora", bool, "--dora", methods=ADAPTER_METHODS),
    Setting(
        "last_layers", int, "--last-layers", lambda basis, _: default_last_layers(basis.layers), _LAST_LAYERS, 1, 1024
    ),
    Setting("train_head", bool, "--train-head", methods=_LAST_LAYERS),
    Setting("batch_size", int, "--batch", lambda b, _: b.preset.batch(b.training_rows).rows, METHODS, 1, 256),
    Setting(
        "epochs",
        int,
        "--epochs",
        lambda basis, values: default_epochs(basis.preset, basis.training_rows, int(values["batch_size"])),
        METHODS,
        1,
        MAX_EPOCHS,
    ),
    Setting(
        "learning_rate",
        float,
        "--learning-rate",
        lambda basis, _: default_learning_rate(basis.parameters, basis.method),
        METHODS,
        1e-6,
        1e-1,
    ),
)


def resolve_settings(choice: TrainingChoice, *, parameters: int, layers: int, training_rows: int) -> TrainingSettings:
    """Return the settings of a training, the preset's unless chosen. The method must not be "auto".

    Raises `InputError` naming everything that is wrong.
    """
    problems = (
        [] if choice.method in METHODS else [message("planning.no-method", method=choice.method, methods=METHODS)]
    )
    if choice.preset not in PRESETS:
        problems.append(message("planning.no-preset", preset=choice.preset, presets=tuple(PRESETS)))
    if training_rows < 1:
        problems.append(message("planning.no-row"))
    problems += filter(None, (row.problem(getattr(choice, row.name), choice.method) for row in SETTINGS))
    if problems:
        raise InputError(sentences(message("planning.choice"), *problems), code="planning.choice")
    basis = Basis(PRESETS[choice.preset], choice.method, parameters, layers, training_rows)
    values: dict[str, Any] = {}
    for row in SETTINGS:
        chosen = getattr(choice, row.name)
        values[row.name] = row.type(0 if not row.has(choice.method) else chosen or row.default(basis, values))
    alpha = default_alpha(values["rank"], use_rslora=values["use_rslora"]) if values["rank"] else 0
    return TrainingSettings(method=cast(MethodName, choice.method), lora_alpha=alpha, **values)


def verify_settings(settings: TrainingSettings) -> TrainingSettings:
    """Return settings that a worker is told, if each is in its range. Raises `ValueError`."""
    for row in SETTINGS:
        if row.has(settings.method) and row.problem(getattr(settings, row.name), settings.method) is not None:
            raise ValueError(f"{row.name} is out of its range")
    if settings.method in ADAPTER_METHODS and not 1 <= settings.lora_alpha <= MAX_ALPHA:
        raise ValueError("lora_alpha is out of its range")
    return settings


def method_choice(settings: TrainingSettings, method: str = "") -> MethodChoice:
    """Return what learns, as the planner computes with it; of another `method` (or "auto"), when one is named."""
    return MethodChoice(
        method or settings.method,
        settings.rank,
        settings.use_rslora,
        settings.use_dora,
        settings.last_layers,
        settings.train_head,
    )
