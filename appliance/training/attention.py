"""Attention over a packed pass: the shared beginning once, then each example against the beginning and itself; no token
meets another's.

    q, k, v = rope(x Wq), rope(x Wk), x Wv              rope: RoFormer, arXiv:2104.09864
    o = softmax(q k^T / sqrt(d)) v                      each example's queries; keys: the beginning's and its own, up to
                                                        the query

Examples of like length make a block: padded to its longest, computed as one batched product. A padded key stands behind
every query that counts, so causality alone keeps it out; a padded query's gradient is zero. Heads that share keys
(grouped-query attention, arXiv:2305.13245) are rows of one product, so keys are not repeated. The cost is that of each
example alone: linear in their number.

Short blocks keep their probabilities for the backward pass. Long ones compute them again in pieces (torch's fused
attention), so memory is linear in an example's length. This is for CPUs, and for what the kernel of `varlen_attention`
does not take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional

LONG = 384  # tokens of an example's own, from which on the fused attention is used
LIKE = 0.75  # of a block's longest
LIKE_LENGTHS = 16  # blocks are padded to multiples of it: see `decoder.LIKE_ROWS`
BLOCK_TOKENS = 2048  # of a block, padding counted


@dataclass(frozen=True)
class Heads:
    """How a row of q, k and v side by side is made up, and how scores are scaled. window: how far back a token sees,
    itself counted.
    """

    queries: int
    keys: int
    width: int
    scaling: float
    window: int | None


@dataclass(frozen=True)
class _Block:
    """Rows `start` to `end` of a pass: examples (n), padded to `longest` (or a little more) each, behind the pass's
    first `shared` rows.

    places: where each row stands among the padded ones (None: nothing is padded). blocked: (longest, shared + longest),
    True where a query may not see a key.
    """

    start: int
    end: int
    count: int
    longest: int
    shared: int
    places: torch.Tensor | None
    blocked: torch.Tensor

    @classmethod
    def of(cls, start: int, lengths: Sequence[int], shared: int, window: int | None, device: torch.device) -> "_Block":
        longest = -(-max(lengths) // LIKE_LENGTHS) * LIKE_LENGTHS
        query = torch.arange(longest, device=device)[:, None] + shared
        key = torch.arange(shared + longest, device=device)[None, :]
        blocked = key > query if window is None else (key > query) | (key <= query - window)
        places = None
        if min(lengths) < longest:
            places = torch.cat(
                [torch.arange(length, device=device) + number * longest for number, length in enumerate(lengths)]
            )
        return cls(start, start + sum(lengths), len(lengths), longest, shared, places, blocked)

    def spread(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the block's rows with zeros between: (n * longest, features)."""
        own = rows[self.start : self.end]
        if self.places is None:
            return own
        return own.new_zeros(self.count * self.longest, own.shape[1]).index_copy_(0, self.places, own)

    def gathered(self, spread: torch.Tensor) -> torch.Tensor:
        """Undo `spread`."""
        return spread if self.places is None else spread.index_select(0, self.places)


