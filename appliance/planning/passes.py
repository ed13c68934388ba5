"""Choose the size of a pass, so that a training fits into memory.

A batch is computed in passes whose gradients add up (gradient accumulation), so memory depends on the tokens of a pass,
not on the batch. Smaller passes cost time; checkpointing costs more (another forward pass) and is tried last. A row
cannot be split: no pass is shorter than the longest row.
"""

from appliance.planning.machine import Machine
from appliance.planning.memory import MemorySplit, estimate_memory
from appliance.planning.work import Training

PASS_TOKENS = (1024, 512, 256, 128)  # on a CPU, where larger passes are no faster (ops/bench/README.md)
GPU_PASS_TOKENS = (16_384, 8192, 4096, 2048, 1024, 512)


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
