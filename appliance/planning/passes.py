"""How large a pass may be, so that a training fits the memory.

A batch is worked through in passes whose gradients add up (gradient accumulation), so memory depends on the tokens of
one pass, not on the batch. Smaller passes cost time, checkpointing costs more (a forward pass again); they are tried in
this order. A row cannot be split: no pass is shorter than the longest row.
"""

from dataclasses import dataclass

from appliance.planning.estimates import estimate_seconds
from appliance.planning.machine import Machine
from appliance.planning.memory import MemorySplit, estimate_memory
from appliance.planning.methods import MethodChoice
from appliance.planning.parameters import ModelShape
from appliance.planning.work import Range, RowSizes


@dataclass(frozen=True)
class Training:
    """What somebody wants to train: which model, what learns, on which machine, rows, times through them, rows a
    step.
    """

    shape: ModelShape
    choice: MethodChoice
    machine: Machine
    rows: RowSizes
    epochs: int
    batch_size: int


PASS_TOKENS = (1024, 512, 256, 128)  # tokens, on a CPU: larger ones take no less time (ops/bench/README.md)
GPU_PASS_TOKENS = (16_384, 8192, 4096, 2048, 1024, 512)


def pass_sizes(machine: Machine) -> tuple[int, ...]:
    """Return the sizes that are tried, in tokens, the fastest first."""
    return GPU_PASS_TOKENS if machine.gpu else PASS_TOKENS


def passes_that_fit(wanted: Training) -> tuple[int, bool, MemorySplit] | None:
    """Return the largest pass that fits, checkpointing only where no pass fits without; None where nothing does."""
    for checkpointing in (False, True):
        for tokens in pass_sizes(wanted.machine):
            memory = memory_of(wanted, tokens, checkpointing=checkpointing)
            if memory.needed <= wanted.machine.memory_bytes:
                return tokens, checkpointing, memory
    return None


def memory_of(wanted: Training, pass_tokens: int, *, checkpointing: bool) -> MemorySplit:
    """Return the peak memory with passes of this size."""
    return estimate_memory(
        wanted.shape,
        wanted.choice,
        wanted.machine,
        wanted.rows,
        batch_size=wanted.batch_size,
        pass_tokens=pass_tokens,
        checkpointing=checkpointing,
    )


def seconds_of(wanted: Training, pass_tokens: int, *, checkpointing: bool) -> Range:
    """Return the time with passes of this size."""
    return estimate_seconds(
        wanted.shape,
        wanted.choice,
        wanted.machine,
        wanted.rows,
        epochs=wanted.epochs,
        batch_size=wanted.batch_size,
        pass_tokens=pass_tokens,
        checkpointing=checkpointing,
    )
