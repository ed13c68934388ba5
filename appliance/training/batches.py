"""Batches of examples of like length, in shuffled order: next to no padding, and the same for the same seed and epoch."""

import random
from collections.abc import Sequence

from appliance.training.examples import TokenizedExample

WINDOW_BATCHES = 16


def epoch_batches(examples: Sequence[TokenizedExample], batch_size: int, *, seed: int, epoch: int) -> list[list[int]]:
    """Return the indices of each batch of one epoch: a pure function of its arguments, so that a resumed run sees the same.

    Shuffle, sort by length within windows of `WINDOW_BATCHES` batches, cut, shuffle the batches. Every example comes exactly once.
    """
    order = list(range(len(examples)))
    generator = random.Random(f"{seed}/{epoch}")  # noqa: S311 - an order, not a secret
    generator.shuffle(order)
    window = WINDOW_BATCHES * batch_size
    batches = []
    for start in range(0, len(order), window):
        near = sorted(order[start : start + window], key=lambda index: len(examples[index].input_ids))
        batches += [near[cut : cut + batch_size] for cut in range(0, len(near), batch_size)]
    generator.shuffle(batches)
    return batches


def in_order(examples: Sequence[TokenizedExample], batch_size: int) -> list[list[int]]:
    """Return batches by length, for measuring: nothing is shuffled."""
    order = sorted(range(len(examples)), key=lambda index: len(examples[index].input_ids))
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
