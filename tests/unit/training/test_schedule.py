"""The learning rate rises to its peak, then falls along half a cosine to a tenth of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.training.schedule import FLOOR_SHARE, WARMUP_SHARE, learning_rate_at


def test_warm_up_is_linear_and_reaches_the_peak() -> None:
    """Over five of a hundred steps."""
    rates = [learning_rate_at(step, 100, 1.0) for step in range(100)]
    assert rates[: round(100 * WARMUP_SHARE)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5] == pytest.approx(1.0)


def test_halfway_down_it_is_midway_between_peak_and_floor() -> None:
    """Half a cosine is symmetric, and ends at a tenth."""
    assert learning_rate_at(99, 100, 1.0) == pytest.approx(0.1, abs=0.001)
    assert learning_rate_at(5 + 95 // 2, 100, 1.0) == pytest.approx((1 + FLOOR_SHARE) / 2, abs=0.01)


@given(st.integers(1, 5000), st.floats(1e-6, 1e-1))
def test_it_stays_between_zero_and_peak_and_never_rises_after_the_warm_up(steps: int, peak: float) -> None:
    """For any number of steps."""
    rates = [learning_rate_at(step, steps, peak) for step in range(steps)]
    assert all(0 < rate <= peak * (1 + 1e-12) for rate in rates)
    top = rates.index(max(rates))
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in zip(rates[top:], rates[top + 1 :], strict=False))
    assert rates[-1] >= min(peak * FLOOR_SHARE, rates[0]) * (1 - 1e-9)
