"""Parameter counts are exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.planning import ModelShape, adapter_parameters, compare_adapter, matrix_parameters

SMOLLM2_135M = {
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "intermediate_size": 1536,
    "vocab_size": 49152,
    "tie_word_embeddings": True,
}


def test_a_thousand_by_a_thousand_at_rank_three():
    count = compare_adapter(1000, 1000, 3)
    assert (count.full, count.adapter) == (1_000_000, 6_000)
    assert count.times_smaller == pytest.approx(166.67, abs=0.01)


@given(rows=st.integers(1, 5000), columns=st.integers(1, 5000), rank=st.integers(1, 64))
def test_an_adapter_has_a_number_for_each_entry_of_its_two_factors(rows, columns, rank):
    if rank > min(rows, columns):
        with pytest.raises(InputError, match="rank"):
            adapter_parameters(rows, columns, rank)
    else:
        assert adapter_parameters(rows, columns, rank) == rows * rank + rank * columns


@pytest.mark.parametrize(("rows", "columns"), [(0, 5), (5, -1), (10**8, 5)])
def test_impossible_sides_are_refused(rows, columns):
    with pytest.raises(InputError, match="must be between"):
        matrix_parameters(rows, columns)


def test_the_starter_model_is_counted_to_the_last_number():
    shape = ModelShape.from_config(SMOLLM2_135M)
    assert shape.parameters == 134_515_008
    assert shape.adapter_parameters(16) == 4_884_480


def test_an_untied_head_counts_twice():
    tied, untied = (
        ModelShape.from_config(SMOLLM2_135M),
        ModelShape.from_config({**SMOLLM2_135M, "tie_word_embeddings": False}),
    )
    assert untied.parameters - tied.parameters == 576 * 49152


@pytest.mark.parametrize("value", [None, 0, "576", True, 2.5])
def test_a_configuration_without_a_usable_size_is_refused(value):
    with pytest.raises(InputError, match="hidden_size"):
        ModelShape.from_config({**SMOLLM2_135M, "hidden_size": value})


def test_a_model_is_the_sum_of_its_matrices():
    for tied in (True, False):
        shape = ModelShape.from_config({**SMOLLM2_135M, "tie_word_embeddings": tied})
        layers = shape.by_layer(16)
        assert sum(layer.copies * layer.full for layer in layers) == shape.parameters
        assert sum(layer.copies * layer.adapter for layer in layers) == 4_884_480
        assert ("head" in [str(layer.name) for layer in layers]) is not tied


def test_qwen_has_biases_that_its_configuration_does_not_name():
    """Qwen2.5-0.5B, as published: 494,032,768."""
    config = {
        "hidden_size": 896,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "intermediate_size": 4864,
    }
    shape = ModelShape.from_config({**config, "vocab_size": 151936, "tie_word_embeddings": True, "model_type": "qwen2"})
    assert shape.parameters == 494_032_768
    llama = ModelShape.from_config(
        {**config, "vocab_size": 151936, "tie_word_embeddings": True, "attention_bias": True}
    )
    assert llama.parameters - shape.parameters == 24 * 896


def test_every_bias_is_counted():
    """By hand: two layers of width 64, feed-forward 128, 4 heads of 16, 2 for keys; 259 tokens, an own head."""
    config = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 128,
    }
    shape = ModelShape.from_config({**config, "vocab_size": 259, "attention_bias": True, "mlp_bias": True})
    attention, feed_forward = 2 * (64 * 64 + 64) + 2 * (32 * 64 + 32), 2 * (128 * 64 + 128) + 64 * 128 + 64
    assert shape.block_parameters == attention + feed_forward + 2 * 64
    assert shape.parameters == 2 * shape.block_parameters + 64 + 2 * 259 * 64


@pytest.mark.parametrize(("rank", "adapter"), [(3, 6_000), (2, 4_000)])
def test_the_example_of_the_papers(rank, adapter):
    """1000 x 1000, by hand."""
    assert adapter_parameters(1000, 1000, rank) == adapter
