"""When a run is lost: its loss is no number, or it is worse than before it began, and stays so.

One bad step is nothing: batches differ, and runs recover. So the mean of the last `WINDOW` steps is compared with that of the first ones.
A run that has lost more than `RISE_NATS` a token to its own beginning has unlearned what the model knew; going on costs hours for nothing.
"""

import math
from collections.abc import Sequence

WINDOW = 10  # steps
DOUBT = 3  # steps: so few already make a checkpoint doubtful
RISE_NATS = 1.0  # a token


def mean(losses: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return sum(losses) / max(1, len(losses))


def first_mean(recent: Sequence[float], began: float | None) -> float | None:
    """Return the mean of the first `WINDOW` losses once there are so many; later it stays."""
    return mean(recent) if began is None and len(recent) == WINDOW else began


def is_lost(loss: float, norm: float) -> bool:
    """Tell whether a step's loss or its gradient's length is no longer a number: it must not be taken."""
    return not (math.isfinite(loss) and math.isfinite(norm))


def has_diverged(recent: Sequence[float], began: float | None) -> bool:
    """Tell whether the last `WINDOW` losses are worse than the first ones, by more than chance."""
    return began is not None and mean(recent) > began + RISE_NATS


def is_doubtful(recent: Sequence[float], began: float | None) -> bool:
    """Tell whether the last losses are such that what stands now is not worth keeping."""
    return began is not None and mean(recent[-DOUBT:]) > began + RISE_NATS