def attention_blocks(shared: int, lengths: Sequence[int], window: int | None, device: torch.device) -> list[_Block]:
    """Return which rows of a pass meet: the beginning's, then the examples' (lengths: of their own rows, in the order
    of the rows).
    """
    blocks = [_Block.of(0, (shared,), 0, window, device)] if shared else []
    at, first = shared, 0
    while first < len(lengths):
        longest = shortest = lengths[first]
        last = first + 1
        while last < len(lengths):
            longest, shortest = max(longest, lengths[last]), min(shortest, lengths[last])
            if shortest < LIKE * longest or (last + 1 - first) * longest > BLOCK_TOKENS:
                break
            last += 1
        block = _Block.of(at, lengths[first:last], shared, window, device)
        blocks.append(block)
        at, first = block.end, last
    return blocks


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, blocks: list[_Block], heads: Heads
    ) -> torch.Tensor:
        """Return (tokens, queries * width)."""
        rows = turned(qkv, cos, sin, heads)
        result = qkv.new_zeros(qkv.shape[0], heads.queries * heads.width)  # rows in no block are padding
        kept = []
        for block in blocks:
            query, key, value = _split(rows, block, heads)
            if block.longest >= LONG:
                probabilities, out = None, _fused(query, key, value, block, heads)
            else:
                scores = torch.bmm(query, key.transpose(1, 2)).mul_(heads.scaling)
                grouped = scores.view(-1, block.longest, scores.shape[-1])
                probabilities = grouped.masked_fill_(block.blocked, -torch.inf).softmax(-1).view_as(scores)
                out = torch.bmm(probabilities, value)
            kept.append(probabilities)
            result[block.start : block.end] = block.gathered(_rows_of(out, block, heads))
        ctx.save_for_backward(rows, cos, sin, *kept)
        ctx.blocks, ctx.heads = blocks, heads
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradient of q, k and v, side by side."""
        rows, cos, sin, *kept = ctx.saved_tensors
        heads: Heads = ctx.heads
        found = torch.zeros_like(rows)
        for block, probabilities in zip(reversed(ctx.blocks), reversed(kept), strict=True):
            query, key, value = _split(rows, block, heads)
            to_out = _queries(block.spread(gradient).view(block.count, block.longest, -1, heads.width), heads)
            if probabilities is None:
                with torch.enable_grad():
                    query, key, value = (each.detach().requires_grad_() for each in (query, key, value))
                    out = _fused(query, key, value, block, heads)
                    to_query, to_key, to_value = torch.autograd.grad(out, (query, key, value), to_out)
            else:
                to_value = torch.bmm(probabilities.transpose(1, 2), to_out)
                to_scores = torch.bmm(to_out, value.transpose(1, 2))
                to_scores = torch.ops.aten._softmax_backward_data(
                    to_scores, probabilities, -1, probabilities.dtype
                ).mul_(heads.scaling)
                to_query, to_key = torch.bmm(to_scores, key), torch.bmm(to_scores.transpose(1, 2), query)
            _add(found, block, heads, to_query, to_key, to_value)
        return turned(found, cos, -sin, heads), None, None, None, None


def attention(
    qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, blocks: list[_Block], heads: Heads
) -> torch.Tensor:
    """Return the heads' outputs side by side, (tokens, queries * width), for qkv of (tokens, (queries + 2 keys) *
    width).

    cos, sin: (tokens, width / 2), of each row's position.
    """
    result: torch.Tensor = _Attention.apply(qkv, cos, sin, blocks, heads)  # type: ignore[no-untyped-call]
    return result


def turned(qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, heads: Heads) -> torch.Tensor:
    """Return rows with queries and keys turned by their positions' angles (by the opposite ones for -sin), values as
    they are.
    """
    turning = heads.queries + heads.keys
    before = qkv.view(qkv.shape[0], -1, heads.width)
    after = torch.empty_like(before)
    (left, right), (to_left, to_right) = before[:, :turning].chunk(2, -1), after[:, :turning].chunk(2, -1)
    cos, sin = cos[:, None], sin[:, None]
    torch.mul(left, cos, out=to_left).addcmul_(right, sin, value=-1)
    torch.mul(right, cos, out=to_right).addcmul_(left, sin)
    after[:, turning:] = before[:, turning:]
    return after.view_as(qkv)


def _split(rows: torch.Tensor, block: _Block, heads: Heads) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return queries (n * keys, heads a key * longest, width), keys and values (n * keys, shared + longest, width) of a
    block.
    """
    own = block.spread(rows).view(block.count, block.longest, -1, heads.width)
    query = _queries(own[:, :, : heads.queries], heads)
    both = own[:, :, heads.queries :]
    if block.shared:
        first = rows[: block.shared].view(1, block.shared, -1, heads.width)[:, :, heads.queries :]
        both = torch.cat([first.expand(block.count, -1, -1, -1), both], dim=1)
    key, value = both.permute(0, 2, 1, 3).reshape(block.count, 2, heads.keys, -1, heads.width).unbind(1)
    return query, key.flatten(0, 1), value.flatten(0, 1)


def _queries(own: torch.Tensor, heads: Heads) -> torch.Tensor:
    """(n, longest, queries, width) -> (n * keys, heads a key * longest, width): those that share a key stand below each
    other.
    """
    grouped = own.reshape(*own.shape[:2], heads.keys, -1, heads.width)
    return grouped.permute(0, 2, 3, 1, 4).reshape(own.shape[0] * heads.keys, -1, heads.width)


def _rows_of(out: torch.Tensor, block: _Block, heads: Heads) -> torch.Tensor:
    """Undo `_queries`, heads side by side: (n * longest, queries * width)."""
    return (
        out.view(block.count, heads.queries, block.longest, heads.width)
        .transpose(1, 2)
        .reshape(block.count * block.longest, -1)
    )


def _fused(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, block: _Block, heads: Heads) -> torch.Tensor:
    """Return what the product, softmax and product would, from torch's kernel that never holds the scores whole.

    Where plain causality is all that is asked for, the kernel leaves out what it hides, which is half of the work.
    """
    each = heads.queries // heads.keys
    grouped = query.view(-1, each, block.longest, heads.width)
    key, value = (side[:, None].expand(-1, each, -1, -1) for side in (key, value))
    plain = not block.shared and heads.window is None
    mask = None if plain else ~block.blocked
    out = functional.scaled_dot_product_attention(
        grouped, key, value, attn_mask=mask, is_causal=plain, scale=heads.scaling
    )
    return out.reshape(query.shape)


def _add(
    found: torch.Tensor,
    block: _Block,
    heads: Heads,
    to_query: torch.Tensor,
    to_key: torch.Tensor,
    to_value: torch.Tensor,
) -> None:
    """Add a block's gradients to the rows': its own, and the beginning's, which each of its examples saw."""
    both = torch.stack([side.view(block.count, heads.keys, -1, heads.width) for side in (to_key, to_value)], 1).flatten(
        1, 2
    )
    both = both.transpose(1, 2)
    if block.shared:
        rows = found[: block.shared].view(block.shared, -1, heads.width)
        rows[:, heads.queries :] += both[:, : block.shared].sum(0)
        both = both[:, block.shared :]
    to_query = to_query.view(block.count, heads.queries, block.longest, heads.width).transpose(1, 2)
    own = torch.cat([to_query, both], dim=2).reshape(block.count * block.longest, -1)
    found[block.start : block.end] += block.gathered(own)
