"""What a decoder layer computes, as four autograd functions that keep little and cast nothing twice.

Each is the plain formula in its forward and its derivative in its backward; `tests/unit/training/test_kernels.py` holds
each against autograd's own result in float64. Rows are tokens: every tensor is (tokens, features), without padding.

    projection   y = x W^T + b + s (x A^T) B^T, for several matrices that share x as one product (LoRA,
                 arXiv:2106.09685)
    norm         y = w x / sqrt(mean(x^2) + eps) (RMSNorm, arXiv:1910.07467)
    gated unit   y = silu(g) u, for (g, u) side by side (SwiGLU, arXiv:2002.05202)
    losses       sum of -log softmax(h W^T) at the targets, some rows at a time, so that the logits never stand whole

Attention is in `attention`. Written for any device, and run on CPUs only: no GPU was at hand.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.autograd.function import once_differentiable

LOGITS_AT_ONCE = 1 << 22  # numbers; 16 MiB in fp32


class _Projection(torch.autograd.Function):
    """`matrix()` gives (out, in) in x's type; it is called again in the backward pass, so that nothing unpacked is
    kept.

    tensors: the trained matrices (as many as `dense`), their biases (as many as `biases`), then A and B of each
    adapter. What is trained may be of a wider type than x: the wide one is the master, and gradients are given in its
    type.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        matrix: Callable[[], torch.Tensor],
        bias: torch.Tensor | None,
        scaling: float,
        counts: tuple[int, int],
        *tensors: torch.Tensor,
    ) -> torch.Tensor:
        """Return (tokens, out)."""
        dense, biases = counts
        if biases:
            bias = torch.cat([each.to(x.dtype) for each in tensors[dense : dense + biases]])
        y = torch.nn.functional.linear(x, matrix(), bias)
        down = up = inner = None
        if len(tensors) > dense + biases:
            down, up = _stacked(tensors[dense + biases :], scaling, x.dtype)
            inner = x @ down.T
            y.addmm_(inner, up.T)
        needs_x = any(ctx.needs_input_grad[5:])
        ctx.save_for_backward(x if needs_x else None, down, up, inner, *tensors)
        ctx.matrix, ctx.scaling, ctx.counts = matrix, scaling, counts
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of x and of what learns."""
        x, down, up, inner, *tensors = ctx.saved_tensors
        dense, biases = ctx.counts
        through = None if up is None else gradient @ up
        to_x = None
        if ctx.needs_input_grad[0]:
            to_x = gradient @ ctx.matrix()
            if through is not None:
                to_x.addmm_(through, down)
        found: list[torch.Tensor] = []
        if dense:
            whole = gradient.T @ x
            found += [
                part.to(each.dtype) for part, each in zip(_rows(whole, tensors[:dense]), tensors[:dense], strict=True)
            ]
        if biases:
            some = tensors[dense : dense + biases]
            found += [part.to(each.dtype) for part, each in zip(_rows(gradient.sum(0), some), some, strict=True)]
        if through is not None:
            to_down, to_up = (
                through.T @ x,
                (inner.T @ gradient).T,
            )  # the other way round, this thin product takes half as long again
            row = column = 0
            for a, b in zip(tensors[dense + biases :: 2], tensors[dense + biases + 1 :: 2], strict=True):
                rank, out = a.shape[0], b.shape[0]
                found.append(to_down[column : column + rank].to(a.dtype))
                found.append(to_up[row : row + out, column : column + rank].to(b.dtype).mul_(ctx.scaling))
                row, column = row + out, column + rank
        return to_x, None, None, None, None, *found


def _stacked(factors: Sequence[torch.Tensor], scaling: float, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return all A one below the other, (ranks, in), and s B of each on the diagonal, (out, ranks)."""
    down = torch.cat([each.to(dtype) for each in factors[::2]])
    up = factors[1].to(dtype)
    if len(factors) > 2:
        up = torch.block_diag(*(each.to(dtype) for each in factors[1::2]))  # type: ignore[no-untyped-call]
    return down, up * scaling


