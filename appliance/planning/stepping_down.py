"""What a training gives up when memory runs out all the same: smaller passes first, then memory for time. The batch
stays as it is.

A batch's gradient is the sum of its passes', so smaller passes learn the same (but for rounding). Activation
checkpointing (arXiv:1604.06174) computes each layer twice and keeps only what stands between layers: about a third more
time.
"""

from dataclasses import dataclass

LEAST_PASS_TOKENS = 128  # below, a pass is one example anyway


@dataclass(frozen=True)
class Footprint:
    """What decides how much memory the activations of a step take."""

    pass_tokens: int
    activation_checkpointing: bool


@dataclass(frozen=True)
class StepDown:
    """What is done next, and the sentence that says so."""

    footprint: Footprint
    sentence: str


def step_down(now: Footprint) -> StepDown | None:
    """Return the next smaller way to train, None when there is none."""
    if now.pass_tokens // 2 >= LEAST_PASS_TOKENS:
        half = now.pass_tokens // 2
        sentence = (
            f"Memory ran out, so each batch is now computed in passes of at most {half} tokens instead of "
            f"{now.pass_tokens}. "
            "The batch and what is learned from it stay the same; it goes on from the last checkpoint."
        )
        return StepDown(Footprint(half, now.activation_checkpointing), sentence)
    if not now.activation_checkpointing:
        sentence = (
            "Memory ran out, so less is kept in memory between the layers and computed a second time instead "
            "(activation checkpointing): "
            "each step takes about a third longer. It goes on from the last checkpoint."
        )
        return StepDown(Footprint(now.pass_tokens, activation_checkpointing=True), sentence)
    return None
