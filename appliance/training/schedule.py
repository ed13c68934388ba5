"""The learning rate over the steps: linear warm-up, then a cosine down to zero (SGDR, arXiv:1608.03983, without restarts)."""

import math

WARM_UP_SHARE = 0.05


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """Return the rate of `step` (from 0) out of `steps`, at most `peak`."""
    warm_up = max(1, round(steps * WARM_UP_SHARE))
    if step < warm_up:
        return peak * (step + 1) / warm_up
    progress = (step - warm_up) / max(1, steps - warm_up)
    return peak * 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
