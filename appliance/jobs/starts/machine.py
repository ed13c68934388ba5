"""Work without anybody's data: convert a base model, measure the machine."""

from dataclasses import dataclass
from typing import Literal

from appliance.jobs.access import StartMessage


class ConvertStart(StartMessage):
    """Read a GGUF file and write a folder of safetensors, configuration and tokenizer."""

    type: Literal["convert"] = "convert"
    gguf_path: str
    output_folder: str


class MeasureStart(StartMessage):
    """Find out what this machine computes in, and how fast."""

    type: Literal["measure"] = "measure"


@dataclass(frozen=True)
class MeasuredMachine:
    """The compute type that the probe chose, GFLOP/s of its products, GB/s of copying; `gpu_memory_bytes` 0: no GPU."""

    compute_type: str
    gflops: float
    copy_gb_s: float
    gpu_memory_bytes: int
