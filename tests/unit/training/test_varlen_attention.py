"""The GPU's attention equals the CPU's, in float64. Without a GPU, a plain implementation replaces torch's kernel."""

from typing import Any

import pytest
import torch

from appliance.training import varlen_attention
from appliance.training.attention import Heads, attention, attention_blocks
from appliance.training.varlen_attention import Sequences, has_kernel

GROUPED = Heads(num_heads=6, num_kv_heads=2, head_dim=8, scaling=8**-0.5, sliding_window=None)
NARROW = Heads(num_heads=4, num_kv_heads=4, head_dim=4, scaling=0.3, sliding_window=3)
PASSES = [(0, (5,)), (0, (7, 1, 4)), (4, (3, 6, 1)), (9, (2,)), (5, (1, 1, 1, 8))]


def plain_kernel(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    cu_seq_q: torch.Tensor,
    cu_seq_k: torch.Tensor,
    max_q: int,
    max_k: int,
    *,
    scale: float,
    window_size: tuple[int, int],
    enable_gqa: bool,
) -> torch.Tensor:
    """Do what `torch.nn.attention.varlen.varlen_attn` documents: the mask is aligned to the last query and key."""
    assert enable_gqa
    assert window_size[1] == 0
    group = query.shape[1] // key.shape[1]
    outputs = []
    for number in range(len(cu_seq_q) - 1):
        own = slice(int(cu_seq_q[number]), int(cu_seq_q[number + 1]))
        seen = slice(int(cu_seq_k[number]), int(cu_seq_k[number + 1]))
        q = query[own].transpose(0, 1)
        k, v = (side[seen].transpose(0, 1).repeat_interleave(group, 0) for side in (key, value))
        assert 0 < q.shape[1] <= max_q
        assert k.shape[1] <= max_k
        position = torch.arange(q.shape[1])[:, None] + k.shape[1] - q.shape[1]
        back = position - torch.arange(k.shape[1])
        hidden = back < 0 if window_size[0] < 0 else (back < 0) | (back > window_size[0])
        scores = (q @ k.transpose(1, 2) * scale).masked_fill(hidden, -torch.inf)
        outputs.append((scores.softmax(-1) @ v).transpose(0, 1))
    return torch.cat(outputs)


def results(
    heads: Heads, shared: int, lengths: tuple[int, ...], padding: int, **kind: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the output and the gradient of a kind of attention for random rows; padding rows do not count."""
    torch.manual_seed(0)
    rows = shared + sum(lengths)
    qkv = torch.randn(
        rows + padding,
        (heads.num_heads + 2 * heads.num_kv_heads) * heads.head_dim,
        dtype=torch.float64,
        requires_grad=True,
    )
    positions = torch.tensor(
        [*range(shared), *(shared + own for length in lengths for own in range(length)), *[0] * padding]
    )
    angles = positions[:, None] / 7 ** torch.linspace(0, 1, heads.head_dim // 2, dtype=torch.float64)
    if "sequences" in kind:
        out = varlen_attention.varlen_attention(qkv, angles.cos(), angles.sin(), kind["sequences"], heads)
    else:
        out = attention(qkv, angles.cos(), angles.sin(), kind["blocks"], heads)
    out = out[:rows]
    (gradient,) = torch.autograd.grad((out * torch.randn_like(out)).sum(), qkv)
    return out.detach(), gradient


@pytest.mark.parametrize("heads", [GROUPED, NARROW])
@pytest.mark.parametrize("padding", [0, 3])
@pytest.mark.parametrize(("shared", "lengths"), PASSES)
def test_one_call_of_the_kernel_is_the_attention_of_every_example(
    monkeypatch: pytest.MonkeyPatch, heads: Heads, padding: int, shared: int, lengths: tuple[int, ...]
) -> None:
    monkeypatch.setattr(varlen_attention, "varlen_attn", plain_kernel)
    device = torch.device("cpu")
    ours, gradient = results(heads, shared, lengths, padding, sequences=Sequences.of(shared, lengths, padding, device))
    theirs, their_gradient = results(
        heads, shared, lengths, padding, blocks=attention_blocks(shared, lengths, heads.sliding_window, device)
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient, their_gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("device", "dtype", "head_dim", "supported"),
    [
        ("cuda", torch.bfloat16, 64, True),
        ("cuda", torch.float16, 256, True),
        ("cuda", torch.float32, 64, False),
        ("cuda", torch.bfloat16, 512, False),
        ("cpu", torch.bfloat16, 64, False),
    ],
)
def test_only_a_gpu_in_16_bits_has_the_kernel(device: str, dtype: torch.dtype, head_dim: int, supported: bool) -> None:
    heads = Heads(num_heads=2, num_kv_heads=2, head_dim=head_dim, scaling=1.0, sliding_window=None)
    assert has_kernel(torch.device(device), dtype, heads) is supported


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine: the real flash kernel is NOT tested")
@pytest.mark.parametrize(("shared", "lengths"), PASSES)
def test_the_real_kernel_agrees_on_a_gpu(shared: int, lengths: tuple[int, ...]) -> None:
    heads = Heads(num_heads=6, num_kv_heads=2, head_dim=64, scaling=0.125, sliding_window=None)
    torch.manual_seed(0)
    rows = shared + sum(lengths)
    qkv = torch.randn(rows, 10 * 64, device="cuda", dtype=torch.bfloat16, requires_grad=True)
    cos, sin = (
        torch.ones(rows, 32, device="cuda", dtype=torch.bfloat16),
        torch.zeros(rows, 32, device="cuda", dtype=torch.bfloat16),
    )
    ours = varlen_attention.varlen_attention(qkv, cos, sin, Sequences.of(shared, lengths, 0, qkv.device), heads)
    theirs = attention(qkv, cos, sin, attention_blocks(shared, lengths, None, qkv.device), heads)
    torch.testing.assert_close(ours, theirs, rtol=2e-2, atol=2e-2)
    weights = torch.randn_like(ours)
    gradients = [torch.autograd.grad((output * weights).sum(), qkv)[0] for output in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=5e-2, atol=5e-2)
