"""Choose the size of a pass, so that a training fits into memory.

A batch is computed in passes whose gradients add up (gradient accumulation), so memory depends on the tokens of a pass,
not on the batch. Smaller passes cost time; checkpointing costs more (another forward pass) and is tried last. A row
cannot be split: no pass is shorter than the longest row.

When memory runs out all the same, a training gives up larger passes first, then time for memory. The batch stays as it
is. Its gradient is the sum of its passes' gradients, so smaller passes learn the same (but for rounding). Activation
checkpointing (arXiv:1604.06174) keeps only what goes from layer to layer and computes each layer twice: about a third
more time.
"""

from dataclasses import dataclass

from appliance.foundation.messages import Message, message
from appliance.planning.machine import Machine
from appliance.planning.memory import MemorySplit, estimate_memory
from appliance.planning.work import Training

PASS_TOKENS = (1024, 512, 256, 128)  # on a CPU, where larger passes are no faster (ops/bench/README.md)
GPU_PASS_TOKENS = (16_384, 8192, 4096, 2048, 1024, 512)
LEAST_PASS_TOKENS = 128  # a smaller pass would hold one example anyway


def pass_sizes(machine: Machine) -> tuple[int, ...]:
    """Return the sizes to try, in tokens, fastest first."""
    return GPU_PASS_TOKENS if machine.gpu else PASS_TOKENS


def passes_that_fit(wanted: Training) -> tuple[int, bool, MemorySplit] | None:
    """Return tokens, checkpointing and memory of the largest pass that fits; None when none does.

    Checkpointing is used only where no pass fits without it.
    """
    for checkpointing in (False, True):
        for tokens in pass_sizes(wanted.machine):
            memory = estimate_memory(wanted, tokens, checkpointing=checkpointing)
            if memory.needed <= wanted.machine.memory_bytes:
                return tokens, checkpointing, memory
    return None


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
