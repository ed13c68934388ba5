"""Presets give a usable plan for every size of model and data, and say all that is wrong with a choice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.planning import PRESETS, default_learning_rate, training_plan


def plan(**changes):
    return training_plan(**{"method": "qlora", "preset": "balanced", "parameters": 134_515_008, "training_rows": 334, **changes})


def test_alpha_is_twice_the_rank():
    assert plan()["lora_alpha"] == 32
    assert plan(rank=4)["lora_alpha"] == 8


def test_what_is_given_wins_over_the_preset():
    given_plan = plan(rank=8, epochs=2, batch_size=4, learning_rate=1e-4)
    assert given_plan == {"method": "qlora", "rank": 8, "lora_alpha": 16, "epochs": 2, "batch_size": 4, "learning_rate": 1e-4}


@given(rows=st.integers(1, 2_000_000))
def test_a_more_thorough_preset_never_sees_less(rows):
    quick, balanced, thorough = (plan(preset=name, training_rows=rows)["epochs"] for name in ("quick", "balanced", "thorough"))
    assert 1 <= quick <= balanced <= thorough <= 100


def test_many_rows_are_seen_once_and_few_rows_often():
    assert plan(training_rows=1_000_000)["epochs"] == 1
    assert plan(training_rows=10)["epochs"] > PRESETS["balanced"].epochs


@given(parameters=st.integers(1_000, 10**12))
def test_the_learning_rate_never_rises_with_size(parameters):
    assert default_learning_rate(parameters) >= default_learning_rate(2 * parameters) >= 2e-4


def test_every_mistake_is_named_at_once():
    with pytest.raises(InputError) as caught:
        plan(method="magic", preset="slow", rank=0, learning_rate=float("nan"), training_rows=0)
    for word in ("magic", "slow", "rank", "learning_rate", "no row"):
        assert word in caught.value.sentence
