"""The machine that trains, as the planner sees it: its memory and disk, its compute type and its measured speed.

The speed is that of a matrix product in the compute type (`workers.measure` measures it once a machine, in two
seconds). Before that, the `UNMEASURED_...` ranges cover the machines seen so far, and estimates of time are as wide.
"""

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from appliance.foundation.errors import InputError

GIB = 1024**3
SYSTEM_BYTES = 1.5 * GIB  # the server, the launcher and the operating system, beside a training
BYTES_A_TYPE = {"float32": 4, "bfloat16": 2, "float64": 8}
# Of a core in fp32, in GFLOP/s, from a slow, shared one to AVX-512 at its best; and the gain of a CPU that has bf16.
UNMEASURED_GFLOPS_A_CORE = (15.0, 75.0)
BF16_GAIN = 4.0
UNMEASURED_COPY_GB_S = (2.0, 20.0)
# Of GPUs in 16 bits, by their data sheets: from a T4 (65 TFLOP/s, 320 GB/s) at a third to an H100 (990, 3350) at half.
# None was measured.
UNMEASURED_GPU_GFLOPS, UNMEASURED_GPU_COPY_GB_S = (20e3, 500e3), (100.0, 2000.0)
GPU_SHARE = 0.95  # of its memory; the driver and a screen hold the rest
CORRECTIONS = (0.1, 10.0)  # of an estimate of time by past trainings: beyond these, something else was wrong
MAX_SPEED = 1e9  # GFLOP/s and GB/s: no machine is as fast, and estimates stay finite


@dataclass(frozen=True)
class Speed:
    """A measured machine: the compute type that the probe chose, matrix products in GFLOP/s, copying in GB/s.

    `correction`: the time that past trainings took here, divided by the estimate (1: none yet).
    """

    compute_type: str
    gflops: float
    copy_gb_s: float
    correction: float = 1.0
    trainings: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> "Speed":
        """Return the speed in `value`. Raises `InputError` for anything else."""
        try:
            return cls(**value).verified()
        except TypeError:
            raise InputError("planning.speed") from None

    def verified(self) -> "Speed":
        """Return it with its correction within bounds. Raises `InputError` when it is the speed of no machine."""
        slowest, fastest = sorted((self.gflops, self.copy_gb_s))
        if self.compute_type not in BYTES_A_TYPE or not 0 < slowest <= fastest < MAX_SPEED or self.trainings < 0:
            raise InputError("planning.speed")
        return replace(self, correction=min(max(self.correction, CORRECTIONS[0]), CORRECTIONS[1]))

    def after_training(self, ratio: float) -> "Speed":
        """Return the speed corrected by one more training; `ratio`: its time divided by its (corrected) estimate.

        The correction is about the geometric mean of the last four trainings.
        """
        weight = 1 / min(4, self.trainings + 1)
        corrected = self.correction * ratio**weight
        return replace(
            self, correction=min(max(corrected, CORRECTIONS[0]), CORRECTIONS[1]), trainings=self.trainings + 1
        )


@dataclass(frozen=True)
class Machine:
    """Bytes of memory for a training, bytes free on the home's disk, cores, and the speed (None: not measured).

    `gpu`: the memory is a GPU's.
    """

    memory_bytes: int
    disk_bytes: int
    cores: int
    speed: Speed | None = None
    gpu: bool = False

    @property
    def compute_type(self) -> str:
        """The type that the model computes in: the measured one.

        Before that, the type of current GPUs on a GPU, and on a CPU the larger type, so that no memory is promised that
        is not there.
        """
        if self.speed is not None:
            return self.speed.compute_type
        return "bfloat16" if self.gpu else "float32"

    @property
    def flash_attention(self) -> bool:
        """Whether attention uses the kernel that holds no scores: see `training.varlen_attention`."""
        return self.gpu and self.compute_type == "bfloat16"


def fingerprint(processor: str, cores: int, memory_bytes: int) -> str:
    """Return an identifier of the machine that a speed was measured on: after a change it is measured again."""
    return hashlib.sha256(f"{processor}/{cores}/{memory_bytes // GIB}".encode()).hexdigest()[:16]
