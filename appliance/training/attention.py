"""Attention over a packed pass: the shared beginning once, then each example against the beginning and itself.

    q, k, v = rope(x Wq), rope(x Wk), x Wv              rope: RoFormer, arXiv:2104.09864
    o = softmax(q k^T / sqrt(d)) v                      q of each example; k, v of the beginning and of the example, up
                                                        to the query's position

Examples of similar length form a block, padded to its longest and computed as one batched product. Padded keys come
after every query that counts, so causality hides them; the gradient of padded queries is zero. The query heads that
share a key head (grouped-query attention, arXiv:2305.13245) are rows of one product, so keys are not repeated. The cost
is that of each example alone: linear in their number.

Short blocks keep their probabilities for the backward pass. Long ones compute them again in pieces (torch's fused
attention), so memory is linear in an example's length. This is for CPUs, and for what the kernel of `varlen_attention`
does not support.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional

LONG = 384  # tokens of an example from which on its block uses fused attention
SIMILAR = 0.75  # of a block's longest example: the shortest that it takes
LENGTH_STEP = 16  # blocks are padded to multiples of it: see `decoder.ROWS_STEP`
BLOCK_TOKENS = 2048  # of a block with its padding


@dataclass(frozen=True)
class Heads:
    """How a row of q, k and v side by side is divided, and how scores are scaled.

    sliding_window: how many tokens back a token sees, itself included; None for all.
    """

    num_heads: int
    num_kv_heads: int
    head_dim: int
    scaling: float
    sliding_window: int | None


@dataclass(frozen=True)
class _Block:
    """Rows `start` to `end` of a pass: examples padded to `length` rows each, after the pass's `shared` first rows.

    padded_rows: where each row is among the padded ones (None: no padding). masked: (length, shared + length), True
    where a query may not see a key.
    """

    start: int
    end: int
    examples: int
    length: int
    shared: int
    padded_rows: torch.Tensor | None
    masked: torch.Tensor

    @classmethod
    def of(
        cls, start: int, lengths: Sequence[int], shared: int, sliding_window: int | None, device: torch.device
    ) -> "_Block":
        length = -(-max(lengths) // LENGTH_STEP) * LENGTH_STEP
        query = torch.arange(length, device=device)[:, None] + shared
        key = torch.arange(shared + length, device=device)[None, :]
        masked = key > query if sliding_window is None else (key > query) | (key <= query - sliding_window)
        padded_rows = None
        if min(lengths) < length:
            padded_rows = torch.cat(
                [torch.arange(own, device=device) + number * length for number, own in enumerate(lengths)]
            )
        return cls(start, start + sum(lengths), len(lengths), length, shared, padded_rows, masked)

    def padded(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the block's rows with its padding, zeros: (examples * length, features)."""
        own = rows[self.start : self.end]
        if self.padded_rows is None:
            return own
        return own.new_zeros(self.examples * self.length, own.shape[1]).index_copy_(0, self.padded_rows, own)

    def unpadded(self, padded: torch.Tensor) -> torch.Tensor:
        """Undo `padded`."""
        return padded if self.padded_rows is None else padded.index_select(0, self.padded_rows)


def attention_blocks(
    shared: int, lengths: Sequence[int], sliding_window: int | None, device: torch.device
) -> list[_Block]:
    """Return the blocks of a pass: the shared beginning, then the examples.

    lengths: the examples' rows of their own, in the order of the rows.
    """
    blocks = [_Block.of(0, (shared,), 0, sliding_window, device)] if shared else []
    start, first = shared, 0
    while first < len(lengths):
        longest = shortest = lengths[first]
        last = first + 1
        while last < len(lengths):
            longest, shortest = max(longest, lengths[last]), min(shortest, lengths[last])
            if shortest < SIMILAR * longest or (last + 1 - first) * longest > BLOCK_TOKENS:
                break
            last += 1
        block = _Block.of(start, lengths[first:last], shared, sliding_window, device)
        blocks.append(block)
        start, first = block.end, last
    return blocks


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, blocks: list[_Block], heads: Heads
    ) -> torch.Tensor:
        """Return (tokens, num_heads * head_dim)."""
        qkv = apply_rotary(qkv, cos, sin, heads)
        output = qkv.new_zeros(qkv.shape[0], heads.num_heads * heads.head_dim)  # rows in no block are padding
        kept = []
        for block in blocks:
            query, key, value = _split_heads(qkv, block, heads)
            if block.length >= LONG:
                probabilities, out = None, _fused_attention(query, key, value, block, heads)
            else:
                scores = torch.bmm(query, key.transpose(1, 2)).mul_(heads.scaling)
                grouped = scores.view(-1, block.length, scores.shape[-1])
                probabilities = grouped.masked_fill_(block.masked, -torch.inf).softmax(-1).view_as(scores)
                out = torch.bmm(probabilities, value)
            kept.append(probabilities)
            output[block.start : block.end] = block.unpadded(_merged_heads(out, block, heads))
        ctx.save_for_backward(qkv, cos, sin, *kept)
        ctx.blocks, ctx.heads = blocks, heads
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradient of q, k and v, side by side."""
        qkv, cos, sin, *kept = ctx.saved_tensors
        heads: Heads = ctx.heads
        grad_qkv = torch.zeros_like(qkv)
        for block, probabilities in zip(reversed(ctx.blocks), reversed(kept), strict=True):
            query, key, value = _split_heads(qkv, block, heads)
            padded = block.padded(grad_output).view(block.examples, block.length, -1, heads.head_dim)
            grad_out = _grouped_queries(padded, heads)
            if probabilities is None:
                with torch.enable_grad():
                    query, key, value = (tensor.detach().requires_grad_() for tensor in (query, key, value))
                    out = _fused_attention(query, key, value, block, heads)
                    grad_query, grad_key, grad_value = torch.autograd.grad(out, (query, key, value), grad_out)
            else:
                grad_value = torch.bmm(probabilities.transpose(1, 2), grad_out)
                grad_probabilities = torch.bmm(grad_out, value.transpose(1, 2))
                # No public operator does this: autograd would need the scores again, and the formula in two steps is
                # slower and rounds differently.
                grad_scores = torch.ops.aten._softmax_backward_data(
                    grad_probabilities, probabilities, -1, probabilities.dtype
                ).mul_(heads.scaling)
                grad_query, grad_key = torch.bmm(grad_scores, key), torch.bmm(grad_scores.transpose(1, 2), query)
            _accumulate(grad_qkv, block, heads, grad_query, grad_key, grad_value)
        return apply_rotary(grad_qkv, cos, -sin, heads), None, None, None, None


def attention(
    qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, blocks: list[_Block], heads: Heads
) -> torch.Tensor:
    """Return the heads' outputs side by side, (tokens, num_heads * head_dim).

    qkv: (tokens, (num_heads + 2 num_kv_heads) * head_dim). cos, sin: (tokens, head_dim / 2), of each row's position.
    """
    output: torch.Tensor = _Attention.apply(qkv, cos, sin, blocks, heads)  # type: ignore[no-untyped-call]
    return output


def apply_rotary(qkv: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, heads: Heads) -> torch.Tensor:
    """Return the rows with queries and keys rotated by their positions' angles (backwards for -sin)."""
    rotated = heads.num_heads + heads.num_kv_heads
    before = qkv.view(qkv.shape[0], -1, heads.head_dim)
    after = torch.empty_like(before)
    left, right = before[:, :rotated].chunk(2, -1)
    new_left, new_right = after[:, :rotated].chunk(2, -1)
    cos, sin = cos[:, None], sin[:, None]
    torch.mul(left, cos, out=new_left).addcmul_(right, sin, value=-1)
    torch.mul(right, cos, out=new_right).addcmul_(left, sin)
    after[:, rotated:] = before[:, rotated:]
    return after.view_as(qkv)


