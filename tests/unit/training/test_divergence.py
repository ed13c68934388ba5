"""A run is lost when its loss is no number, or stays far over its beginning; noise, one bad batch, and a slow start are
nothing.
"""

import random

import pytest

from appliance.training.divergence import WINDOW, first_mean, has_diverged, is_doubtful, is_lost


def watch(losses: list[float]) -> tuple[int | None, list[int]]:
    """Return after which step the run is lost, and after which steps a checkpoint would be doubtful."""
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
def test_what_is_no_number_is_lost(value: float) -> None:
    """The loss, or the gradient's length."""
    assert is_lost(value, 1.0)
    assert is_lost(1.0, value)
    assert not is_lost(1.0, 1.0)


def test_a_sustained_rise_is_lost_within_the_window_and_nothing_is_kept_meanwhile() -> None:
    """From the first clearly bad steps on, checkpoints are doubtful."""
    lost, doubtful = watch([3.0] * 20 + [9.0] * 20)
    assert lost is not None
    assert 20 < lost <= 20 + WINDOW
    assert doubtful == list(range(21, lost + 1))


@pytest.mark.parametrize(
    "losses", [[3.0] * 20 + [9.0] + [2.5] * 20, [0.02] * 20 + [0.6] * 40, [3.0] * 40, [0.1, 0.1, 0.1] + [0.9] * 40]
)
def test_a_bad_batch_a_small_rise_or_no_gain_is_not(losses: list[float]) -> None:
    """Some of them are no success, but validation sees to that."""
    assert watch(losses)[0] is None


def test_a_run_that_is_lost_from_its_second_step_on_is_found() -> None:
    """The first steps, at a low rate, know what the model could."""
    assert watch([2.0, 2.1, 2.0] + [8.0] * 20)[0] is not None


@pytest.mark.parametrize("seed", range(20))
def test_uneven_batches_are_no_alarm(seed: int) -> None:
    """A run that learns slowly from batches whose losses differ by much."""
    chance = random.Random(seed)
    assert watch([max(0.0, chance.gauss(3.0 - step / 1000, 0.6)) for step in range(2000)])[0] is None
