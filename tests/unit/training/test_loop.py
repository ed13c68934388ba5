"""The loop: it learns, stops at once, goes on bit for bit, keeps the best, and validation leaves no trace."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import bitsandbytes
import pytest
import torch

from appliance.foundation.errors import InputError, WorkerError
from appliance.training.checkpoints import TrainingCheckpoint
from appliance.training.loop import TrainingPlan, TrainingProgress, _Packing, _validate, train
from appliance.training.methods import METHODS, LoadedModel, MethodSettings
from tests.unit.training.conftest import make_examples

PLAN = TrainingPlan(epochs=3, batch_size=4, learning_rate=1e-2, seed=5, checkpoint_steps=2)
EXAMPLES, VALIDATION = make_examples(13), make_examples(5, seed=9)


@dataclass
class Notes:
    """Writes down what it hears."""

    heard: list[TrainingProgress] = field(default_factory=list)
    kept: list[TrainingCheckpoint] = field(default_factory=list)

    def progress(self, progress: TrainingProgress) -> None:
        """Hear."""
        self.heard.append(progress)

    def keep(self, checkpoint: TrainingCheckpoint) -> None:
        """Keep it as it would come back from disk."""
        self.kept.append(TrainingCheckpoint.decode(checkpoint.encode()))


def weights(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    """Return a copy of what learned."""
    return {name: parameter.detach().clone() for name, parameter in loaded.trainable.items()}


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    """Every bit."""
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def test_it_learns_and_tells_each_step(adapted: Callable[..., LoadedModel]) -> None:
    """The loss falls; steps, epochs, tokens and rates are what the plan says."""
    notes = Notes()
    plan = TrainingPlan(epochs=24, batch_size=4, learning_rate=3e-2, seed=5, checkpoint_steps=100)
    outcome = train(adapted(torch.float32, rank=16), EXAMPLES, VALIDATION, plan, notes)
    assert outcome.steps_done == outcome.steps == 4 * plan.epochs == len(notes.heard)
    assert not outcome.stopped
    assert outcome.train_loss < 0.9 * notes.heard[0].loss
    assert outcome.tokens == plan.epochs * sum(len(example.input_ids) for example in EXAMPLES) == notes.heard[-1].tokens
    assert [progress.step for progress in notes.heard if progress.validation_loss is not None] == list(range(4, 97, 4))
    assert notes.heard[-1].epoch == plan.epochs
    assert notes.heard[-1].seconds_left == 0


def test_the_best_weights_are_kept_not_the_last(adapted: Callable[..., LoadedModel]) -> None:
    """Overfitting does not cost what was reached before."""
    loaded, notes = adapted(torch.float32), Notes()
    plan = TrainingPlan(epochs=12, batch_size=4, learning_rate=3e-2, seed=5, checkpoint_steps=100)
    outcome = train(loaded, EXAMPLES, VALIDATION, plan, notes)
    losses = [progress.validation_loss for progress in notes.heard if progress.validation_loss is not None]
    assert min(losses) < losses[-1], "this data is meant to be overfitted"
    assert outcome.validation_loss == min(losses)
    packing = _Packing.of([*EXAMPLES, *VALIDATION])
    assert _validate(loaded, VALIDATION, 4, packing) == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_stopped_run_goes_on_bit_for_bit(adapted: Callable[..., LoadedModel], after: int) -> None:
    """Stopped anywhere and resumed in a fresh model, the weights are those of an uninterrupted run."""
    whole = adapted(torch.float32)
    expected = train(whole, EXAMPLES, VALIDATION, PLAN, Notes())
    first, notes = adapted(torch.float32), Notes()
    stopped = train(first, EXAMPLES, VALIDATION, PLAN, notes, should_stop=lambda: len(notes.heard) >= after)
    assert stopped.stopped
    assert stopped.steps_done == after == notes.kept[-1].step, "nothing is lost by a stop"
    second = adapted(torch.float32, seed=77)
    outcome = train(second, EXAMPLES, VALIDATION, PLAN, Notes(), checkpoint=notes.kept[-1])
    assert_same(weights(second), weights(whole))
    assert (outcome.validation_loss, outcome.train_loss, outcome.tokens) == (expected.validation_loss, expected.train_loss, expected.tokens)


def test_a_crash_loses_at_most_the_steps_since_the_last_checkpoint(adapted: Callable[..., LoadedModel]) -> None:
    """Every `checkpoint_steps`, and after each validation."""
    notes = Notes()
    train(adapted(torch.float32), EXAMPLES, VALIDATION, PLAN, notes)
    steps = [0, *(checkpoint.step for checkpoint in notes.kept)]
    assert max(later - earlier for earlier, later in pairwise(steps)) <= PLAN.checkpoint_steps
    loaded = adapted(torch.float32)
    train(loaded, EXAMPLES, VALIDATION, PLAN, Notes(), checkpoint=notes.kept[2])
    whole = adapted(torch.float32)
    train(whole, EXAMPLES, VALIDATION, PLAN, Notes())
    assert_same(weights(loaded), weights(whole))


def test_without_validation_rows_the_last_weights_stand(adapted: Callable[..., LoadedModel]) -> None:
    """And no figure is made up."""
    outcome = train(adapted(torch.float32), EXAMPLES, [], PLAN, Notes())
    assert outcome.validation_loss is None


def test_nothing_to_learn_is_an_error(adapted: Callable[..., LoadedModel]) -> None:
    """A sentence, not an empty model."""
    with pytest.raises(InputError, match="No example"):
        train(adapted(torch.float32), [], VALIDATION, PLAN, Notes())


def test_a_loss_that_is_no_number_ends_the_run_before_it_is_kept(adapted: Callable[..., LoadedModel]) -> None:
    """The weights on disk stay usable."""
    loaded, notes = adapted(torch.float32), Notes()
    next(iter(loaded.trainable.values())).data.fill_(float("nan"))
    with pytest.raises(WorkerError, match="no longer a number"):
        train(loaded, EXAMPLES, VALIDATION, PLAN, notes)
    assert not notes.kept


def gradients(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    """Return the gradients of one batch."""
    loaded.causal.zero_grad()
    loaded.causal.train()
    for packed in _Packing.of(EXAMPLES).passes(EXAMPLES[:6]):
        loaded.summed_loss(packed).backward()  # type: ignore[no-untyped-call]
    return {name: parameter.grad.clone() for name, parameter in loaded.trainable.items() if parameter.grad is not None}


@pytest.mark.parametrize("method", METHODS)
def test_validation_does_not_disturb_training(tiny_folder: Path, method: str) -> None:
    """bitsandbytes repacks a 4-bit weight at an eval pass without gradient, and later gradients are wrong: they must be equal."""
    loaded = METHODS[method]().load(tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0))
    before = gradients(loaded)
    for _ in range(2):
        _validate(loaded, VALIDATION, 4, _Packing.of(VALIDATION))
    assert_same(gradients(loaded), before)


def test_no_layer_may_repack_its_weight_for_inference(tiny_folder: Path) -> None:
    """Also on machines where the repacking kernel exists, which this one may not be."""
    loaded = METHODS["qlora"]().load(tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.bfloat16, seed=0))
    layers = [module for module in loaded.causal.modules() if isinstance(module, bitsandbytes.nn.Linear4bit)]
    assert layers
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)
