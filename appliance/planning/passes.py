"""How large a pass may be, so that a training fits the memory.

A batch is worked through in passes whose gradients add up (gradient accumulation), so memory depends on the tokens of one pass, not on the
batch. Smaller passes cost time, checkpointing costs more (a forward pass again); they are tried in this order. A row cannot be split:
no pass is shorter than the longest row.
"""

from appliance.planning.estimates import MemorySplit, estimate_memory
from appliance.planning.machine import Machine
from appliance.planning.methods import MethodChoice
from appliance.planning.parameters import ModelShape
from appliance.planning.work import RowSizes

PASS_TOKENS = (512, 256, 128)  # 512 was measured the fastest on a CPU (ADR 0006)
GPU_PASS_TOKENS = (16_384, 8192, 4096, 2048, 1024, 512)


def pass_sizes(machine: Machine) -> tuple[int, ...]:
    """Return the sizes that are tried, in tokens, the fastest first."""
    return GPU_PASS_TOKENS if machine.gpu else PASS_TOKENS


def passes_that_fit(shape: ModelShape, choice: MethodChoice, machine: Machine, rows: RowSizes) -> tuple[int, bool, MemorySplit] | None:
    """Return the largest pass that fits, checkpointing only where no pass fits without; None where nothing does."""
    for checkpointing in (False, True):
        for tokens in pass_sizes(machine):
            memory = estimate_memory(
                shape, choice, machine, pass_tokens=max(tokens, rows.longest), checkpointing=checkpointing, features=rows.tokens
            )
            if memory.peak.high <= machine.memory_bytes:
                return tokens, checkpointing, memory
    return None
