"""The Wilson score interval of a share (Wilson 1927). It holds for few questions, and for shares near 0 and 1."""

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Interval:
    """`count` of `total`, and the 95 % interval of the share (0 to 1)."""

    count: int
    total: int
    low: float
    high: float


def wilson(count: int, total: int) -> Interval:
    """Return the 95 % interval of `count` successes in `total`; without trials it is 0 to 1."""
    if not 0 <= count <= total:
        raise ValueError("count must lie between 0 and total")
    if total == 0:
        return Interval(0, 0, 0.0, 1.0)
    share, squared = count / total, Z_95 * Z_95
    centre = (share + squared / (2 * total)) / (1 + squared / total)
    half = Z_95 * math.sqrt(share * (1 - share) / total + squared / (4 * total * total)) / (1 + squared / total)
    return Interval(count, total, max(0.0, centre - half), min(1.0, centre + half))
