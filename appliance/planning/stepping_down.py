"""What a training gives up when memory runs out all the same: first larger passes, then time for memory.

The batch stays as it is. Its gradient is the sum of its passes' gradients, so smaller passes learn the same (but for
rounding). Activation checkpointing (arXiv:1604.06174) keeps only what goes from layer to layer and computes each layer
twice: about a third more time.
"""

from dataclasses import dataclass

from appliance.foundation.messages import Message, message

LEAST_PASS_TOKENS = 128  # a smaller pass would hold one example anyway


@dataclass(frozen=True)
class Footprint:
    """What decides how much memory the activations of a step take."""

    pass_tokens: int
    activation_checkpointing: bool


@dataclass(frozen=True)
class StepDown:
    """The next smaller footprint, and the sentence that announces it."""

    footprint: Footprint
    sentence: Message


def step_down(now: Footprint) -> StepDown | None:
    """Return the next smaller way to train; None when there is none."""
    half = now.pass_tokens // 2
    if half >= LEAST_PASS_TOKENS:
        sentence = message("planning.step-down-passes", half=half, before=now.pass_tokens)
        return StepDown(Footprint(half, now.activation_checkpointing), sentence)
    if not now.activation_checkpointing:
        sentence = message("planning.step-down-checkpointing")
        return StepDown(Footprint(now.pass_tokens, activation_checkpointing=True), sentence)
    return None
