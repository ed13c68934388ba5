"""Attention over a packed pass on a GPU: every example in one call of the flash kernel for sequences of any length
(arXiv:2307.08691).

What meets what is as in `attention`: queries are an example's own rows, keys the shared beginning's rows and its own.
The kernel takes sequences one behind the other, so the beginning's keys and values are gathered once for each example
(queries, the feed-forward part and the head never see that copy), and its causal mask stands at the end of both: the
last query sees the last key.

Written for GPUs and not run on one: none was at hand. The tests put torch's documented contract of `varlen_attn`,
written out plainly, in the kernel's place, and compare values and gradients with `attention`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn.attention.varlen import varlen_attn

from appliance.training.attention import Heads, turned

KERNEL_TYPES = (torch.bfloat16, torch.float16)
KERNEL_WIDTH, KERNEL_STEP = 256, 8  # numbers of a head, at most, and a multiple of this


def has_kernel(device: torch.device, dtype: torch.dtype, heads: Heads) -> bool:
    """Return whether torch's kernel computes this: a GPU's alone does, in 16 bits."""
    return (
        device.type == "cuda"
        and dtype in KERNEL_TYPES
        and heads.width <= KERNEL_WIDTH
        and heads.width % KERNEL_STEP == 0
    )


@dataclass(frozen=True)
class Sequences:
    """The sequences of a pass. keys: the row of each key; query_ends, key_ends: (n + 1) int32, where each begins and
    the last ends.
    """

    keys: torch.Tensor
    query_ends: torch.Tensor
    key_ends: torch.Tensor
    longest_query: int
    longest_key: int

    @classmethod
    def of(cls, shared: int, lengths: Sequence[int], spare: int, device: torch.device) -> "Sequences":
        """Return those of `shared` rows of beginning, of examples with rows of their own (lengths), and of `spare` rows
        of padding.
        """
        queries = [length for length in (shared, *lengths, spare) if length]
        beginning = torch.arange(shared, device=device)
        keys: list[torch.Tensor] = []
        at = 0
        for length in queries:
            own = torch.arange(at, at + length, device=device)
            example = shared <= at < shared + sum(lengths)
            keys.append(torch.cat([beginning, own]) if example else own)
            at += length
        counts = [len(each) for each in keys]
        return cls(torch.cat(keys), _ends(queries, device), _ends(counts, device), max(queries), max(counts))


def _ends(lengths: Sequence[int], device: torch.device) -> torch.Tensor:
    return torch.tensor([0, *accumulate(lengths)], dtype=torch.int32, device=device)


class _Turning(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, heads: Heads) -> torch.Tensor:
        """Turn queries and keys by their positions' angles."""
        ctx.save_for_backward(cos, sin)
        ctx.heads = heads
        return turned(qkv, cos, sin, heads)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Turn back: the derivative of a rotation is its inverse."""
        cos, sin = ctx.saved_tensors
        return turned(gradient.contiguous(), cos, -sin, ctx.heads), None, None, None


def varlen_attention(
    qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, sequences: Sequences, heads: Heads
) -> torch.Tensor:
    """Return what `attention` returns, (tokens, queries * width), for the same qkv, cos and sin."""
    rows: torch.Tensor = _Turning.apply(qkv, cos, sin, heads)  # type: ignore[no-untyped-call]
    rows = rows.view(qkv.shape[0], -1, heads.width)
    both = rows[:, heads.queries :].index_select(0, sequences.keys)
    out: torch.Tensor = varlen_attn(  # type: ignore[assignment]
        rows[:, : heads.queries].contiguous(),
        both[:, : heads.keys].contiguous(),
        both[:, heads.keys :].contiguous(),
        sequences.query_ends,
        sequences.key_ends,
        sequences.longest_query,
        sequences.longest_key,
        scale=heads.scaling,
        window_size=(-1 if heads.window is None else heads.window - 1, 0),
        enable_gqa=True,
    )
    return out.flatten(1)
