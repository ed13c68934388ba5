"""Packing only changes the speed: losses and gradients are those of each example alone."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_llama import SIZES, make_examples, make_loaded, tiny_config
from torch.nn import functional
from transformers import MistralConfig, Qwen2Config

from appliance.training.attention import LONG
from appliance.training.examples import TokenizedExample
from appliance.training.methods import LoadedModel
from appliance.training.packed_passes import packed_passes, shared_beginning

Gradients = dict[str, torch.Tensor]
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def gradients_of(loaded: LoadedModel) -> Gradients:
    """Return a copy of the gradients."""
    return {name: parameter.grad.clone() for name, parameter in loaded.trainable.items() if parameter.grad is not None}


def naive(loaded: LoadedModel, examples: list[TokenizedExample]) -> tuple[float, Gradients]:
    """Return loss and gradients of each example alone, with all logits and the library's own causal mask."""
    loaded.causal.zero_grad()
    total = torch.zeros((), dtype=torch.float64)
    for example in examples:
        ids = torch.tensor([example.input_ids])
        logits = loaded.causal(input_ids=ids, use_cache=False).logits[0, :-1]
        targets = torch.tensor(
            [token if counts else -100 for token, counts in zip(example.input_ids, example.loss_mask, strict=True)]
        )[1:]
        total = total + functional.cross_entropy(logits, targets, ignore_index=-100, reduction="sum")
    total.backward()
    return float(total.detach()), gradients_of(loaded)


def packed(loaded: LoadedModel, examples: list[TokenizedExample], **options: int) -> tuple[float, Gradients, int]:
    """Return loss, gradients and the number of tokens that went through the model."""
    loaded.causal.zero_grad()
    value, computed = 0.0, 0
    for packed_pass in packed_passes(examples, shared=shared_beginning(examples), **options):
        loss = loaded.summed_loss(packed_pass)
        loss.backward()  # type: ignore[no-untyped-call]
        value, computed = value + float(loss.detach()), computed + packed_pass.input_ids.numel()
    return value, gradients_of(loaded), computed


def assert_exact(loaded: LoadedModel, examples: list[TokenizedExample], **options: int) -> None:
    """Compare packed passes with each example alone."""
    expected, expected_gradients = naive(loaded, examples)
    value, gradients, _ = packed(loaded, examples, **options)
    assert value == pytest.approx(expected, rel=1e-9)
    assert gradients.keys() == expected_gradients.keys() == loaded.trainable.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected_gradients[name], **CLOSE)


@pytest.mark.parametrize("shared", [0, 1, 6, 20])
@pytest.mark.parametrize("pass_tokens", [1, 64, 10_000])
def test_gradients_are_those_of_each_example_alone(
    adapted: Callable[..., LoadedModel], shared: int, pass_tokens: int
) -> None:
    """To nine digits, for uneven lengths, several turns, any common beginning and any size of pass."""
    assert_exact(adapted(), make_examples(7, shared=shared), pass_tokens=pass_tokens)


METHOD_OPTIONS: dict[str, dict[str, object]] = {
    "lora": {},
    "rslora": {"use_rslora": True},
    "dora": {"use_dora": True},
    "full": {"method": "full"},
    "last-layers": {"method": "last-layers", "last_layers": 1},
    "last-layers-head": {"method": "last-layers", "last_layers": 1, "train_head": True},
    "all-layers": {"method": "last-layers", "last_layers": 2},
}
CONFIGURATIONS = {
    "tied": tiny_config(),
    "own head": tiny_config(tie_word_embeddings=False),
    "mistral": MistralConfig(**SIZES, sliding_window=None, head_dim=16),
    "mistral, a window": MistralConfig(**SIZES, sliding_window=9, head_dim=16),
    "qwen2": Qwen2Config(**SIZES),
    "a window that the library ignores": tiny_config(sliding_window=9),
    "biases": tiny_config(attention_bias=True, mlp_bias=True),
}


@pytest.mark.parametrize("kind", METHOD_OPTIONS)
@pytest.mark.parametrize("checkpointing", [False, True])
def test_each_method_is_exact(kind: str, checkpointing: bool) -> None:
    """With activations kept or computed again."""
    loaded = make_loaded(**METHOD_OPTIONS[kind], activation_checkpointing=checkpointing)
    assert_exact(loaded, make_examples(7), pass_tokens=80)


