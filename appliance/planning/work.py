"""Count what a training computes: steps, tokens, floating-point operations.

A token costs 6 operations a parameter when every parameter learns: 2 forward, 2 for the gradient of the activations, 2
for that of the weights (Kaplan et al., arXiv:2001.08361, section 2.1; Hoffmann et al., arXiv:2203.15556, appendix F). A
frozen weight needs no gradient of its own: 4 where gradients pass through it, 2 below the first layer that learns. Each
number of an adapter costs 6 (LoRA, arXiv:2106.09685). Attention's own products are left out, as in these papers: they
are small for rows shorter than the model's width.

The EU AI Act asks for a share (article 53; Commission guidelines of July 2025, paragraph 63: whoever fine-tunes a model
with more than a third of its original compute becomes its provider): these operations divided by 6 N D of the base
model, where D is the number of tokens that it was trained on.
"""

import math
from dataclasses import dataclass

from appliance.foundation.errors import InputError
from appliance.planning.machine import Machine
from appliance.planning.methods import MethodChoice, trained_parameters
from appliance.planning.parameters import ModelShape

# Tokens that published models were trained on, by (layers, hidden, vocabulary), from their model cards and reports:
# SmolLM2 (arXiv:2502.02737, section 4), Llama 3.1 and 3.2 (model cards), Qwen2.5 (arXiv:2412.15115).
PRETRAINING_TOKENS = {
    (30, 576, 49152): 2e12,  # SmolLM2 135M
    (32, 960, 49152): 4e12,  # SmolLM2 360M
    (24, 2048, 49152): 11e12,  # SmolLM2 1.7B
    (16, 2048, 128256): 9e12,  # Llama 3.2 1B
    (28, 3072, 128256): 9e12,  # Llama 3.2 3B
    (32, 4096, 128256): 15e12,  # Llama 3.1 8B
    (80, 8192, 128256): 15e12,  # Llama 3.1 70B
    (24, 896, 151936): 18e12,  # Qwen2.5 0.5B
    (28, 1536, 151936): 18e12,  # Qwen2.5 1.5B
    (36, 2048, 151936): 18e12,  # Qwen2.5 3B
    (28, 3584, 152064): 18e12,  # Qwen2.5 7B
    (48, 5120, 152064): 18e12,  # Qwen2.5 14B
    (64, 5120, 152064): 18e12,  # Qwen2.5 32B
    (80, 8192, 152064): 18e12,  # Qwen2.5 72B
}
COMPLETION_SHARE = 0.4  # of an example's tokens, on average, where they were not counted


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included."""

    low: float
    high: float


@dataclass(frozen=True)
class RowSizes:
    """The rows to train on: their number, mean and greatest length in tokens.

    `shared`: tokens that all rows begin with (a system prompt). `learned`: the share of tokens that are answers.
    `validation_rows`: read once for each pass over the data, without learning.
    """

    rows: int
    mean: float
    longest: int
    shared: float = 0.0
    learned: float = COMPLETION_SHARE
    validation_rows: int = 0

    def __post_init__(self) -> None:
        """Raise `InputError` for sizes that rows cannot have."""
        if self.rows < 1 or not 0 <= self.shared < self.mean <= self.longest or not 0 < self.learned <= 1:
            raise InputError("planning.rows")

    @property
    def tokens(self) -> float:
        """Tokens of all rows together."""
        return self.rows * self.mean


@dataclass(frozen=True)
class Training:
    """A training to plan: model, what learns, machine, rows, passes over them, rows a step."""

    shape: ModelShape
    choice: MethodChoice
    machine: Machine
    rows: RowSizes
    epochs: int
    batch_size: int


@dataclass(frozen=True)
class Flop:
    """Operations of a training, and their share of the base model's training (None where that is unknown)."""

    total: float
    base_share: float | None


def steps_of(rows: RowSizes, *, epochs: int, batch_size: int) -> int:
    """Return how many optimiser steps a training takes."""
    return epochs * -(-rows.rows // batch_size)


def computed_tokens(rows: RowSizes, batch_size: int) -> float:
    """Return the tokens that go through the model in one step: the shared beginning is computed once."""
    return min(batch_size, rows.rows) * (rows.mean - rows.shared) + rows.shared


def passes_of(rows: RowSizes, batch_size: int, pass_tokens: int) -> int:
    """Return how many passes a batch takes (`training.packed_passes`), each with the shared beginning."""
    own = min(batch_size, rows.rows) * (rows.mean - rows.shared)
    return max(1, min(batch_size, math.ceil(own / max(pass_tokens - rows.shared, pass_tokens // 2, 1))))


def training_flop(shape: ModelShape, choice: MethodChoice, rows: RowSizes, *, epochs: int) -> Flop:
    """Return the operations of a training, an upper bound: shared and frozen parts are counted for every token."""
    tokens = rows.rows * rows.mean * epochs
    learns = trained_parameters(shape, choice)
    if choice.method == "full":
        flop_a_token = 6.0 * shape.parameters
    elif choice.adapters:
        flop_a_token = 4.0 * shape.parameters + 6.0 * learns
    else:  # gradients pass through the head
        passed = choice.last_layers * shape.block_parameters + shape.vocabulary * shape.hidden
        flop_a_token = 2.0 * (shape.parameters - passed) + 4.0 * passed + 2.0 * learns
    total = tokens * flop_a_token
    pretraining = PRETRAINING_TOKENS.get((shape.layers, shape.hidden, shape.vocabulary))
    return Flop(total, total / (6.0 * shape.parameters * pretraining) if pretraining else None)
