"""Wilson's interval: known values, and what any interval must satisfy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.evaluation import wilson


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (81, 263, 0.2553, 0.3662),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_published_values(count: int, total: int, low: float, high: float) -> None:
    """81 of 263 is Newcombe's example (Statistics in Medicine 17, 1998, table I, method 3)."""
    interval = wilson(count, total)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_holds_the_share_and_mirrors_that_of_the_failures(case: tuple[int, int]) -> None:
    count, total = case
    interval, mirrored = wilson(count, total), wilson(total - count, total)
    assert 0 <= interval.low <= count / total + 1e-12
    assert count / total - 1e-12 <= interval.high <= 1
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-9)


def test_without_trials_the_interval_is_everything() -> None:
    """From 0 to 1."""
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


@pytest.mark.parametrize(("count", "total"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_errors(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="between"):
        wilson(count, total)
