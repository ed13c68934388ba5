"""The training loop: AdamW, cosine schedule, gradient clipping, validation, checkpoints.

The result depends only on the plan, the examples and the state, so a resumed run gives the same weights as an
uninterrupted one on the same machine with the same number of threads.

The run ends early when validation has not improved `patience` times (Prechelt, "Early Stopping - But When?", 1998,
criterion UP), and at once when the loss diverges (`divergence`). In every case the best weights by validation loss win.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch

from appliance.foundation.errors import InputError
from appliance.inference.compute_type import type_name
from appliance.training.checkpoints import BestInMemory, BestWeights, RunFigures, TrainingCheckpoint
from appliance.training.divergence import WINDOW, first_mean, has_diverged, is_doubtful, is_lost, mean
from appliance.training.endings import Ending, TrainingOutcome
from appliance.training.examples import TokenizedExample
from appliance.training.features import SealedSpill
from appliance.training.methods import LoadedModel
from appliance.training.packed_passes import PASS_TOKENS, PackedPass, packed_passes, shared_beginning
from appliance.training.schedule import epoch_batches, learning_rate_at, steps_per_epoch

MAX_GRADIENT_NORM = 1.0
BETAS = (0.9, 0.999)
WEIGHT_DECAY = 0.0


@dataclass(frozen=True)
class TrainingPlan:
    """How to train.

    `checkpoint_steps`: steps between checkpoints. `pass_tokens`: the size of a pass; a batch is split into as many
    passes as it needs, whose gradients add up. `patience`: how many validations in a row may fail to improve; 0: any.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    seed: int
    checkpoint_steps: int
    pass_tokens: int = PASS_TOKENS
    patience: int = 0


@dataclass(frozen=True)
class TrainingProgress:
    """The figures after a step. Losses are nats a token; `tokens` counts all tokens of the examples, no padding."""

    step: int
    steps: int
    epoch: int
    loss: float
    validation_loss: float | None
    learning_rate: float
    tokens: int
    tokens_per_s: float
    seconds_left: float


class Observer(Protocol):
    """Receives progress and keeps checkpoints."""

    def progress(self, progress: TrainingProgress) -> None:
        """Receive the figures of a step."""

    def keep(self, checkpoint: TrainingCheckpoint) -> None:
        """Keep a checkpoint durably before returning: it is not a copy."""


def train(
    loaded: LoadedModel,
    examples: Sequence[TokenizedExample],
    validation: Sequence[TokenizedExample],
    plan: TrainingPlan,
    observer: Observer,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    checkpoint: TrainingCheckpoint | None = None,
    best: BestWeights | None = None,
    spill: SealedSpill | None = None,
) -> TrainingOutcome:
    """Train in place, continuing from `checkpoint` where there is one.

    `best` keeps the best weights, by default in memory. `spill` takes the frozen layers' outputs that do not fit into
    memory. Raises `InputError` when there is nothing to learn, `StorageError`.
    """
    if not examples:
        raise InputError("training.nothing")
    training = _Training(loaded, examples, validation, plan, observer, best or BestInMemory(), spill)
    return training.run(should_stop, checkpoint)


