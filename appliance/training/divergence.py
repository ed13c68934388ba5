"""Detect when a run has diverged: its loss is not a number, or stays much worse than at the beginning.

A single bad step is no reason to stop: batches differ, and runs recover. So the mean loss of the last `WINDOW` steps is
compared with that of the first `FIRST`, in the warm-up. A run that has become so much worse has unlearned what the
model knew; going on would cost hours for nothing.
"""

import math
from collections.abc import Sequence

WINDOW = 10  # steps
FIRST = 3  # steps; this many bad steps already make a checkpoint doubtful
RISE_NATS = 1.0  # a token, at least
RISE_SHARE = 0.5  # of the first loss, at least


def mean(losses: Sequence[float]) -> float:
    """Return the mean; 0 without losses."""
    return sum(losses) / max(1, len(losses))


def first_mean(recent: Sequence[float], began: float | None) -> float | None:
    """Return the mean of the first losses once there are enough; it stays the same afterwards."""
    return mean(recent) if began is None and len(recent) == FIRST else began


def is_lost(loss: float, gradient_norm: float) -> bool:
    """Tell whether a step must not be taken: its loss or the norm of its gradient is not finite."""
    return not (math.isfinite(loss) and math.isfinite(gradient_norm))


def has_diverged(recent: Sequence[float], began: float | None) -> bool:
    """Tell whether the last `WINDOW` losses are much worse than the first."""
    return began is not None and len(recent) == WINDOW and mean(recent) > _too_much(began)


def is_doubtful(recent: Sequence[float], began: float | None) -> bool:
    """Tell whether the last losses are so bad that the current weights are not worth keeping."""
    return began is not None and mean(recent[-FIRST:]) > _too_much(began)


def _too_much(began: float) -> float:
    return began + max(RISE_NATS, RISE_SHARE * began)
