"""Tabulate what fits on which GPU, by the planner: 8 to 80 GB, models of 0.1 to 70 billion parameters.

The shapes are those of published models, from their configurations.
"""

from dataclasses import dataclass

from appliance.planning.machine import GPU_SHARE, Machine
from appliance.planning.methods import MethodChoice
from appliance.planning.parameters import ModelShape
from appliance.planning.passes import passes_that_fit
from appliance.planning.work import RowSizes, Training

TYPICAL_SHAPES = (
    ("0.1B", ModelShape(576, 30, 9, 3, 64, 1536, 49_152, tied=True)),  # SmolLM2-135M
    ("0.5B", ModelShape(896, 24, 14, 2, 64, 4864, 151_936, tied=True, attention_bias=True)),  # Qwen2.5-0.5B
    ("1B", ModelShape(2048, 16, 32, 8, 64, 8192, 128_256, tied=True)),  # Llama-3.2-1B
    ("3B", ModelShape(3072, 28, 24, 8, 128, 8192, 128_256, tied=True)),  # Llama-3.2-3B
    ("8B", ModelShape(4096, 32, 32, 8, 128, 14_336, 128_256, tied=False)),  # Llama-3.1-8B
    ("14B", ModelShape(5120, 48, 40, 8, 128, 13_824, 152_064, tied=False, attention_bias=True)),  # Qwen2.5-14B
    ("32B", ModelShape(5120, 64, 40, 8, 128, 27_648, 152_064, tied=False, attention_bias=True)),  # Qwen2.5-32B
    ("70B", ModelShape(8192, 80, 64, 8, 128, 28_672, 128_256, tied=False)),  # Llama-3.1-70B
)
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
