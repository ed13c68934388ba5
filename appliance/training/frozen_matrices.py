"""Frozen matrices that share their input, as one: plain ones lie side by side for good, those in NF4 are unpacked when
they are used.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from bitsandbytes.functional import QuantState, dequantize_blockwise


def frozen_matrices(weights: Sequence[Any]) -> Callable[[], torch.Tensor]:
    """Return what gives the frozen matrices (out, in), packed to 4 bits or not, below each other: (sum of out, in).

    They move into one block of memory, of which the modules that have them then hold views.
    """
    states: list[QuantState] = [weight.quant_state for weight in weights if hasattr(weight, "quant_state")]
    if not states:
        whole = _one_block(weights)
        return lambda: whole
    if all(state.shape.numel() % state.blocksize == 0 for state in states):
        return _PackedMatrices(weights)
    parts = [_PackedMatrices([weight]) for weight in weights]
    return lambda: torch.cat([part() for part in parts])


class _PackedMatrices:
    """Frozen NF4 matrices below each other, unpacked as one whenever they are asked for.

    Each block of 64 numbers (row after row) has its own constant, so whole blocks may stand one behind the other like
    plain numbers. Their constants are 8-bit numbers themselves (double quantisation); on a CPU it takes as long to
    unpack these as all the rest, so there they are unpacked once and kept: 0.5 bits a weight.
    """

    def __init__(self, weights: Sequence[Any]) -> None:
        self._states: list[QuantState] = [weight.quant_state for weight in weights]
        first = self._states[0]
        self._dtype, self._kind, self._block = first.dtype, first.quant_type, first.blocksize
        self._shape = (sum(state.shape[0] for state in self._states), first.shape[1])
        self._codes = _one_block(weights)
        self._kept = self._constants() if self._codes.device.type == "cpu" else None

    def __call__(self) -> torch.Tensor:
        """Return (sum of out, in), in the compute type with which they were packed."""
        constants = self._constants() if self._kept is None else self._kept
        found: torch.Tensor = torch.ops.bitsandbytes.dequantize_4bit(
            self._codes, constants, self._block, self._kind, self._shape, self._dtype
        )
        return found

    def _constants(self) -> torch.Tensor:
        """Return each block's largest magnitude, fp32."""
        found = [
            dequantize_blockwise(each.absmax, each.state2) + each.offset if each.nested else each.absmax
            for each in self._states
        ]
        return torch.cat([each.float() for each in found])


def _one_block(weights: Sequence[torch.nn.Parameter]) -> torch.Tensor:
    """Move frozen weights into one block of memory and return it whole."""
    if len(weights) == 1:
        return weights[0].detach()
    whole = torch.cat([weight.detach() for weight in weights])
    at = 0
    for weight in weights:
        rows = weight.shape[0]
        weight.data = whole[at : at + rows]
        at += rows
    return whole
