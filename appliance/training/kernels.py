"""The operations of a decoder layer as four autograd functions that keep little and cast nothing twice.

Each is the plain formula in its forward pass and its derivative in its backward pass;
`tests/unit/training/test_kernels.py` compares each with autograd's own result in float64. Rows are tokens: every tensor
is (tokens, features), without padding.

    projection      y = x W^T + b + s (x A^T) B^T, for several matrices that share x as one product (LoRA,
                    arXiv:2106.09685)
    rms_norm        y = w x / sqrt(mean(x^2) + eps) (RMSNorm, arXiv:1910.07467)
    swiglu          y = silu(g) u, for g and u side by side (SwiGLU, arXiv:2002.05202)
    summed_loss     sum of -log softmax(h W^T) at the targets, in chunks, so that memory never holds all logits

Attention is in `attention`. The code runs on any device, but has been run on CPUs only: no GPU was available.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional

LOGITS_AT_ONCE = 1 << 22  # numbers; 16 MiB in fp32


class _Projection(torch.autograd.Function):
    """`weight()` returns W (out, in) in the type of x; the backward pass calls it again, so nothing unpacked is kept.

    tensors: the trained weights, their biases, then A and B of each adapter; `counts` says how many weights and biases
    there are. Trained tensors may have a wider type than x: they are the master copies, and their gradients have that
    type.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: Callable[[], torch.Tensor],
        bias: torch.Tensor | None,
        scaling: float,
        counts: tuple[int, int],
        *tensors: torch.Tensor,
    ) -> torch.Tensor:
        """Return (tokens, out)."""
        weights, biases = counts
        if biases:
            bias = torch.cat([tensor.to(x.dtype) for tensor in tensors[weights : weights + biases]])
        y = functional.linear(x, weight(), bias)
        lora_a = lora_b = inner = None
        if len(tensors) > weights + biases:
            lora_a, lora_b = _stacked(tensors[weights + biases :], scaling, x.dtype)
            inner = x @ lora_a.T
            y.addmm_(inner, lora_b.T)
        needs_x = any(ctx.needs_input_grad[5:])
        ctx.save_for_backward(x if needs_x else None, lora_a, lora_b, inner, *tensors)
        ctx.weight, ctx.scaling, ctx.counts = weight, scaling, counts
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of x and of the trained tensors."""
        x, lora_a, lora_b, inner, *tensors = ctx.saved_tensors
        weights, biases = ctx.counts
        grad_inner = None if lora_b is None else grad_output @ lora_b
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = grad_output @ ctx.weight()
            if grad_inner is not None:
                grad_x.addmm_(grad_inner, lora_a)
        grads: list[torch.Tensor] = []
        if weights:
            grads += _split_rows(grad_output.T @ x, tensors[:weights])
        if biases:
            grads += _split_rows(grad_output.sum(0), tensors[weights : weights + biases])
        if grad_inner is not None:
            grad_a = grad_inner.T @ x
            grad_b = (inner.T @ grad_output).T  # the transposed product, thin as it is, takes half as long again
            row = column = 0
            for a, b in zip(tensors[weights + biases :: 2], tensors[weights + biases + 1 :: 2], strict=True):
                rank, out = a.shape[0], b.shape[0]
                grads.append(grad_a[column : column + rank].to(a.dtype))
                grads.append(grad_b[row : row + out, column : column + rank].to(b.dtype).mul_(ctx.scaling))
                row, column = row + out, column + rank
        return grad_x, None, None, None, None, *grads


def _stacked(factors: Sequence[torch.Tensor], scaling: float, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return every A below each other, (ranks, in), and every s B on a block diagonal, (out, ranks)."""
    lora_a = torch.cat([factor.to(dtype) for factor in factors[::2]])
    lora_b = factors[1].to(dtype)
    if len(factors) > 2:
        lora_b = torch.block_diag(*(factor.to(dtype) for factor in factors[1::2]))  # type: ignore[no-untyped-call]
    return lora_a, lora_b * scaling


