"""The loop learns, stops at once, resumes bit for bit and keeps the best weights; validation leaves no trace."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import bitsandbytes
import pytest
import torch
from tiny_llama import make_examples, make_loaded, tiny_config

from appliance.foundation.errors import InputError
from appliance.training.checkpoints import CheckpointFolder, TrainingCheckpoint
from appliance.training.endings import Ending
from appliance.training.loop import TrainingPlan, TrainingProgress, _Packing, _validate, held_out_loss, train
from appliance.training.methods import METHODS, LoadedModel, MethodSettings

PLAN = TrainingPlan(epochs=3, batch_size=4, learning_rate=1e-2, seed=5, checkpoint_steps=2)
EXAMPLES, VALIDATION = make_examples(13), make_examples(5, seed=9)


@dataclass
class Notes:
    """An observer that records progress; with a folder, it keeps checkpoints there."""

    heard: list[TrainingProgress] = field(default_factory=list)
    folder: CheckpointFolder | None = None
    kept: list[int] = field(default_factory=list)

    def progress(self, progress: TrainingProgress) -> None:
        """Record it."""
        self.heard.append(progress)

    def keep(self, checkpoint: TrainingCheckpoint) -> None:
        """Keep it on disk."""
        self.kept.append(checkpoint.step)
        if self.folder is not None:
            self.folder.save(checkpoint)


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    """Return an empty folder for checkpoints."""
    return CheckpointFolder(tmp_path, "jb_test", bytes(32))


def weights(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    """Return a copy of the trained weights."""
    return {name: parameter.detach().clone() for name, parameter in loaded.trainable.items()}


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    """Compare every bit."""
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


@pytest.mark.slow
def test_it_learns_and_reports_each_step(adapted: Callable[..., LoadedModel]) -> None:
    """The loss falls; steps, epochs, tokens and rates follow the plan."""
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


@pytest.mark.slow
def test_the_best_weights_are_kept_not_the_last(adapted: Callable[..., LoadedModel]) -> None:
    """Overfitting does not cost earlier gains."""
    loaded, notes = adapted(torch.float32), Notes()
    plan = TrainingPlan(epochs=12, batch_size=4, learning_rate=3e-2, seed=5, checkpoint_steps=100)
    outcome = train(loaded, EXAMPLES, VALIDATION, plan, notes)
    losses = [progress.validation_loss for progress in notes.heard if progress.validation_loss is not None]
    assert min(losses) < losses[-1], "this data is meant to be overfitted"
    assert outcome.validation_loss == min(losses)
    packing = _Packing.of([*EXAMPLES, *VALIDATION])
    assert _validate(loaded, VALIDATION, 4, packing) == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_stopped_run_resumes_bit_for_bit(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder, after: int
) -> None:
    """Stopped anywhere and resumed with a new model, it gives the weights of an uninterrupted run."""
    whole = adapted(torch.float32)
    expected = train(whole, EXAMPLES, VALIDATION, PLAN, Notes())
    first, notes = adapted(torch.float32), Notes(folder=folder)
    stopped = train(
        first, EXAMPLES, VALIDATION, PLAN, notes, should_stop=lambda: len(notes.heard) >= after, best=folder
    )
    assert stopped.stopped
    assert stopped.steps_done == after == notes.kept[-1], "nothing is lost by a stop"
    second = adapted(torch.float32, seed=77)
    outcome = train(second, EXAMPLES, VALIDATION, PLAN, Notes(folder=folder), checkpoint=folder.newest(), best=folder)
    assert_same(weights(second), weights(whole))
    assert (outcome.validation_loss, outcome.train_loss, outcome.tokens) == (
        expected.validation_loss,
        expected.train_loss,
        expected.tokens,
    )


def test_a_checkpoint_names_the_compute_type(adapted: Callable[..., LoadedModel], folder: CheckpointFolder) -> None:
    """So that a resumed run keeps it, whatever a probe would choose by then."""
    train(adapted(torch.float32), EXAMPLES, VALIDATION, PLAN, Notes(folder=folder), best=folder)
    kept = folder.newest()
    assert kept is not None
    assert kept.figures.compute_type == "float32"


@pytest.mark.slow
def test_a_stop_leaves_the_best_so_far_in_the_model(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder
) -> None:
    """The checkpoint has the latest weights instead."""
    loaded, notes = adapted(torch.float32), Notes(folder=folder)
    plan = TrainingPlan(epochs=20, batch_size=4, learning_rate=3e-2, seed=5, checkpoint_steps=100)
    outcome = train(loaded, EXAMPLES, VALIDATION, plan, notes, should_stop=lambda: len(notes.heard) == 58, best=folder)
    losses = {step.step: step.validation_loss for step in notes.heard if step.validation_loss is not None}
    assert outcome.best_step == min(losses, key=lambda step: losses[step]) < 56, "this data is meant to be overfitted"
    assert held_out_loss(loaded, VALIDATION, 4) == pytest.approx(outcome.validation_loss, rel=1e-5)
    checkpoint = folder.newest()
    assert checkpoint is not None
    assert checkpoint.step == 58
    name, weight = next(iter(weights(loaded).items()))
    assert not torch.equal(checkpoint.tensors[f"weight/{name}"], weight)


def test_a_crash_loses_at_most_the_steps_since_the_last_checkpoint(adapted: Callable[..., LoadedModel]) -> None:
    """There is one every `checkpoint_steps`, and after each validation. (The result is the same: test_killed_run.)"""
    notes = Notes()
    train(adapted(torch.float32), EXAMPLES, VALIDATION, PLAN, notes)
    assert max(later - earlier for earlier, later in pairwise([0, *notes.kept])) <= PLAN.checkpoint_steps


def test_it_ends_early_when_validation_stops_improving(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder
) -> None:
    """After `patience` validations without a better one; the best is kept, even if the run is killed just then."""
    plan = TrainingPlan(epochs=30, batch_size=4, learning_rate=3e-2, seed=5, checkpoint_steps=100, patience=3)
    loaded, notes = adapted(torch.float32), Notes(folder=folder)
    outcome = train(loaded, EXAMPLES, VALIDATION, plan, notes, best=folder)
    losses = [progress.validation_loss for progress in notes.heard if progress.validation_loss is not None]
    assert outcome.ending is Ending.EARLY
    assert outcome.steps_done < outcome.steps
    assert min(losses) == losses[-1 - plan.patience] == outcome.validation_loss
    assert f"since step {outcome.best_step}" in str(outcome.sentence)
    other, silent = adapted(torch.float32, seed=7), Notes(folder=folder)
    again = train(other, EXAMPLES, VALIDATION, plan, silent, checkpoint=folder.newest(), best=folder)
    assert (again.ending, again.best_step, silent.heard) == (Ending.EARLY, outcome.best_step, [])
    assert_same(weights(other), weights(loaded))


@pytest.mark.slow
def test_smaller_passes_and_checkpointing_learn_the_same(adapted: Callable[..., LoadedModel]) -> None:
    """In float64, a run that stepped down gives the weights of the planned run, to nine digits."""
    plan = TrainingPlan(epochs=2, batch_size=4, learning_rate=1e-2, seed=5, checkpoint_steps=100)
    planned, smaller = adapted(), adapted(activation_checkpointing=True)
    train(planned, EXAMPLES, VALIDATION, plan, Notes())
    train(smaller, EXAMPLES, VALIDATION, replace(plan, pass_tokens=32), Notes())
    for name, weight in weights(planned).items():
        torch.testing.assert_close(weights(smaller)[name], weight, rtol=1e-9, atol=1e-12)


def test_without_validation_rows_the_last_weights_are_kept(adapted: Callable[..., LoadedModel]) -> None:
    """There is no validation loss."""
    outcome = train(adapted(torch.float32), EXAMPLES, [], PLAN, Notes())
    assert outcome.validation_loss is None


def test_nothing_to_learn_is_an_error(adapted: Callable[..., LoadedModel]) -> None:
    """It leaves no empty model."""
    with pytest.raises(InputError, match="No example"):
        train(adapted(torch.float32), [], VALIDATION, PLAN, Notes())


def test_a_loss_that_is_not_a_number_ends_the_run_at_once(adapted: Callable[..., LoadedModel]) -> None:
    """Nothing is kept, there is no usable model, and the sentence says so."""
    loaded, notes = adapted(torch.float32), Notes()
    next(iter(loaded.trainable.values())).data.fill_(float("nan"))
    outcome = train(loaded, EXAMPLES, VALIDATION, PLAN, notes)
    assert (outcome.ending, outcome.steps_done, notes.kept) == (Ending.DIVERGED, 0, [])
    assert not outcome.usable
    assert "before its first step: the loss of this model" in str(outcome.sentence)


def test_weights_first_validated_after_the_rise_are_not_kept(adapted: Callable[..., LoadedModel]) -> None:
    """They are the best there are, and far worse than before training."""
    loaded, plan = make_loaded(torch.float32, method="full"), replace(PLAN, batch_size=2, epochs=8, learning_rate=30.0)
    before = held_out_loss(loaded, VALIDATION, 4)
    notes = Notes()
    outcome = train(loaded, EXAMPLES, VALIDATION, plan, notes)
    measured = [step.validation_loss for step in notes.heard if step.validation_loss is not None]
    assert outcome.ending is Ending.DIVERGED
    assert min(measured) > 10 * before
    assert (outcome.usable, outcome.best_step, outcome.validation_loss) == (False, None, None)
    assert "so there is no model to keep" in str(outcome.sentence)


@pytest.mark.slow
def test_a_diverging_run_ends_and_keeps_the_best_weights(
    adapted: Callable[..., LoadedModel], folder: CheckpointFolder
) -> None:
    """The checkpoint is from before the rise, and a lower rate finishes."""
    loaded = make_loaded(torch.float32, rank=8, config=tiny_config(initializer_range=0.5))
    able = replace(PLAN, epochs=8, learning_rate=2e-2)
    train(loaded, EXAMPLES, VALIDATION, able, Notes())  # so that it can unlearn something
    calm, notes = replace(able, epochs=16, learning_rate=1e-4), Notes(folder=folder)
    train(loaded, EXAMPLES, VALIDATION, calm, notes, should_stop=lambda: len(notes.heard) == 12, best=folder)
    wild = train(
        loaded, EXAMPLES, VALIDATION, replace(calm, learning_rate=3.0), notes, checkpoint=folder.newest(), best=folder
    )
    assert wild.ending is Ending.DIVERGED
    assert 12 < wild.steps_done < wild.steps
    assert wild.usable
    assert wild.best_step is not None
    assert wild.best_step <= 12
    assert held_out_loss(loaded, VALIDATION, 4) == pytest.approx(wild.validation_loss, rel=1e-5)
    kept = folder.newest()
    assert kept is not None
    assert kept.step <= 14, "nothing was kept of what came after the rise"
    calmer = train(loaded, EXAMPLES, VALIDATION, calm, Notes(), checkpoint=kept, best=folder)
    assert calmer.ending is Ending.FINISHED


def test_weights_whose_validation_loss_is_not_a_number_are_not_the_best(adapted: Callable[..., LoadedModel]) -> None:
    loaded = adapted(torch.float32)

    class Spoiler(Notes):
        def progress(self, progress: TrainingProgress) -> None:
            super().progress(progress)
            if progress.step == 7:  # the next step ends with a validation
                loaded.trainable[next(iter(loaded.trainable))].data[0, 0] = float("inf")

    outcome = train(loaded, EXAMPLES, VALIDATION, PLAN, Spoiler())
    assert outcome.best_step == 4


def gradients(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    """Return the gradients of one batch."""
    loaded.causal.zero_grad()
    loaded.causal.train()
    for packed in _Packing.of(EXAMPLES).passes(EXAMPLES[:6]):
        loaded.summed_loss(packed).backward()  # type: ignore[no-untyped-call]
    return {name: parameter.grad.clone() for name, parameter in loaded.trainable.items() if parameter.grad is not None}


@pytest.mark.parametrize("method", METHODS)
def test_validation_does_not_disturb_training(tiny_folder: Path, method: str) -> None:
    """bitsandbytes repacks 4-bit weights in an eval pass without gradients, which makes later gradients wrong."""
    loaded = METHODS[method]().load(
        tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.float32, seed=0)
    )
    before = gradients(loaded)
    for _ in range(2):
        _validate(loaded, VALIDATION, 4, _Packing.of(VALIDATION))
    assert_same(gradients(loaded), before)


def test_no_layer_may_repack_its_weight_for_inference(tiny_folder: Path) -> None:
    """Also on machines that have the repacking kernel, which this one may not."""
    loaded = METHODS["qlora"]().load(
        tiny_folder, MethodSettings(rank=4, lora_alpha=8, compute_type=torch.bfloat16, seed=0)
    )
    layers = [module for module in loaded.causal.modules() if isinstance(module, bitsandbytes.nn.Linear4bit)]
    assert layers
    assert not any(layer.support_avx512bf16_for_cpu for layer in layers)
