"""A run diverges when its loss is not a number or stays far above the beginning, not through noise or a bad batch."""

import random

import pytest

from appliance.training.divergence import WINDOW, first_mean, has_diverged, is_doubtful, is_lost


def watch(losses: list[float]) -> tuple[int | None, list[int]]:
    """Return the step after which the run has diverged, and the steps whose checkpoints would be doubtful."""
    recent: tuple[float, ...] = ()
    began: float | None = None
    doubtful = []
    for step, loss in enumerate(losses, 1):
        recent = (*recent[1 - WINDOW :], loss)
        began = first_mean(recent, began)
        if is_doubtful(recent, began):
            doubtful.append(step)
        if has_diverged(recent, began):
            return step, doubtful
    return None, doubtful


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_step_is_lost_when_loss_or_gradient_is_not_finite(value: float) -> None:
    assert is_lost(value, 1.0)
    assert is_lost(1.0, value)
    assert not is_lost(1.0, 1.0)


def test_a_sustained_rise_is_detected_within_the_window_and_nothing_is_kept_meanwhile() -> None:
    """Checkpoints are doubtful from the first clearly bad steps on."""
    lost, doubtful = watch([3.0] * 20 + [9.0] * 20)
    assert lost is not None
    assert 20 < lost <= 20 + WINDOW
    assert doubtful == list(range(21, lost + 1))


@pytest.mark.parametrize(
    "losses", [[3.0] * 20 + [9.0] + [2.5] * 20, [0.02] * 20 + [0.6] * 40, [3.0] * 40, [0.1, 0.1, 0.1] + [0.9] * 40]
)
def test_a_bad_batch_a_small_rise_or_no_gain_is_not_a_divergence(losses: list[float]) -> None:
    """Some of these runs fail all the same; validation detects that."""
    assert watch(losses)[0] is None


def test_a_run_that_diverges_after_its_first_steps_is_detected() -> None:
    """The first steps, at a low rate, show what the model could do."""
    assert watch([2.0, 2.1, 2.0] + [8.0] * 20)[0] is not None


@pytest.mark.parametrize("seed", range(20))
def test_uneven_batches_are_not_a_divergence(seed: int) -> None:
    """In a run that learns slowly from batches with very different losses."""
    chance = random.Random(seed)
    assert watch([max(0.0, chance.gauss(3.0 - step / 1000, 0.6)) for step in range(2000)])[0] is None
