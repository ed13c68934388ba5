"""Frozen matrices that share their input, as one: plain ones side by side in memory, NF4 ones unpacked when used."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from bitsandbytes.functional import QuantState, dequantize_4bit, dequantize_blockwise


def frozen_matrices(weights: Sequence[Any]) -> Callable[[], torch.Tensor]:
    """Return a function that returns the frozen matrices (out, in), packed or not, stacked: (sum of out, in).

    They move into one block of memory, and their modules then hold views of it.
    """
    states: list[QuantState] = [weight.quant_state for weight in weights if hasattr(weight, "quant_state")]
    if not states:
        stacked = _one_block(weights)
        return lambda: stacked
    if all(state.shape.numel() % state.blocksize == 0 for state in states):
        return _PackedMatrices(weights)
    parts = [_PackedMatrices([weight]) for weight in weights]
    return lambda: torch.cat([part() for part in parts])


class _PackedMatrices:
    """Stacked frozen NF4 matrices, unpacked together at each call.

    Each block of 64 numbers (row by row) has its own constant, so whole blocks can follow one another like plain
    numbers. The constants are 8-bit numbers themselves (double quantisation). On a CPU, unpacking them takes as long as
    all the rest, so there they are unpacked once and kept: 0.5 bits a weight.
    """

    def __init__(self, weights: Sequence[Any]) -> None:
        self._states: list[QuantState] = [weight.quant_state for weight in weights]
        self._codes = _one_block(weights)
        self._unpacked = self._state() if self._codes.device.type == "cpu" else None

    def __call__(self) -> torch.Tensor:
        """Return (sum of out, in), in the compute type that the matrices were packed with."""
        state = self._state() if self._unpacked is None else self._unpacked
        stacked: torch.Tensor = dequantize_4bit(self._codes, state)
        return stacked

    def _state(self) -> QuantState:
        """Return the quantisation of the stack, with each block's largest magnitude in fp32."""
        first = self._states[0]
        constants = [
            dequantize_blockwise(state.absmax, state.state2) + state.offset if state.nested else state.absmax
            for state in self._states
        ]
        return QuantState(
            absmax=torch.cat([constant.float() for constant in constants]),
            shape=torch.Size((sum(state.shape[0] for state in self._states), first.shape[1])),
            dtype=first.dtype,
            blocksize=first.blocksize,
            quant_type=first.quant_type,
        )


def _one_block(weights: Sequence[torch.nn.Parameter]) -> torch.Tensor:
    """Move frozen weights into one block of memory, and return it."""
    if len(weights) == 1:
        return weights[0].detach()
    block = torch.cat([weight.detach() for weight in weights])
    start = 0
    for weight in weights:
        rows = weight.shape[0]
        weight.data = block[start : start + rows]
        start += rows
    return block
