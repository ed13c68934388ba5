"""How a model is trained, as it is kept: in a job's spec, with the resulting adapter, and in the worker's order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from appliance.foundation.messages import Message, message
from appliance.planning.training_settings import TrainingSettings

PASS_TOKENS = 512  # of jobs that an older version queued
MAX_LENGTH = 1024  # tokens of a row that training reads
SAME_LOSS = 0.001  # a smaller relative change is none


@dataclass(frozen=True, kw_only=True)
class RankTrial:
    """One rank of a sweep at the end of a rung: its loss on rows set aside, None for one that diverged."""

    rank: int
    rung: int = 0
    steps: int = 0
    validation_loss: float | None = None
    seconds: float = 0.0
    parameters: int = 0


@dataclass(frozen=True, kw_only=True)
class SweepOutcome:
    """What a sweep found: every trial in the order of their ends, and what they mean."""

    trials: tuple[RankTrial, ...] = ()
    sentence: Message | None = None


@dataclass(frozen=True, kw_only=True)
class ShrinkOutcome:
    """What making an adapter smaller cost. Losses are on rows set aside; sizes are of the sealed weights in bytes."""

    rank_before: int = 0
    kept: float = 0.0
    lost_directions: int = 0
    loss_before: float = 0.0
    loss_after: float = 0.0
    bytes_before: int = 0
    bytes_after: int = 0
    rows: int = 0
    sentence: Message | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingSpec(TrainingSettings):
    """A whole training: what learns from what, the settings, and what the planner expected of it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")  # what another version stored is read

    dataset_id: str
    dataset_version: int
    model_id: str
    adapter_id: str
    name: str
    seed: int = 0
    preset: str = ""
    pass_tokens: int = PASS_TOKENS
    activation_checkpointing: bool = False
    max_length: int = MAX_LENGTH
    estimated_seconds: float = 0.0
    estimated_steps: int = 0
    trained_parameters: int = 0
    flop: float = 0.0
    flop_base_share: float | None = None
    stepped_down: tuple[Message, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AdapterSpec(TrainingSpec):
    """How an adapter came about: its training, and what was made of it since."""

    made_from: str = ""  # the id of the larger adapter
    shrink: ShrinkOutcome | None = None
    sweep: SweepOutcome | None = None


@dataclass(frozen=True, kw_only=True)
class RankCandidateSpec:
    """One rank that a sweep tries, and what its rank decides."""

    rank: int
    lora_alpha: int
    trained_parameters: int = 0
    flop: float = 0.0
    flop_base_share: float | None = None


@dataclass(frozen=True, kw_only=True)
class SweepSpec(TrainingSpec):
    """Several ranks, trained alike; the rest is as of the largest of them, which needs the most memory."""

    candidates: tuple[RankCandidateSpec, ...] = ()


def shrink_sentence(result: ShrinkOutcome, rank: int) -> Message:
    """Return what was kept and what it cost."""
    before, after = result.loss_before, result.loss_after
    change = (after - before) / before if before else 0.0
    direction = "same" if abs(change) < SAME_LOSS else "higher" if change > 0 else "lower"
    return message(
        "shrink-outcome",
        rank_before=result.rank_before,
        rank=rank,
        kept=result.kept,
        lost=result.lost_directions,
        rows=result.rows,
        loss_before=before,
        loss_after=after,
        direction=direction,
        change=abs(change),
    )


def sweep_sentence(trials: Sequence[RankTrial], winner: int, candidates: int) -> Message:
    """Return which rank won by which loss, and what share of all steps of all ranks that took."""
    steps = {trial.rank: trial.steps for trial in trials}  # of each rank's last trial
    best = next(trial for trial in reversed(trials) if trial.rank == winner)
    early = tuple(str(rank) for rank in sorted(steps) if rank != winner)
    share = sum(steps.values()) / (candidates * best.steps) if best.steps else 1.0
    loss = best.validation_loss or 0.0
    return message("sweep-outcome", rank=winner, loss=loss, early=early, count=len(early), share=share)
