"""How many rows make a step, where nobody says: few for a small data set, never 32.

under 32      "LoRA Without Regret" (Schulman et al., Thinking Machines, 2025): adapters learn as well as full training
              at small batches and
              fall behind at large ones, at every rank.
enough steps  A larger batch makes each step steadier and leaves fewer of them (McCandlish et al., arXiv:1812.06162,
              section 2: below a
              critical size, what a step learns grows with the batch; above it, rows are wasted). So the largest batch
              is taken that leaves `STEADY` times the steps below which a preset takes more passes. The presets' passes
              and rates were measured on the sample handbook at 8 rows a step, which this rule gives there.

The memory has no say in it: a batch is computed in passes whose gradients add up (`passes`), and only these must fit.
"""

from dataclasses import dataclass

BATCHES = (4, 8, 16)
STEADY = 2


@dataclass(frozen=True)
class Batch:
    """Rows a step, and why so many, as a sentence."""

    rows: int
    reason: str


def choose_batch(training_rows: int, *, passes: int, least_steps: int) -> Batch:
    """Return the batch for so many rows that are gone through so many times, `least_steps` being the fewest steps that
    teach anything.
    """
    wanted = STEADY * least_steps
    fitting = [size for size in BATCHES if passes * -(-training_rows // size) >= wanted]
    if not fitting:
        return Batch(
            BATCHES[0], f"{BATCHES[0]} rows a step, because there are few: larger steps would be too few to learn from."
        )
    chosen = fitting[-1]
    if chosen == BATCHES[-1]:
        return Batch(
            chosen, f"{chosen} rows a step, which is as many as are good: at 32 and more, adapters learn less well."
        )
    larger = BATCHES[BATCHES.index(chosen) + 1]
    steps = passes * -(-training_rows // larger)
    return Batch(
        chosen, f"{chosen} rows a step: {larger} would leave {steps:,} steps, and {wanted:,} or more are wanted."
    )
