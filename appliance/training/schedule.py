"""The learning rate of each step: a linear warm-up, then half a cosine down to a tenth.

Cosine decay as in SGDR (arXiv:1608.03983), one cycle. It is a pure function of the step, so nothing has to be saved.
"""

import math

WARMUP_SHARE = 0.05  # of all steps
FLOOR_SHARE = 0.1  # of the peak; a rate of zero would waste the last steps


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """Return the rate for `step` of `steps` (counted from 0)."""
    warmup = max(1, round(WARMUP_SHARE * steps))
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return peak * (FLOOR_SHARE + (1 - FLOOR_SHARE) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