def _rows(whole: torch.Tensor, like: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    return torch.split(whole, [each.shape[0] for each in like])


def projection(
    x: torch.Tensor,
    matrix: Callable[[], torch.Tensor],
    *,
    bias: torch.Tensor | None = None,
    trained: Sequence[torch.Tensor] = (),
    trained_biases: Sequence[torch.Tensor] = (),
    adapters: Sequence[torch.Tensor] = (),
    scaling: float = 1.0,
) -> torch.Tensor:
    """Return x W^T + b + scaling (x A^T) B^T for x of (tokens, in). adapters:

    A, B, A, B ... of the matrices below each other.
    """
    counts = (len(trained), len(trained_biases))
    result: torch.Tensor = _Projection.apply(x, matrix, bias, scaling, counts, *trained, *trained_biases, *adapters)  # type: ignore[no-untyped-call]
    return result


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
        """Compute in fp32 at least, and round twice, as transformers does."""
        wide = _wide(x)
        scale = torch.rsqrt(_along(wide, wide) + epsilon)
        ctx.save_for_backward(x, weight, scale)
        return (wide * scale).to(x.dtype).mul_(weight.to(x.dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of x and, when it learns, of the weight."""
        x, weight, scale = ctx.saved_tensors
        normed = _wide(x) * scale
        to_weight = (_wide(gradient) * normed).sum(0).to(weight.dtype) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[0]:
            return None, to_weight, None
        inner = _wide(gradient) * weight
        return inner.addcmul_(normed, _along(inner, normed), value=-1).mul_(scale).to(x.dtype), to_weight, None


def _along(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the mean of the products of two rows, (tokens, 1), without holding the products."""
    summed: torch.Tensor = torch.linalg.vecdot(left, right)
    return summed[:, None] / left.shape[1]


def norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Return the RMS norm of each row."""
    result: torch.Tensor = _Norm.apply(x, weight, epsilon)  # type: ignore[no-untyped-call]
    return result


class _GatedUnit(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, both: torch.Tensor) -> torch.Tensor:
        """Keep only what came in."""
        ctx.save_for_backward(both)
        gate, up = both.chunk(2, dim=-1)
        return torch.nn.functional.silu(gate).mul_(up)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        """Return the gradients of both halves, side by side."""
        (both,) = ctx.saved_tensors
        gate, up = both.chunk(2, dim=-1)
        found = torch.empty_like(both)
        to_gate, to_up = found.chunk(2, dim=-1)
        torch.ops.aten.silu.out(gate, out=to_up).mul_(gradient)
        torch.mul(gradient, up, out=to_gate)
        torch.ops.aten.silu_backward.grad_input(to_gate, gate, grad_input=to_gate)
        return found


def gated_unit(both: torch.Tensor) -> torch.Tensor:
    """Return silu(g) u for the row's halves g and u."""
    result: torch.Tensor = _GatedUnit.apply(both)  # type: ignore[no-untyped-call]
    return result


class _Losses(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, at_once: int
    ) -> torch.Tensor:
        """Return the sum; the gradients are made on the way, while a piece's logits stand."""
        to_hidden = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        to_weight = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
        matrix = weight.to(hidden.dtype)
        rows = max(1, at_once // weight.shape[0])
        total = hidden.new_zeros((), dtype=_wide_type(hidden.dtype))
        for start in range(0, hidden.shape[0], rows):
            some, wanted = hidden[start : start + rows], targets[start : start + rows, None]
            logits = _wide(some @ matrix.T)
            counts = wanted >= 0
            wanted = wanted.clamp(min=0)
            logits.sub_(logits.amax(-1, keepdim=True))
            of_target = logits.gather(1, wanted)
            exponentials = logits.exp_()
            summed = exponentials.sum(-1, keepdim=True)
            total += (summed.log() - of_target).mul_(counts).sum()
            if to_hidden is None and to_weight is None:
                continue
            probabilities = exponentials.mul_(counts / summed)
            error = probabilities.scatter_add_(1, wanted, -counts.to(logits.dtype)).to(hidden.dtype)
            if to_hidden is not None:
                torch.mm(error, matrix, out=to_hidden[start : start + rows])
            if to_weight is not None:
                to_weight += error.T @ some
        ctx.found = (to_hidden, to_weight)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return what the forward pass found, scaled, once."""
        found, ctx.found = ctx.found, None
        return *(None if each is None else each.mul_(gradient) for each in found), None, None


def losses(
    hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, *, at_once: int = LOGITS_AT_ONCE
) -> torch.Tensor:
    """Return the summed cross-entropy (nats) of `targets` (rows) under the head `weight` (vocabulary, features), in
    fp32 at least.

    A negative target does not count.
    at_once: how many logits stand at a time, but for one row at least.
    """
    result: torch.Tensor = _Losses.apply(hidden, weight, targets, at_once)  # type: ignore[no-untyped-call]
    return result


def _wide_type(dtype: torch.dtype) -> torch.dtype:
    return dtype if dtype == torch.float64 else torch.float32


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.to(_wide_type(x.dtype))
