"""Attention over a packed pass on a GPU: every example in one call of the flash kernel (arXiv:2307.08691).

The rows that meet are those of `attention`: an example's queries, and the keys of the shared beginning and of the
example. The kernel takes sequences of any length, one after another, so the beginning's keys and values are gathered
once for each example (queries, the feed-forward part and the head need no copy). Its causal mask is aligned to the end:
the last query sees the last key.

Written for GPUs and not run on one: none was available. The tests replace the kernel by a plain implementation of the
documented contract of `varlen_attn`, and compare values and gradients with `attention`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn.attention.varlen import varlen_attn

from appliance.training.attention import Heads, apply_rotary

KERNEL_TYPES = (torch.bfloat16, torch.float16)
MAX_HEAD_DIM, HEAD_DIM_STEP = 256, 8  # of the kernel: the largest size of a head, and what it must be a multiple of


def has_kernel(device: torch.device, dtype: torch.dtype, heads: Heads) -> bool:
    """Return whether torch's kernel supports this: on a GPU, in 16 bits."""
    return (
        device.type == "cuda"
        and dtype in KERNEL_TYPES
        and heads.head_dim <= MAX_HEAD_DIM
        and heads.head_dim % HEAD_DIM_STEP == 0
    )


@dataclass(frozen=True)
class Sequences:
    """The sequences of a pass, named as the kernel's parameters.

    key_rows: the row of each key. cu_seq_q, cu_seq_k: (n + 1) int32, where each sequence begins and the last one ends.
    """

    key_rows: torch.Tensor
    cu_seq_q: torch.Tensor
    cu_seq_k: torch.Tensor
    max_q: int
    max_k: int

    @classmethod
    def of(cls, shared: int, lengths: Sequence[int], padding: int, device: torch.device) -> "Sequences":
        """Return those of a pass: `shared` rows of beginning, each example's own rows (lengths), rows of padding."""
        query_lengths = [length for length in (shared, *lengths, padding) if length]
        beginning = torch.arange(shared, device=device)
        key_rows: list[torch.Tensor] = []
        start = 0
        for length in query_lengths:
            own = torch.arange(start, start + length, device=device)
            example = shared <= start < shared + sum(lengths)
            key_rows.append(torch.cat([beginning, own]) if example else own)
            start += length
        key_lengths = [len(rows) for rows in key_rows]
        return cls(
            torch.cat(key_rows),
            _cumulative(query_lengths, device),
            _cumulative(key_lengths, device),
            max(query_lengths),
            max(key_lengths),
        )


def _cumulative(lengths: Sequence[int], device: torch.device) -> torch.Tensor:
    return torch.tensor([0, *accumulate(lengths)], dtype=torch.int32, device=device)


class _Rotary(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, heads: Heads) -> torch.Tensor:
        """Rotate queries and keys by their positions' angles."""
        ctx.save_for_backward(cos, sin)
        ctx.heads = heads
        return apply_rotary(qkv, cos, sin, heads)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Rotate back: the derivative of a rotation is its inverse."""
        cos, sin = ctx.saved_tensors
        return apply_rotary(grad_output.contiguous(), cos, -sin, ctx.heads), None, None, None


def varlen_attention(
    qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, sequences: Sequences, heads: Heads
) -> torch.Tensor:
    """Return what `attention` returns, (tokens, num_heads * head_dim), for the same qkv, cos and sin."""
    rotated: torch.Tensor = _Rotary.apply(qkv, cos, sin, heads)  # type: ignore[no-untyped-call]
    rotated = rotated.view(qkv.shape[0], -1, heads.head_dim)
    key_value = rotated[:, heads.num_heads :].index_select(0, sequences.key_rows)
    window = -1 if heads.sliding_window is None else heads.sliding_window - 1
    out: torch.Tensor = varlen_attn(  # type: ignore[assignment]
        rotated[:, : heads.num_heads].contiguous(),
        key_value[:, : heads.num_kv_heads].contiguous(),
        key_value[:, heads.num_kv_heads :].contiguous(),
        sequences.cu_seq_q,
        sequences.cu_seq_k,
        sequences.max_q,
        sequences.max_k,
        scale=heads.scaling,
        window_size=(window, 0),
        enable_gqa=True,
    )
    return out.flatten(1)
