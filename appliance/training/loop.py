"""The training loop: AdamW on what learns, cosine schedule, gradient clipping, validation, checkpoints, an honest stop.

Everything that decides the result is a function of the plan, the examples and the state, so a resumed run gives the same weights as
an uninterrupted one on the same machine with the same thread count.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch

from appliance.foundation.errors import InputError, WorkerError
from appliance.training.batches import epoch_batches, steps_per_epoch
from appliance.training.checkpoints import TrainingCheckpoint
from appliance.training.examples import TokenizedExample
from appliance.training.features import SealedSpill
from appliance.training.methods import LoadedModel
from appliance.training.packed_passes import PASS_TOKENS, PackedPass, packed_passes, shared_beginning
from appliance.training.schedule import learning_rate_at

MAX_GRADIENT_NORM = 1.0
BETAS = (0.9, 0.999)
WEIGHT_DECAY = 0.0


@dataclass(frozen=True)
class TrainingPlan:
    """What to do. `checkpoint_steps`: a checkpoint every so many steps. `pass_tokens`: tokens that go through the model at once, about."""

    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    checkpoint_steps: int
    pass_tokens: int = PASS_TOKENS


@dataclass(frozen=True)
class TrainingProgress:
    """What is known after a step. Losses are nats a token; `tokens` counts all tokens of the examples, padding not counted."""

    step: int
    steps: int
    epoch: int
    loss: float
    validation_loss: float | None
    learning_rate: float
    tokens: int
    tokens_per_s: float
    seconds_left: float


@dataclass(frozen=True)
class TrainingOutcome:
    """How it ended; the model then holds the best weights by validation loss (the last ones where there is no validation)."""

    steps_done: int
    steps: int
    stopped: bool
    train_loss: float
    validation_loss: float | None
    tokens: int
    seconds: float


class Observer(Protocol):
    """Hears of progress, and keeps checkpoints."""

    def progress(self, progress: TrainingProgress) -> None:
        """Hear of one step."""
        ...

    def keep(self, checkpoint: TrainingCheckpoint) -> None:
        """Keep a checkpoint durably before returning."""
        ...


@dataclass
class _Run:
    """What changes while it runs, and stands in a checkpoint."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    recent: list[float] = field(default_factory=list)
    best_loss: float | None = None
    best: dict[str, torch.Tensor] = field(default_factory=dict)


def train(
    loaded: LoadedModel,
    examples: Sequence[TokenizedExample],
    validation: Sequence[TokenizedExample],
    plan: TrainingPlan,
    observer: Observer,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    checkpoint: TrainingCheckpoint | None = None,
    spill: SealedSpill | None = None,
) -> TrainingOutcome:
    """Train in place; `spill` takes the frozen layers' results where they do not fit into memory.

    Raises `InputError` when there is nothing to learn, `WorkerError` when the loss is no longer a number."""
    if not examples:
        raise InputError("No example has an answer to learn. Look at the dataset.", code="training.nothing")
    packing = _Packing.of([*examples, *validation], plan.pass_tokens)
    loaded.remember([*examples, *validation], packing.shared, plan.pass_tokens, spill)
    lengths = [len(example.input_ids) for example in examples]
    parameters = loaded.trainable
    optimiser = torch.optim.AdamW(parameters.values(), lr=plan.learning_rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True)
    per_epoch = steps_per_epoch(len(examples), plan.batch_size)
    steps = per_epoch * plan.epochs
    run = _Run()
    if checkpoint is not None:
        checkpoint.restore(parameters, optimiser)
        run = _Run(checkpoint.step, checkpoint.tokens, checkpoint.seconds, list(checkpoint.recent), checkpoint.best_loss, checkpoint.best)
    loaded.causal.train()
    started, before = time.monotonic(), run.seconds
    stopped = False
    while run.step < steps and not stopped:
        epoch = run.step // per_epoch
        batches = epoch_batches(lengths, batch_size=plan.batch_size, seed=plan.seed, epoch=epoch)
        for number in range(run.step % per_epoch, per_epoch):
            batch = [examples[index] for index in batches[number]]
            rate = learning_rate_at(run.step, steps, plan.learning_rate)
            loss = _step(loaded, optimiser, batch, rate, packing)
            run.step += 1
            run.tokens += sum(len(example.input_ids) for example in batch)
            run.recent = [*run.recent[-9:], loss]
            validated = _validate(loaded, validation, plan.batch_size, packing) if number == per_epoch - 1 and validation else None
            if validated is not None and (run.best_loss is None or validated < run.best_loss):
                run.best_loss = validated
                run.best = {name: parameter.detach().clone() for name, parameter in parameters.items()}
            run.seconds = before + time.monotonic() - started
            observer.progress(
                TrainingProgress(
                    step=run.step,
                    steps=steps,
                    epoch=epoch + 1,
                    loss=loss,
                    validation_loss=validated,
                    learning_rate=rate,
                    tokens=run.tokens,
                    tokens_per_s=run.tokens / run.seconds if run.seconds else 0.0,
                    seconds_left=(steps - run.step) * run.seconds / run.step,
                )
            )
            stopped = should_stop() and run.step < steps
            if stopped or run.step % plan.checkpoint_steps == 0 or validated is not None:
                observer.keep(_capture(run, parameters, optimiser))
            if stopped:
                break
    if run.best:
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(run.best[name])
    return TrainingOutcome(
        steps_done=run.step,
        steps=steps,
        stopped=stopped,
        train_loss=sum(run.recent) / max(1, len(run.recent)),
        validation_loss=run.best_loss,
        tokens=run.tokens,
        seconds=run.seconds,
    )


