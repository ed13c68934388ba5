"""Choose how many rows make a step: few for a small dataset, and never 32.

under 32      Adapters learn as well as full training in small batches and fall behind in large ones, at every rank
              ("LoRA Without Regret", Schulman et al., Thinking Machines, 2025).
enough steps  A larger batch makes each step steadier and leaves fewer of them. Below a critical size, what a step
              learns grows with the batch; above it, rows are wasted (McCandlish et al., arXiv:1812.06162, section 2).
              So the largest batch is taken that leaves `STEADY` times the steps below which a preset takes more
              passes. The presets' passes and rates were measured on the sample handbook at 8 rows a step, which this
              rule gives there.

Memory does not matter here: a batch is computed in passes whose gradients add up (`passes`), and only these must fit.
"""

from dataclasses import dataclass

from appliance.foundation.messages import Message, message

BATCHES = (4, 8, 16)
TOO_LARGE = 32
STEADY = 2


@dataclass(frozen=True)
class Batch:
    """Rows a step, and the reason for that number."""

    rows: int
    reason: Message


def choose_batch(training_rows: int, *, passes: int, least_steps: int) -> Batch:
    """Return the batch for `training_rows`, each read `passes` times; fewer than `least_steps` teach too little."""
    wanted = STEADY * least_steps
    fitting = [size for size in BATCHES if passes * -(-training_rows // size) >= wanted]
    if not fitting:
        return Batch(BATCHES[0], message("planning.batch-few", rows=BATCHES[0]))
    rows = fitting[-1]
    if rows == BATCHES[-1]:
        return Batch(rows, message("planning.batch-most", rows=rows, too_large=TOO_LARGE))
    larger = BATCHES[BATCHES.index(rows) + 1]
    steps = passes * -(-training_rows // larger)
    return Batch(rows, message("planning.batch-steps", rows=rows, larger=larger, steps=steps, wanted=wanted))
