"""Stacked frozen matrices equal each of them alone, bit for bit, and are moved, not copied."""

from typing import Any

import pytest
import torch
from bitsandbytes.functional import dequantize_4bit
from bitsandbytes.nn import Params4bit

from appliance.training.frozen_matrices import frozen_matrices

SHAPES = [[(96, 64)], [(64, 64), (16, 64), (16, 64)], [(128, 64), (128, 64)], [(5, 6), (7, 6)]]


def packed(rows: int, columns: int) -> Any:
    """Return a random matrix in NF4 with double quantisation."""
    weight = Params4bit(
        torch.randn(rows, columns, dtype=torch.bfloat16),
        requires_grad=False,
        compress_statistics=True,
        quant_type="nf4",
    )
    return weight.to("cpu")


@pytest.mark.parametrize("shapes", SHAPES)
def test_packed_matrices_unpack_together_as_each_alone(shapes: list[tuple[int, int]]) -> None:
    torch.manual_seed(0)
    weights = [packed(*shape) for shape in shapes]
    assert all(weight.quant_state.nested for weight in weights)
    alone = torch.cat([dequantize_4bit(weight.data, weight.quant_state) for weight in weights])
    together = frozen_matrices(weights)
    assert torch.equal(together(), alone)
    assert torch.equal(torch.cat([dequantize_4bit(weight.data, weight.quant_state) for weight in weights]), alone)


@pytest.mark.parametrize("shapes", SHAPES)
def test_plain_matrices_are_views_of_the_stack(shapes: list[tuple[int, int]]) -> None:
    torch.manual_seed(0)
    weights = [torch.nn.Parameter(torch.randn(*shape), requires_grad=False) for shape in shapes]
    alone = torch.cat([weight.detach().clone() for weight in weights])
    whole = frozen_matrices(weights)()
    assert torch.equal(whole, alone)
    weights[-1].data.zero_()
    assert not whole[-shapes[-1][0] :].any()
