"""Each kernel equals its formula: values and gradients are those of autograd on the plain formula, in float64."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch.nn import functional

from appliance.training.kernels import LOGITS_AT_ONCE, projection, rms_norm, summed_loss, swiglu

CLOSE = {"rtol": 1e-11, "atol": 1e-11}


def draw(*shape: int, learns: bool = True, seed: int = 0) -> torch.Tensor:
    """Return random numbers in float64."""
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_(learns)


def assert_same(
    fast: Callable[[], torch.Tensor], plain: Callable[[], torch.Tensor], learning: Sequence[torch.Tensor]
) -> None:
    """Compare values, and gradients along a random direction."""
    one, other = fast(), plain()
    torch.testing.assert_close(one, other, **CLOSE)
    direction = draw(*one.shape, learns=False, seed=9)
    for gradient, expected in zip(
        torch.autograd.grad(one, learning, direction), torch.autograd.grad(other, learning, direction), strict=True
    ):
        torch.testing.assert_close(gradient, expected, **CLOSE)


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("adapters", [0, 1, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_projection(frozen: bool, adapters: int, bias: bool) -> None:
    """Several matrices as one, frozen or learning, with and without adapters and biases."""
    x = draw(7, 5)
    weights = [draw(out, 5, learns=not frozen, seed=out) for out in (4, 2, 3)]
    biases = [draw(out, learns=not frozen, seed=out) for out in (4, 2, 3)] if bias else []
    factors = [factor for out in (4, 2, 3)[:adapters] for factor in (draw(2, 5, seed=out), draw(out, 2, seed=out + 1))]
    if adapters == 1:
        weights, biases = weights[:1], biases[:1]

    def fast() -> torch.Tensor:
        return projection(
            x,
            lambda: torch.cat([weight.detach() for weight in weights]),
            bias=torch.cat(biases) if biases and frozen else None,
            trained=[] if frozen else weights,
            trained_biases=[] if frozen else biases,
            adapters=factors,
            scaling=1.5,
        )

    def plain() -> torch.Tensor:
        parts = []
        for number, weight in enumerate(weights):
            part = functional.linear(x, weight, biases[number] if biases else None)
            if adapters:
                part = part + 1.5 * (x @ factors[2 * number].T) @ factors[2 * number + 1].T
            parts.append(part)
        return torch.cat(parts, dim=-1)

    assert_same(fast, plain, [x, *factors, *([] if frozen else [*weights, *biases])])


def test_the_gradient_of_the_input_is_left_out_where_it_is_not_needed() -> None:
    """As in a first layer."""
    x, weight, lora_a, lora_b = draw(4, 5, learns=False), draw(3, 5, learns=False), draw(2, 5), draw(3, 2)
    y = projection(x, lambda: weight, adapters=[lora_a, lora_b])
    y.sum().backward()  # type: ignore[no-untyped-call]
    assert lora_a.grad is not None
    assert x.grad is None


@pytest.mark.parametrize("learns", [True, False])
def test_rms_norm(learns: bool) -> None:
    """w x / sqrt(mean(x²) + eps)."""
    x, weight = draw(6, 8), draw(8, learns=learns)
    assert_same(
        lambda: rms_norm(x, weight, 1e-5),
        lambda: weight * x / torch.sqrt(x.square().mean(-1, keepdim=True) + 1e-5),
        [x, weight] if learns else [x],
    )


def test_swiglu() -> None:
    """silu(g) u."""
    gate_up = draw(6, 10)
    assert_same(lambda: swiglu(gate_up), lambda: functional.silu(gate_up[:, :5]) * gate_up[:, 5:], [gate_up])


@pytest.mark.parametrize("at_once", [1, 20, 10_000])
@pytest.mark.parametrize("head_learns", [True, False])
def test_the_summed_loss_in_chunks(at_once: int, head_learns: bool) -> None:
    """One row at a time, some, or all: the same sum and gradients."""
    hidden, weight, targets = draw(7, 4), draw(9, 4, learns=head_learns), torch.tensor([0, 8, 3, 3, 1, 5, 2])
    assert_same(
        lambda: summed_loss(hidden, weight, targets, at_once=at_once),
        lambda: functional.cross_entropy(hidden @ weight.T, targets, reduction="sum"),
        [hidden, weight] if head_learns else [hidden],
    )


def test_memory_never_holds_all_logits() -> None:
    """The largest matrix has the rows of a chunk."""
    hidden, weight = torch.randn(600, 4, requires_grad=True), torch.randn(50_000, 4)
    with torch.profiler.profile(record_shapes=True) as seen:
        summed_loss(hidden, weight, torch.zeros(600, dtype=torch.long)).backward()  # type: ignore[no-untyped-call]
    rows = {
        shape[0]
        for event in seen.events()
        for shape in event.input_shapes or []
        if len(shape) == 2 and shape[1] == 50_000
    }
    assert rows
    assert max(rows) <= LOGITS_AT_ONCE // 50_000


def test_fp32_parameters_beside_bf16_activations_get_fp32_gradients() -> None:
    """They are the master copies."""
    x = torch.randn(4, 6, dtype=torch.bfloat16)
    weight, lora_a, lora_b = (torch.randn(*shape, requires_grad=True) for shape in ((3, 6), (2, 6), (3, 2)))
    y = projection(x, lambda: weight.detach().bfloat16(), trained=[weight], adapters=[lora_a, lora_b])
    assert y.dtype == torch.bfloat16
    y.float().sum().backward()  # type: ignore[no-untyped-call]
    for tensor in (weight, lora_a, lora_b):
        assert tensor.grad is not None
        assert tensor.grad.dtype == torch.float32