@dataclass(frozen=True)
class _Packing:
    """How batches of this data set become passes: see `packed_passes`."""

    shared: int
    pass_tokens: int

    @classmethod
    def of(cls, examples: Sequence[TokenizedExample], pass_tokens: int = PASS_TOKENS) -> "_Packing":
        return cls(shared_beginning(examples), pass_tokens)

    def passes(self, batch: Sequence[TokenizedExample]) -> Iterator[PackedPass]:
        return packed_passes(batch, shared=self.shared, pass_tokens=self.pass_tokens)


def _step(loaded: LoadedModel, optimiser: torch.optim.AdamW, batch: list[TokenizedExample], rate: float, packing: _Packing) -> float:
    """Take one optimiser step and return the mean loss a learned token."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    count = sum(example.learned for example in batch)
    value = 0.0
    for packed in packing.passes(batch):
        loss = loaded.summed_loss(packed) / count
        loss.backward()  # type: ignore[no-untyped-call]
        value += float(loss.detach())
    norm = torch.nn.utils.clip_grad_norm_(loaded.trainable.values(), MAX_GRADIENT_NORM)
    if not (math.isfinite(value) and math.isfinite(float(norm))):
        raise WorkerError(
            "The training loss is no longer a number: the learning rate is too high for this data. Choose a lower one and train anew.",
            code="training.diverged",
        )
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return value


@torch.no_grad()
def _validate(loaded: LoadedModel, validation: Sequence[TokenizedExample], batch_size: int, packing: _Packing) -> float:
    """Return the mean loss a learned token. Leaves no trace in the model: same modules, same mode, no repacked weights."""
    ordered = sorted(validation, key=lambda example: len(example.input_ids))
    total = 0.0
    loaded.causal.eval()
    for start in range(0, len(ordered), batch_size):
        for packed in packing.passes(ordered[start : start + batch_size]):
            total += float(loaded.summed_loss(packed))
    loaded.causal.train()
    return total / sum(example.learned for example in validation)


def held_out_loss(loaded: LoadedModel, examples: Sequence[TokenizedExample], batch_size: int) -> float:
    """Return the mean loss a learned token (nats) over examples that training did not see."""
    return _validate(loaded, examples, batch_size, _Packing.of(examples))


def _capture(run: _Run, parameters: dict[str, torch.nn.Parameter], optimiser: torch.optim.AdamW) -> TrainingCheckpoint:
    return TrainingCheckpoint.capture(
        step=run.step,
        tokens=run.tokens,
        seconds=run.seconds,
        recent=tuple(run.recent),
        best_loss=run.best_loss,
        best=run.best,
        parameters=parameters,
        optimiser=optimiser,
    )