class _Training:
    """One run with its state."""

    def __init__(
        self,
        loaded: LoadedModel,
        examples: Sequence[TokenizedExample],
        validation: Sequence[TokenizedExample],
        plan: TrainingPlan,
        observer: Observer,
        best: BestWeights,
        spill: SealedSpill | None,
    ) -> None:
        self._loaded, self._examples, self._validation, self._plan = loaded, examples, validation, plan
        self._observer, self._best = observer, best
        self._packing = _Packing.of([*examples, *validation], plan.pass_tokens)
        loaded.remember([*examples, *validation], self._packing.shared, plan.pass_tokens, spill)
        self._lengths = [len(example.input_ids) for example in examples]
        self._parameters = loaded.trainable
        self._optimiser = torch.optim.AdamW(
            self._parameters.values(), lr=plan.learning_rate, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True
        )
        self._per_epoch = steps_per_epoch(len(examples), plan.batch_size)
        self._steps = self._per_epoch * plan.epochs
        self._figures = RunFigures(compute_type=type_name(loaded.decoder.compute_type))
        self._best_is_doubtful = False  # when it was validated, the loss had already risen
        self._started = time.monotonic()

    def run(self, should_stop: Callable[[], bool], checkpoint: TrainingCheckpoint | None) -> TrainingOutcome:
        """Take the remaining steps, and put the best weights into the model."""
        torch.manual_seed(self._plan.seed)
        if checkpoint is not None:
            checkpoint.restore(self._parameters, self._optimiser)
            self._figures = checkpoint.figures
        self._started = time.monotonic() - self._figures.seconds
        self._loaded.causal.train()
        ending = self._take_steps(should_stop)
        figures = self._figures
        if ending is Ending.DIVERGED and self._best_is_doubtful:  # no good weights were ever validated
            figures = replace(figures, best_loss=None, best_step=None)
        if figures.best_step is not None and (figures.best_step != figures.step or ending is Ending.DIVERGED):
            self._best.put_best(figures.best_step, self._parameters)
        return TrainingOutcome(
            ending=ending,
            steps_done=figures.step,
            steps=self._steps,
            train_loss=mean(figures.recent),
            validation_loss=figures.best_loss,
            best_step=figures.best_step,
            tokens=figures.tokens,
            seconds=figures.seconds,
        )

    def _take_steps(self, should_stop: Callable[[], bool]) -> Ending:
        plan = self._plan
        batches: list[tuple[int, ...]] = []
        while self._figures.step < self._steps:
            if plan.patience and self._figures.waited >= plan.patience:
                return Ending.EARLY
            epoch, number = divmod(self._figures.step, self._per_epoch)
            if not batches or number == 0:
                batches = epoch_batches(self._lengths, batch_size=plan.batch_size, seed=plan.seed, epoch=epoch)
            learning_rate = learning_rate_at(self._figures.step, self._steps, plan.learning_rate)
            batch = [self._examples[index] for index in batches[number]]
            loss = _step(self._loaded, self._optimiser, batch, learning_rate, self._packing)
            if loss is None:
                return Ending.DIVERGED
            validation_loss = self._record(loss, batch, epoch_ends=number == self._per_epoch - 1)
            self._report(loss, validation_loss, learning_rate, epoch)
            if has_diverged(self._figures.recent, self._figures.began):
                return Ending.DIVERGED
            stopped = should_stop() and self._figures.step < self._steps
            due = self._figures.step % plan.checkpoint_steps == 0 or validation_loss is not None
            if stopped or (due and not is_doubtful(self._figures.recent, self._figures.began)):
                self._observer.keep(TrainingCheckpoint.capture(self._figures, self._parameters, self._optimiser))
            if stopped:
                return Ending.STOPPED
        return Ending.FINISHED

    def _record(self, loss: float, batch: Sequence[TokenizedExample], *, epoch_ends: bool) -> float | None:
        """Record a step, and validate at the end of an epoch; return the validation loss, if any."""
        recent = (*self._figures.recent[1 - WINDOW :], loss)
        self._figures = replace(
            self._figures,
            step=self._figures.step + 1,
            tokens=self._figures.tokens + sum(len(example.input_ids) for example in batch),
            recent=recent,
            began=first_mean(recent, self._figures.began),
        )
        validation_loss = None
        if epoch_ends and self._validation:
            validation_loss = _validate(self._loaded, self._validation, self._plan.batch_size, self._packing)
            best_loss = self._figures.best_loss
            better = math.isfinite(validation_loss) and (best_loss is None or validation_loss < best_loss)
            step = self._figures.step
            if better and self._best.keep_best(step, self._parameters):
                self._figures = replace(self._figures, best_loss=validation_loss, best_step=step, waited=0)
                self._best_is_doubtful = is_doubtful(recent, self._figures.began)
            else:
                self._figures = replace(self._figures, waited=self._figures.waited + 1)
        self._figures = replace(self._figures, seconds=time.monotonic() - self._started)
        return validation_loss

    def _report(self, loss: float, validation_loss: float | None, learning_rate: float, epoch: int) -> None:
        figures = self._figures
        self._observer.progress(
            TrainingProgress(
                step=figures.step,
                steps=self._steps,
                epoch=epoch + 1,
                loss=loss,
                validation_loss=validation_loss,
                learning_rate=learning_rate,
                tokens=figures.tokens,
                tokens_per_s=figures.tokens / figures.seconds if figures.seconds else 0.0,
                seconds_left=(self._steps - figures.step) * figures.seconds / figures.step,
            )
        )


@dataclass(frozen=True)
class _Packing:
    """How batches of this dataset become passes: see `packed_passes`."""

    shared: int
    pass_tokens: int

    @classmethod
    def of(cls, examples: Sequence[TokenizedExample], pass_tokens: int = PASS_TOKENS) -> "_Packing":
        return cls(shared_beginning(examples), pass_tokens)

    def passes(self, batch: Sequence[TokenizedExample]) -> Iterator[PackedPass]:
        return packed_passes(batch, shared=self.shared, pass_tokens=self.pass_tokens)


def _step(
    loaded: LoadedModel,
    optimiser: torch.optim.AdamW,
    batch: list[TokenizedExample],
    learning_rate: float,
    packing: _Packing,
) -> float | None:
    """Take an optimiser step and return the mean loss a learned token; None when it was not taken (`is_lost`)."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate
    count = sum(example.learned for example in batch)
    losses = []
    for packed in packing.passes(batch):
        loss = loaded.summed_loss(packed) / count
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.detach())
    mean_loss = sum(map(float, losses))  # after all passes are launched: reading waits for a GPU
    gradient_norm = torch.nn.utils.clip_grad_norm_(loaded.trainable.values(), MAX_GRADIENT_NORM)
    if is_lost(mean_loss, float(gradient_norm)):
        optimiser.zero_grad(set_to_none=True)
        return None
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return mean_loss


@torch.no_grad()
def _validate(loaded: LoadedModel, validation: Sequence[TokenizedExample], batch_size: int, packing: _Packing) -> float:
    """Return the mean loss a learned token, leaving no trace in the model: same modules and mode, nothing repacked."""
    ordered = sorted(validation, key=lambda example: len(example.input_ids))
    total = 0.0
    loaded.causal.eval()
    for start in range(0, len(ordered), batch_size):
        for packed in packing.passes(ordered[start : start + batch_size]):
            total += float(loaded.summed_loss(packed))
    loaded.causal.train()
    return total / sum(example.learned for example in validation)


def held_out_loss(loaded: LoadedModel, examples: Sequence[TokenizedExample], batch_size: int) -> float:
    """Return the mean loss a learned token (nats) on held-out examples."""
    return _validate(loaded, examples, batch_size, _Packing.of(examples))
