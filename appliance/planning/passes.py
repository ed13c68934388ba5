"""Choose the size of a pass, so that a training fits into memory.

A batch is computed in passes whose gradients add up (gradient accumulation), so memory depends on the tokens of a pass,
not on the batch. Smaller passes cost time; checkpointing costs more (another forward pass) and is tried last. A row
cannot be split: no pass is shorter than the longest row.
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
    """A training to plan: model, what learns, machine, rows, passes over them, rows a step."""

    shape: ModelShape
    choice: MethodChoice
    machine: Machine
    rows: RowSizes
    epochs: int
    batch_size: int


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
            memory = memory_of(wanted, tokens, checkpointing=checkpointing)
            if memory.needed <= wanted.machine.memory_bytes:
                return tokens, checkpointing, memory
    return None


def memory_of(wanted: Training, pass_tokens: int, *, checkpointing: bool) -> MemorySplit:
    """Return the peak memory with passes of `pass_tokens`."""
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
    """Return the time with passes of `pass_tokens`."""
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