@pytest.mark.parametrize("architecture", CONFIGURATIONS)
@pytest.mark.parametrize("kind", ["lora", "full", "last-layers-head"])
def test_each_architecture_is_exact(architecture: str, kind: str) -> None:
    """Biases, windows, separate heads; a bias that starts at zero still has a gradient."""
    loaded = make_loaded(**METHOD_OPTIONS[kind], config=CONFIGURATIONS[architecture])
    assert_exact(loaded, make_examples(5))


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0, 20])
@pytest.mark.parametrize("window", [None, 9])
def test_long_examples_are_exact(window: int | None, shared: int) -> None:
    """Examples with fused attention beside short ones, with a mask or with plain causality."""
    loaded = make_loaded(config=MistralConfig(**SIZES, sliding_window=window, head_dim=16))
    examples = make_examples(3, shared=shared) + make_examples(3, shared=shared, longest=2 * LONG)
    assert (
        min(len(example.input_ids) for example in examples)
        < LONG
        < max(len(example.input_ids) for example in examples) - shared
    )
    assert_exact(loaded, examples, pass_tokens=10_000)


def test_exact_before_and_after_a_validation_pass(adapted: Callable[..., LoadedModel]) -> None:
    """It leaves no trace."""
    loaded, examples = adapted(), make_examples(7)
    _, before, _ = packed(loaded, examples)
    with torch.no_grad():
        loaded.causal.eval()
        for packed_pass in packed_passes(make_examples(4, seed=3), shared=0):
            loaded.summed_loss(packed_pass)
        loaded.causal.train()
    _, after, _ = packed(loaded, examples)
    for name, gradient in before.items():
        assert torch.equal(gradient, after[name])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: the GPU path was not run")
def test_exact_on_a_gpu(adapted: Callable[..., LoadedModel]) -> None:
    """The same passes on another device."""
    loaded = adapted()
    examples = make_examples(7)
    expected, expected_gradients = naive(loaded, examples)
    loaded.causal.to("cuda")
    value, gradients, _ = packed(loaded, examples)
    assert value == pytest.approx(expected, rel=1e-9)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient.cpu(), expected_gradients[name], **CLOSE)


def test_a_shared_beginning_is_computed_once_a_pass_and_nothing_is_padded(adapted: Callable[..., LoadedModel]) -> None:
    """One beginning and the rests go through the model."""
    examples = make_examples(8, shared=20)
    _, _, computed = packed(adapted(), examples, pass_tokens=10_000)
    assert computed == 20 + sum(len(example.input_ids) - 20 for example in examples)


def test_examples_do_not_see_each_other(adapted: Callable[..., LoadedModel]) -> None:
    """Changing one example leaves the losses of the others unchanged."""
    loaded = adapted()
    first, second = make_examples(2)
    other = TokenizedExample(tuple(reversed(second.input_ids[6:])), second.loss_mask[6:])
    other = TokenizedExample((*second.input_ids[:6], *other.input_ids), second.loss_mask)
    alone = packed(loaded, [first])[0]
    for neighbour in (second, other):
        assert packed(loaded, [first, neighbour])[0] - packed(loaded, [neighbour])[0] == pytest.approx(alone, rel=1e-9)


@given(st.integers(1, 9), st.integers(0, 12), st.integers(1, 200), st.integers(0, 1000))
def test_every_learned_token_is_predicted_exactly_once(count: int, shared: int, pass_tokens: int, seed: int) -> None:
    """From the position before it, in any passes."""
    examples = make_examples(count, shared=shared, seed=seed)
    common = shared_beginning(examples)
    passes = list(packed_passes(examples, shared=common, pass_tokens=pass_tokens))
    learned = sorted(
        token
        for example in examples
        for token, counts in zip(example.input_ids, example.loss_mask, strict=True)
        if counts
    )
    assert sorted(token for packed_pass in passes for token in packed_pass.targets.tolist()) == learned
    for packed_pass in passes:
        positions, ids = packed_pass.position_ids[0], packed_pass.input_ids[0]
        following = packed_pass.predicting + 1
        inside = following < len(ids)
        same = positions[following[inside]] == positions[packed_pass.predicting[inside]] + 1
        # An example's first token is predicted from the shared beginning, which another example may follow in the row.
        assert torch.equal(ids[following[inside]][same], packed_pass.targets[inside][same])


def test_the_shared_beginning_ends_before_the_first_prediction() -> None:
    """Each example predicts its own first token from its own last prompt token."""
    examples = [TokenizedExample((1, 2, 3, 4, 5, 6, token), (False,) * 6 + (True,)) for token in (7, 8)]
    assert shared_beginning(examples) == 5


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_examples_share_nothing(count: int) -> None:
    assert shared_beginning(make_examples(count)) == 0
