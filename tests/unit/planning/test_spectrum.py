"""Singular values give ranks by the published definitions, and a sentence that fits them."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.json_records import stored
from appliance.planning import AdapterSpectrum, LayerSpectrum
from appliance.planning.spectrum import rank_sentence


def layer(*values: float, side: int = 64) -> LayerSpectrum:
    return LayerSpectrum("model.layers.0.self_attn.q_proj", side, side, tuple(values))


def spectrum(*values: float) -> AdapterSpectrum:
    return AdapterSpectrum(len(values), (layer(*values),))


FALLING = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=12).map(
    lambda values: tuple(sorted(values, reverse=True))
)


@pytest.mark.parametrize(("values", "rank"), [((3.0, 3.0, 3.0, 3.0), 4.0), ((5.0, 0.0, 0.0), 1.0), ((0.0, 0.0), 0.0)])
def test_equal_values_have_full_rank_and_a_single_one_has_rank_one(values, rank):
    """Effective and stable rank agree at the ends."""
    assert layer(*values).effective_rank == pytest.approx(rank)
    assert layer(*values).stable_rank == pytest.approx(rank)


def test_the_ranks_are_those_of_their_papers():
    """Roy and Vetterli's on shares 3/4 and 1/4; the stable rank on 9 + 1 over 9."""
    uneven = layer(3.0, 1.0)
    assert uneven.effective_rank == pytest.approx(math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25))))
    assert uneven.stable_rank == pytest.approx(10 / 9)
    assert uneven.energy == pytest.approx(10)


@given(FALLING)
def test_no_rank_exceeds_the_number_of_values(values):
    falling = layer(*values)
    assert 1 <= falling.effective_rank <= len(values) + 1e-9
    assert 1 <= falling.stable_rank <= falling.numeric_rank + 1e-9 <= len(values) + 1e-9


@given(FALLING, st.floats(0.01, 1.0))
def test_the_smallest_rank_that_keeps_enough_is_the_smallest(values, share):
    """One less keeps too little; more never keep less."""
    adapter = spectrum(*values)
    enough = adapter.enough(share)
    assert enough == adapter.rank or adapter.kept(enough) >= share
    assert enough == 1 or adapter.kept(enough - 1) < share
    shares = [adapter.kept(rank) for rank in range(1, adapter.rank + 1)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_rounding_in_float32_does_not_count_as_a_direction():
    assert layer(1.0, 0.5, 1e-7).numeric_rank == 2


def test_energy_is_counted_over_all_matrices():
    """A matrix that moved little counts little: what rank one keeps of the two is 100 + 1 of 100 + 1 + 1."""
    both = AdapterSpectrum(2, (layer(10.0, 0.0), layer(1.0, 1.0)))
    assert both.kept(1) == pytest.approx(101 / 102)
    assert both.used == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            (10.0, 8, 7, 6, 5, 4, *([0.1] * 10)),
            "Rank 16 was more than needed: 6 directions carry 95% of what it learned.",
        ),
        (
            (5.0, 4.0, 3.0, *([0.0] * 5)),
            "Rank 8 was more than needed: only 3 of its 8 directions are used at all, and 3 directions carry 95%",
        ),
        ((5.0, 0.0), "Rank 2 was more than needed: only 1 of its 2 directions is used at all, and 1 direction carries"),
        ((9.0, 0.1, 0.1, 0.1), "Rank 4 was more than needed: 1 direction carries 95%"),
        (
            (3.0, 3.0, 3.0, 3.0),
            "All 4 directions are in use, and 4 are needed for 95%.* The rank may have been too low. Try rank 8",
        ),
        ((4.0, 3.0, 2.0, 0.5), "Rank 4 is about right: 3 directions carry 95%"),
        ((0.0, 0.0), "changes nothing"),
    ],
)
def test_the_sentence_says_too_many_enough_or_too_few(values, sentence):
    pattern = ".*".join(map(re.escape, sentence.split(".*")))
    actual = str(rank_sentence(spectrum(*values).summary()))
    assert re.search(pattern, actual), actual


@pytest.mark.parametrize(
    ("side", "words"),
    [(16, "Try rank 8, and"), (6, "Try rank 6, and"), (4, "the highest that this model's layers can have")],
)
def test_a_rank_that_the_smallest_matrix_cannot_have_is_not_advised(side, words):
    full = AdapterSpectrum(4, (layer(3.0, 3.0, 3.0, 3.0), layer(3.0, 3.0, 3.0, 3.0, side=side)))
    assert words in str(rank_sentence(full.summary()))


def test_the_summary_is_plain_json_and_small():
    """Shares by rank, not values by matrix: a thousand matrices take no more room."""
    many = AdapterSpectrum(8, tuple(layer(*range(8, 0, -1)) for _ in range(1000)))
    summary = many.summary()
    assert len(json.dumps(stored(summary))) < 1000
    assert summary.matrices == 1000
    assert len(summary.kept) == 8
    assert summary.enough[95] == many.enough()
    assert many.by_layer()[0].singular_values == (8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0)
