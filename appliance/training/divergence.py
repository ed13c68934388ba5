"""When a run is lost: its loss is no number, or it is much worse than before it began, and stays so.

One bad step is nothing: batches differ, and runs recover. So the mean of the last `WINDOW` steps is compared with that
of the first `FIRST`, when the rate was still warming up. A run that has lost so much to its own beginning has unlearned
what the model knew; going on costs hours for nothing.
"""

import math
from collections.abc import Sequence

WINDOW = 10  # steps
FIRST = 3  # steps; so many bad ones already make a checkpoint doubtful
RISE_NATS = 1.0  # a token, at least
RISE_SHARE = 0.5  # of the first loss, at least


def mean(losses: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(losses) / max(1, len(losses))


def first_mean(recent: Sequence[float], began: float | None) -> float | None:
    """Return the mean of the first losses once there are enough; later it stays."""
    return mean(recent) if began is None and len(recent) == FIRST else began


def is_lost(loss: float, norm: float) -> bool:
    """Tell whether a step's loss or its gradient's length is no longer a number: it must not be taken."""
    return not (math.isfinite(loss) and math.isfinite(norm))


def has_diverged(recent: Sequence[float], began: float | None) -> bool:
    """Tell whether the last `WINDOW` losses are much worse than the first ones."""
    return began is not None and len(recent) == WINDOW and mean(recent) > _too_much(began)


def is_doubtful(recent: Sequence[float], began: float | None) -> bool:
    """Tell whether the last losses are such that what stands now is not worth keeping."""
    return began is not None and mean(recent[-FIRST:]) > _too_much(began)


def _too_much(began: float) -> float:
    return began + max(RISE_NATS, RISE_SHARE * began)
