"""Train an adapter, or several ranks of one and keep the best."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator

from appliance.foundation.messages import Message
from appliance.jobs.access import (
    MAX_SEED,
    AdapterAccess,
    DatasetAccess,
    JobAccess,
    ModelAccess,
    StartMessage,
    WireMessage,
)
from appliance.planning.training_record import RankTrial
from appliance.planning.training_settings import TrainingSettings, verify_settings


class TrainStart(StartMessage):
    """Train an adapter and write it, sealed under its own key, into `job_folder`."""

    type: Literal["train"] = "train"
    job: JobAccess
    adapter: AdapterAccess
    model: ModelAccess
    dataset: DatasetAccess
    settings: TrainingSettings
    activation_checkpointing: bool = False
    pass_tokens: int = Field(default=512, ge=16, le=131_072)
    patience: int = Field(default=0, ge=0, le=1000)
    seed: int = Field(ge=0, le=MAX_SEED)
    checkpoint_steps: int = Field(ge=1, le=100_000)
    max_length: int = Field(ge=16, le=131_072)

    @field_validator("settings")
    @classmethod
    def _in_range(cls, value: TrainingSettings) -> TrainingSettings:
        return verify_settings(value)


class RankCandidate(WireMessage):
    """One rank of a sweep."""

    type: Literal["rank-candidate"] = "rank-candidate"
    rank: int = Field(ge=1, le=1024)
    lora_alpha: int = Field(ge=1, le=4096)


class SweepStart(StartMessage):
    """Train several ranks, stop the hopeless early, write the best adapter. `training`: what all have in common."""

    type: Literal["sweep"] = "sweep"
    training: TrainStart
    candidates: list[RankCandidate] = Field(min_length=2, max_length=8)


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What came of a training. Losses are nats a token; `adapter` is the id of what was kept, "" when nothing was."""

    ending: str = ""
    sentence: Message | None = None
    seconds: float = 0.0
    tokens: int = 0
    tokens_per_s: float = 0.0
    train_loss: float | None = None
    validation_loss: float | None = None
    steps: int = 0
    best_step: int = 0
    compute_type: str = ""
    rows_too_long: int = 0
    peak_rss_mib: int = 0
    adapter_written: bool = False
    adapter_sha256: str = ""
    adapter: str = ""
    stepped_down: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SweepResult:
    """What came of a sweep: the winner's rank and loss, every trial, and the adapter ("" if it was stopped before)."""

    rank: int = 0
    validation_loss: float | None = None
    steps: int = 0
    seconds: float = 0.0
    trials: tuple[RankTrial, ...] = ()
    sentence: Message | None = None
    adapter_written: bool = False
    adapter_sha256: str = ""
    adapter: str = ""
