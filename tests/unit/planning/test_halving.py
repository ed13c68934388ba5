"""In successive halving, the better half trains twice as long, and the last candidate to the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.planning.halving import Rung, halving_rungs, promoted, total_steps


def test_four_candidates_run_a_quarter_a_half_and_the_whole():
    assert halving_rungs(4) == (Rung(4, 0.25), Rung(2, 0.5), Rung(1, 1.0))


def test_four_candidates_cost_two_whole_trainings():
    assert total_steps(4, 100) == 200


@given(st.integers(1, 8), st.integers(1, 500))
def test_only_the_last_candidate_reaches_the_end_and_the_cost_is_bounded(candidates, whole):
    rungs = halving_rungs(candidates)
    assert rungs[0].candidates == candidates
    assert (rungs[-1].candidates, rungs[-1].steps(whole)) == (1, whole)
    assert [rung.candidates for rung in rungs] == sorted((rung.candidates for rung in rungs), reverse=True)
    assert whole <= total_steps(candidates, whole) <= candidates * whole


@pytest.mark.parametrize(
    ("losses", "keep", "kept"),
    [
        ({4: 1.5, 8: 1.0, 16: 2.0, 32: 1.2}, 2, (8, 32)),
        ({4: 1.0, 8: 1.0, 16: 1.0}, 1, (4,)),
        ({4: None, 8: float("nan"), 16: 9.0}, 2, (16,)),
        ({4: None}, 1, ()),
    ],
)
def test_the_lowest_losses_are_promoted_and_of_equal_ones_the_smaller_rank(losses, keep, kept):
    """A rank that diverged never is."""
    assert promoted(losses, keep) == kept