def _split_heads(qkv: torch.Tensor, block: _Block, heads: Heads) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the queries of a block (see `_grouped_queries`), and its keys and values.

    Keys and values are (examples * num_kv_heads, shared + length, head_dim).
    """
    own = block.padded(qkv).view(block.examples, block.length, -1, heads.head_dim)
    query = _grouped_queries(own[:, :, : heads.num_heads], heads)
    key_value = own[:, :, heads.num_heads :]
    if block.shared:
        shared = qkv[: block.shared].view(1, block.shared, -1, heads.head_dim)[:, :, heads.num_heads :]
        key_value = torch.cat([shared.expand(block.examples, -1, -1, -1), key_value], dim=1)
    key_value = key_value.permute(0, 2, 1, 3)
    key, value = key_value.reshape(block.examples, 2, heads.num_kv_heads, -1, heads.head_dim).unbind(1)
    return query, key.flatten(0, 1), value.flatten(0, 1)


def _grouped_queries(own: torch.Tensor, heads: Heads) -> torch.Tensor:
    """Return (n, length, num_heads, head_dim) as (n * num_kv_heads, heads that share a key * length, head_dim)."""
    grouped = own.reshape(*own.shape[:2], heads.num_kv_heads, -1, heads.head_dim)
    return grouped.permute(0, 2, 3, 1, 4).reshape(own.shape[0] * heads.num_kv_heads, -1, heads.head_dim)


def _merged_heads(out: torch.Tensor, block: _Block, heads: Heads) -> torch.Tensor:
    """Undo `_grouped_queries` and put heads side by side: (examples * length, num_heads * head_dim)."""
    separate = out.view(block.examples, heads.num_heads, block.length, heads.head_dim)
    return separate.transpose(1, 2).reshape(block.examples * block.length, -1)


def _fused_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, block: _Block, heads: Heads
) -> torch.Tensor:
    """Return the output of a block from torch's kernel, which never holds all scores.

    Where causality is the only mask, the kernel skips what it hides: half of the work.
    """
    group = heads.num_heads // heads.num_kv_heads
    grouped = query.view(-1, group, block.length, heads.head_dim)
    key, value = (tensor[:, None].expand(-1, group, -1, -1) for tensor in (key, value))
    causal = not block.shared and heads.sliding_window is None
    attention_mask = None if causal else ~block.masked
    out = functional.scaled_dot_product_attention(
        grouped, key, value, attn_mask=attention_mask, is_causal=causal, scale=heads.scaling
    )
    return out.reshape(query.shape)


def _accumulate(
    grad_qkv: torch.Tensor,
    block: _Block,
    heads: Heads,
    grad_query: torch.Tensor,
    grad_key: torch.Tensor,
    grad_value: torch.Tensor,
) -> None:
    """Add a block's gradients to its own rows, and to the shared beginning's, which all of its examples saw."""
    pair = [grad.view(block.examples, heads.num_kv_heads, -1, heads.head_dim) for grad in (grad_key, grad_value)]
    grad_key_value = torch.stack(pair, 1).flatten(1, 2).transpose(1, 2)
    if block.shared:
        shared = grad_qkv[: block.shared].view(block.shared, -1, heads.head_dim)
        shared[:, heads.num_heads :] += grad_key_value[:, : block.shared].sum(0)
        grad_key_value = grad_key_value[:, block.shared :]
    grad_query = grad_query.view(block.examples, heads.num_heads, block.length, heads.head_dim).transpose(1, 2)
    own = torch.cat([grad_query, grad_key_value], dim=2).reshape(block.examples * block.length, -1)
    grad_qkv[block.start : block.end] += block.unpadded(own)
