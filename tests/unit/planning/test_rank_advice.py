"""The advised rank grows with the data, within what fits, and has its reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.foundation.json_records import shown, spoken
from appliance.planning import ModelShape, advise_rank
from appliance.planning.rank_advice import MARGIN, RANKS, bits_a_token

SHAPE = ModelShape(
    hidden=576, layers=30, heads=9, key_value_heads=3, head_dim=64, intermediate=1536, vocabulary=49152, tied=True
)
TINY = ModelShape(hidden=8, layers=1, heads=2, key_value_heads=1, head_dim=4, intermediate=16, vocabulary=16, tied=True)


def advise(tokens: int, *, shape: ModelShape = SHAPE, budget: float = 1e12, peak: float = 1e6):
    return advise_rank(shape, answer_tokens=tokens, peak_bytes=lambda rank: peak * rank, budget_bytes=budget)


def test_a_handbook_needs_the_smallest_rank():
    """334 rows of about 25 tokens are 5.9 kB; rank 4 of a 135 M model has room for 305 kB."""
    advice = advise(334 * 25)
    assert advice.rank == 4
    sentence = str(advice.sentence)
    assert sentence.startswith("Rank 4 is enough. The answers hold at most 5.9 kB of information (8,350 tokens)")
    assert "has room for 305 kB (1,221,120 parameters, 2 bits each)" in sentence
    value = json.loads(json.dumps(shown(advice)))
    assert spoken(value["sentence"]) == sentence
    assert "2 bits a parameter" in spoken(value["sources"][1])


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_more_to_learn_never_lowers_the_rank(one, other):
    low, high = sorted((one, other))
    assert advise(low).rank <= advise(high).rank


@given(st.integers(1, 10**7))
def test_the_rank_has_enough_room_and_the_next_lower_does_not(tokens):
    """Room four times over: the margin."""
    advice = advise(tokens)
    by_rank = {choice.rank: choice for choice in advice.choices}
    if advice.rank != 128:  # the smallest matrix has 192 rows
        assert by_rank[advice.rank].room_bits >= MARGIN * advice.bits
    if advice.rank != RANKS[0]:
        assert by_rank[RANKS[RANKS.index(advice.rank) - 1]].room_bits < MARGIN * advice.bits


def test_a_middle_rank_says_why_a_lower_one_is_too_small():
    advice = advise(300_000)
    assert 4 < advice.rank < 128
    assert f"Rank {advice.rank // 2} would have room for less than 4 times" in str(advice.sentence)


def test_the_budget_of_memory_bounds_the_rank():
    """And the sentence says that memory decided."""
    advice = advise(10**6, budget=9e6)
    assert advice.rank == 8
    assert "the highest rank that fits into memory" in str(advice.sentence)
    assert [choice.fits for choice in advice.choices] == [True, True, False, False, False, False]


def test_data_beyond_any_adapter_is_pointed_out():
    """Then training in full has more room."""
    advice = advise(10**9)
    assert advice.rank == 128
    assert "will not hold everything" in str(advice.sentence)
    assert "Full training has more room" in str(advice.sentence)


def test_when_nothing_fits_the_needed_memory_is_named():
    with pytest.raises(InputError, match=r"No rank fits into 1 byte: the smallest needs 4 MB"):
        advise(100, budget=1.0)


def test_without_answers_there_is_no_advice():
    with pytest.raises(InputError, match="no answer"):
        advise(0)


def test_a_rank_never_exceeds_the_smallest_side():
    """It is 4 here: k and v of one head of four."""
    assert {choice.rank for choice in advise(10**6, shape=TINY).choices} == {4}


def test_large_models_need_fewer_bits_a_token():
    """5.7 for the starter, 1 from seven billion on, and a value between for sizes between."""
    assert bits_a_token(100_000_000) == bits_a_token(135_000_000) == 5.7
    assert bits_a_token(7_000_000_000) == pytest.approx(1.0)
    assert bits_a_token(70_000_000_000) == pytest.approx(1.0)
    assert 1.0 < bits_a_token(1_000_000_000) < 5.7