def _split_rows(grad: torch.Tensor, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the gradient's rows of each tensor, in its type."""
    parts = torch.split(grad, [tensor.shape[0] for tensor in tensors])
    return [part.to(tensor.dtype) for part, tensor in zip(parts, tensors, strict=True)]


def projection(
    x: torch.Tensor,
    weight: Callable[[], torch.Tensor],
    *,
    bias: torch.Tensor | None = None,
    trained: Sequence[torch.Tensor] = (),
    trained_biases: Sequence[torch.Tensor] = (),
    adapters: Sequence[torch.Tensor] = (),
    scaling: float = 1.0,
) -> torch.Tensor:
    """Return x W^T + b + scaling (x A^T) B^T, (tokens, out), for x (tokens, in).

    adapters: A, B, A, B ... of the matrices that are stacked in W.
    """
    counts = (len(trained), len(trained_biases))
    y: torch.Tensor = _Projection.apply(x, weight, bias, scaling, counts, *trained, *trained_biases, *adapters)  # type: ignore[no-untyped-call]
    return y


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
        """Compute in fp32 at least, and round twice, as transformers does."""
        wide = _wide(x)
        scale = torch.rsqrt(_mean_product(wide, wide) + epsilon)
        ctx.save_for_backward(x, weight, scale)
        return (wide * scale).to(x.dtype).mul_(weight.to(x.dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradient of x, and that of the weight if it learns."""
        x, weight, scale = ctx.saved_tensors
        normed = _wide(x) * scale
        grad_weight = (_wide(grad_output) * normed).sum(0).to(weight.dtype) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[0]:
            return None, grad_weight, None
        grad_normed = _wide(grad_output) * weight
        mean = _mean_product(grad_normed, normed)
        return grad_normed.addcmul_(normed, mean, value=-1).mul_(scale).to(x.dtype), grad_weight, None


def _mean_product(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the mean product of each pair of rows, (tokens, 1), without storing the products."""
    summed: torch.Tensor = torch.linalg.vecdot(left, right)
    return summed[:, None] / left.shape[1]


def rms_norm(x: torch.Tensor, weight: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Return the RMS norm of each row."""
    y: torch.Tensor = _RMSNorm.apply(x, weight, epsilon)  # type: ignore[no-untyped-call]
    return y


class _SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate_up: torch.Tensor) -> torch.Tensor:
        """Keep only the input."""
        ctx.save_for_backward(gate_up)
        gate, up = gate_up.chunk(2, dim=-1)
        return functional.silu(gate).mul_(up)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: torch.Tensor) -> torch.Tensor:
        """Return the gradients of both halves, side by side."""
        (gate_up,) = ctx.saved_tensors
        gate, up = gate_up.chunk(2, dim=-1)
        grad_gate_up = torch.empty_like(gate_up)
        grad_gate, grad_up = grad_gate_up.chunk(2, dim=-1)
        with torch.enable_grad():  # torch has no other public function for the derivative of silu
            gate = gate.detach().requires_grad_()
            activated = functional.silu(gate)
        torch.mul(grad_output, activated.detach(), out=grad_up)
        torch.mul(grad_output, up, out=grad_gate)
        grad_gate.copy_(torch.autograd.grad(activated, gate, grad_gate)[0])
        return grad_gate_up


def swiglu(gate_up: torch.Tensor) -> torch.Tensor:
    """Return silu(g) u for the halves g and u of each row."""
    y: torch.Tensor = _SwiGLU.apply(gate_up)  # type: ignore[no-untyped-call]
    return y


class _SummedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden_states: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, at_once: int
    ) -> torch.Tensor:
        """Return the sum; the gradients are computed here too, while the logits of a chunk are in memory."""
        grad_hidden = torch.empty_like(hidden_states) if ctx.needs_input_grad[0] else None
        grad_weight = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
        head = weight.to(hidden_states.dtype)
        rows = max(1, at_once // weight.shape[0])
        total = hidden_states.new_zeros((), dtype=_wide_type(hidden_states.dtype))
        for start in range(0, hidden_states.shape[0], rows):
            chunk, target = hidden_states[start : start + rows], targets[start : start + rows, None]
            logits = _wide(chunk @ head.T)
            counted = target >= 0
            target = target.clamp(min=0)
            logits.sub_(logits.amax(-1, keepdim=True))
            target_logits = logits.gather(1, target)
            exponentials = logits.exp_()
            summed = exponentials.sum(-1, keepdim=True)
            total += (summed.log() - target_logits).mul_(counted).sum()
            if grad_hidden is None and grad_weight is None:
                continue
            probabilities = exponentials.mul_(counted / summed)
            grad_logits = probabilities.scatter_add_(1, target, -counted.to(logits.dtype)).to(hidden_states.dtype)
            if grad_hidden is not None:
                torch.mm(grad_logits, head, out=grad_hidden[start : start + rows])
            if grad_weight is not None:
                grad_weight += grad_logits.T @ chunk
        ctx.grads = (grad_hidden, grad_weight)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of the forward pass, scaled; once."""
        grads, ctx.grads = ctx.grads, None
        return *(None if grad is None else grad.mul_(grad_output) for grad in grads), None, None


def summed_loss(
    hidden_states: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor, *, at_once: int = LOGITS_AT_ONCE
) -> torch.Tensor:
    """Return the summed cross-entropy (nats) of `targets` (rows) under the head `weight` (vocabulary, features).

    The sum is in fp32 at least. Negative targets do not count. at_once: logits in memory at a time (at least one row).
    """
    total: torch.Tensor = _SummedLoss.apply(hidden_states, weight, targets, at_once)  # type: ignore[no-untyped-call]
    return total


def _wide_type(dtype: torch.dtype) -> torch.dtype:
    return dtype if dtype == torch.float64 else torch.float32


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.to(_wide_type(x.dtype))
