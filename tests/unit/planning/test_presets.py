"""Presets give a usable plan for every size of model and data, and name every mistake in a choice."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.planning import PRESETS
from appliance.planning.presets import default_learning_rate
from appliance.planning.training_settings import TrainingChoice, resolve_settings


def plan(**changes):
    basis = {"parameters": 134_515_008, "layers": 30, "training_rows": 334}
    choice = TrainingChoice(**{name: value for name, value in changes.items() if name not in basis})
    basis |= {name: changes[name] for name in basis if name in changes}
    return asdict(resolve_settings(choice, **basis))


def test_alpha_is_twice_the_rank():
    assert plan()["lora_alpha"] == 32
    assert plan(rank=4)["lora_alpha"] == 8


def test_given_values_win_over_the_preset():
    given_plan = plan(rank=8, epochs=2, batch_size=4, learning_rate=1e-4)
    assert given_plan == {
        "method": "qlora",
        "rank": 8,
        "lora_alpha": 16,
        "use_rslora": False,
        "use_dora": False,
        "last_layers": 0,
        "train_head": False,
        "epochs": 2,
        "batch_size": 4,
        "learning_rate": 1e-4,
    }


def test_rslora_keeps_the_scale_that_the_learning_rate_was_measured_with():
    """alpha / sqrt(r) with it is alpha / r without, at every square rank."""
    for rank in (4, 16, 64):
        assert plan(rank=rank, use_rslora=True)["lora_alpha"] / rank**0.5 == plan(rank=rank)["lora_alpha"] / rank


@pytest.mark.parametrize(("parameters", "share"), [(10**8, 0.15), (135 * 10**6, 0.15), (10**9, 0.1), (10**10, 0.1)])
def test_the_models_own_weights_learn_at_a_share_of_an_adapters_rate(parameters, share):
    """About a seventh for tiny models, a tenth for those from a billion parameters on."""
    for method in ("full", "last-layers"):
        assert default_learning_rate(parameters, method) == pytest.approx(
            share * default_learning_rate(parameters, "qlora"), rel=0.05
        )


def test_last_layers_are_a_quarter_by_default():
    assert plan(method="last-layers")["last_layers"] == 8
    assert plan(method="last-layers", last_layers=2, train_head=True)["last_layers"] == 2
    assert plan(method="last-layers", layers=2)["last_layers"] == 1


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("full", {"rank": 8}, "“Rank” is only for qlora and lora, not for full"),
        ("full", {"use_dora": True}, r"\(DoRA\)” is only for qlora and lora"),
        ("last-layers", {"use_rslora": True}, r"\(rsLoRA\)” is only for"),
        ("lora", {"last_layers": 2}, "“Last layers” is only for last-layers, not for lora"),
        ("qlora", {"train_head": True}, "“Train the head too” is only for last-layers"),
    ],
)
def test_an_option_of_another_method_is_refused(method, options, sentence):
    with pytest.raises(InputError, match=sentence):
        plan(method=method, **options)


@given(rows=st.integers(1, 2_000_000))
def test_a_more_thorough_preset_never_sees_less(rows):
    quick, balanced, thorough = (
        plan(preset=name, training_rows=rows)["epochs"] for name in ("quick", "balanced", "thorough")
    )
    assert 1 <= quick <= balanced <= thorough <= 100


def test_many_rows_are_read_once_and_few_rows_often():
    assert plan(training_rows=1_000_000)["epochs"] == 1
    assert plan(training_rows=10)["epochs"] > PRESETS["balanced"].epochs


def test_more_passes_than_the_presets_are_explained():
    """A large batch over few rows leaves few steps, so the data is read more often."""
    thorough = PRESETS["thorough"]
    assert thorough.more_passes(415, 8) is None
    assert plan(preset="thorough", training_rows=415, batch_size=256)["epochs"] == 100
    reason = str(thorough.more_passes(415, 256))
    assert reason == "It reads the data 100 times instead of 12 times, because fewer steps would teach too little."


@given(parameters=st.integers(1_000, 10**12))
def test_the_learning_rate_never_rises_with_size(parameters):
    assert default_learning_rate(parameters) >= default_learning_rate(2 * parameters) >= 2e-4


def test_every_mistake_is_named_at_once():
    with pytest.raises(InputError) as caught:
        plan(method="magic", preset="slow", rank=0, learning_rate=float("nan"), training_rows=0)
    for word in ("magic", "slow", "Rank must be between", "Learning rate must be a finite number", "no row"):
        assert word in caught.value.sentence
    assert caught.value.code == "planning.choice"


@pytest.mark.parametrize(
    ("name", "value", "called"),
    [
        ("rank", 1025, "Rank"),
        ("epochs", 101, "Epochs"),
        ("batch_size", 257, "Batch size"),
        ("learning_rate", 0.11, "Learning rate"),
    ],
)
def test_a_value_over_its_bound_is_refused(name, value, called):
    with pytest.raises(InputError, match=f"{called} must be between .*, not {value:,g}"):
        plan(**{name: value})
