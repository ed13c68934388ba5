"""Choose the examples of each step: a pure function of seed, epoch and position, so that a resumed run sees the same.

Examples of similar length share a batch (their passes fill up evenly, see `packed_passes`), and the batches are
shuffled. Examples are grouped within stretches of `GROUP_BATCHES` batches of a shuffled order, so that batches differ
between epochs.
"""

import random
from collections.abc import Sequence

GROUP_BATCHES = 32


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return how many batches `count` examples make; the last one may be smaller."""
    return -(-count // batch_size)


def epoch_batches(lengths: Sequence[int], *, batch_size: int, seed: int, epoch: int) -> list[tuple[int, ...]]:
    """Return the batches of an epoch as indices into `lengths`, each index exactly once."""
    order = random.Random(f"batches/{seed}/{epoch}")  # noqa: S311 - a reproducible order, not a secret
    indices = list(range(len(lengths)))
    order.shuffle(indices)
    batches: list[tuple[int, ...]] = []
    stretch = batch_size * GROUP_BATCHES
    for start in range(0, len(indices), stretch):
        group = sorted(indices[start : start + stretch], key=lambda index: lengths[index])
        batches += [tuple(group[first : first + batch_size]) for first in range(0, len(group), batch_size)]
    order.shuffle(batches)
    return batches
