"""The examples and the learning rate of each step: pure functions, so that a resumed run sees the same unsaved.

Batches follow from seed, epoch and position. Examples of similar length share a batch (their passes fill up evenly, see
`packed_passes`), and the batches are shuffled. Examples are grouped within stretches of `GROUP_BATCHES` batches of a
shuffled order, so that batches differ between epochs.

The learning rate rises in a linear warm-up, then falls along half a cosine to a tenth (SGDR, arXiv:1608.03983, one
cycle).
"""

import math
import random
from collections.abc import Sequence

GROUP_BATCHES = 32
WARMUP_SHARE = 0.05  # of all steps
FLOOR_SHARE = 0.1  # of the peak; a rate of zero would waste the last steps


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


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """Return the rate for `step` of `steps` (counted from 0)."""
    warmup = max(1, round(WARMUP_SHARE * steps))
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return peak * (FLOOR_SHARE + (1 - FLOOR_SHARE) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
