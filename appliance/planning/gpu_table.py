"""Tabulate what fits on which GPU, by the planner: 8 to 80 GB, models of 0.1 to 70 billion parameters."""

from dataclasses import dataclass

from appliance.planning.machine import GPU_SHARE, Machine
from appliance.planning.methods import MethodChoice
from appliance.planning.passes import passes_that_fit
from appliance.planning.shapes import TYPICAL_SHAPES
from appliance.planning.work import RowSizes, Training

GPU_GB = (8, 12, 16, 24, 40, 48, 80)
TABLE_METHODS = (MethodChoice("full"), MethodChoice("lora"), MethodChoice("qlora"))
TABLE_ROWS = RowSizes(rows=1000, mean=300, longest=1024)


@dataclass(frozen=True)
class GpuRow:
    """A model's name and parameters, and the methods that fit each of `GPU_GB` ("lora*": only with checkpointing)."""

    name: str
    parameters: int
    fitting: tuple[tuple[str, ...], ...]


def gpu_table() -> tuple[GpuRow, ...]:
    """Return a row for each typical shape: rows of up to 1,024 tokens, rank 16, one GPU."""
    table = []
    for name, shape in TYPICAL_SHAPES:
        cells = []
        for size_gb in GPU_GB:
            machine = Machine(memory_bytes=round(size_gb * 1e9 * GPU_SHARE), disk_bytes=10**15, cores=1, gpu=True)
            methods = []
            for choice in TABLE_METHODS:
                fitting = passes_that_fit(Training(shape, choice, machine, TABLE_ROWS, epochs=1, batch_size=8))
                if fitting is not None:
                    _tokens, checkpointing, _memory = fitting
                    methods.append(choice.method + ("*" if checkpointing else ""))
            cells.append(tuple(methods))
        table.append(GpuRow(name, shape.parameters, tuple(cells)))
    return tuple(table)
