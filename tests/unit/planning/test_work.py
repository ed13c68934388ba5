"""Operations follow the published counts; their share of the base model's training is known where its tokens are."""

import pytest

from appliance.planning import MethodChoice, RowSizes
from appliance.planning.gpu_table import TYPICAL_SHAPES
from appliance.planning.methods import trained_parameters
from appliance.planning.work import computed_tokens, passes_of, steps_of, training_flop

SHAPE = dict(TYPICAL_SHAPES)["0.1B"]
ROWS = RowSizes(rows=100, mean=50, longest=80)


def test_full_training_costs_six_operations_a_parameter_and_token():
    flop = training_flop(SHAPE, MethodChoice("full"), ROWS, epochs=2)
    assert flop.total == 6 * SHAPE.parameters * 100 * 50 * 2
    assert flop.base_share == pytest.approx(100 * 50 * 2 / 2e12)


def test_adapters_cost_four_and_six_of_their_own():
    flop = training_flop(SHAPE, MethodChoice("lora", rank=16), ROWS, epochs=1)
    assert flop.total == 100 * 50 * (4 * SHAPE.parameters + 6 * 4_884_480)


def test_frozen_layers_below_cost_their_forward_pass_alone():
    full, last = (
        training_flop(SHAPE, choice, ROWS, epochs=1).total
        for choice in (MethodChoice("full"), MethodChoice("last-layers", last_layers=2))
    )
    assert full / 3 < last < 0.6 * full


def test_an_unknown_model_has_no_share():
    assert training_flop(dict(TYPICAL_SHAPES)["0.5B"], MethodChoice("lora"), ROWS, epochs=1).base_share is not None
    strange = type(SHAPE)(64, 2, 4, 2, 16, 128, 300, tied=True)
    assert training_flop(strange, MethodChoice("lora"), ROWS, epochs=1).base_share is None


def test_learning_parameters_are_counted_exactly():
    block = SHAPE.block_parameters
    assert trained_parameters(SHAPE, MethodChoice("full")) == 134_515_008
    assert trained_parameters(SHAPE, MethodChoice("last-layers", last_layers=2)) == 2 * block
    assert (
        trained_parameters(SHAPE, MethodChoice("last-layers", last_layers=2, train_head=True))
        == 2 * block + 576 * 49152
    )
    plain, dora = (trained_parameters(SHAPE, MethodChoice("lora", use_dora=dora)) for dora in (False, True))
    assert dora - plain == 30 * sum(rows for rows, _ in SHAPE.linear_layers)


def test_a_methods_name_says_how_much_learns():
    names = [str(MethodChoice("last-layers", last_layers=count).short_name) for count in (1, 3)]
    assert names == ["training of the last layer", "training of the last 3 layers"]
    assert str(MethodChoice("lora", use_dora=True).short_name) == "LoRA with DoRA"


def test_steps_and_passes_are_those_of_the_loop():
    assert steps_of(ROWS, epochs=3, batch_size=8) == 39
    assert computed_tokens(RowSizes(100, 60, 80, shared=40), 8) == 8 * 20 + 40
    assert passes_of(RowSizes(100, 100, 140, shared=30), 8, 512) == 2
    assert passes_of(ROWS, 8, 512) == 1
    assert passes_of(RowSizes(100, 800, 900), 4, 128) == 4
