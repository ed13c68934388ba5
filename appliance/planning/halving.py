"""Successive halving: train many candidates a little, keep the better half, train those twice as long, and so on.

Jamieson and Talwalkar, AISTATS 2016, arXiv:1502.07943, section 3. Here the last rung trains the last candidate to the
end, so the winner is what a training of its own would have made.

n candidates take ceil(log2 n) + 1 rungs; rung k keeps ceil(n / 2^k) of them and reaches the share 2^(k - last) of the
whole training. Four candidates cost two whole trainings instead of four. The price: a candidate that is slow at first
and best at the end may be lost.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rung:
    """How many candidates run here, and which share of the whole training each has completed afterwards."""

    candidates: int
    share: float

    def steps(self, whole: int) -> int:
        """Return the share of `whole` steps, at least one."""
        return max(1, math.ceil(self.share * whole))


def halving_rungs(candidates: int) -> tuple[Rung, ...]:
    """Return the rungs for a number of candidates (at least one)."""
    last = math.ceil(math.log2(candidates))
    return tuple(Rung(math.ceil(candidates / 2**number), 2.0 ** (number - last)) for number in range(last + 1))


def total_steps(candidates: int, whole: int) -> int:
    """Return how many steps all rungs take together, for trainings of `whole` steps."""
    done, total = 0, 0
    for rung in halving_rungs(candidates):
        total += rung.candidates * (rung.steps(whole) - done)
        done = rung.steps(whole)
    return total


def promoted(losses: Mapping[int, float | None], keep: int) -> tuple[int, ...]:
    """Return the `keep` ranks with the lowest losses, in ascending order; of equal losses, the smaller rank.

    A rank without a loss (it diverged) is never kept.
    """
    measured = sorted((loss, rank) for rank, loss in losses.items() if loss is not None and math.isfinite(loss))
    return tuple(sorted(rank for _loss, rank in measured[:keep]))
