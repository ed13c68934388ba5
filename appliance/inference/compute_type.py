"""Choose the device and the compute type: bf16 where matrix products are faster in it, else fp32.

Some CPUs multiply bf16 four times faster than fp32; on others it is unusable. CPU flags and model names do not tell; a
probe of a few milliseconds does. Adapters are fp32 either way.

The speed of what training does is measured too: matrix products in the compute type, and copying.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from appliance.foundation.errors import IntegrityError
from appliance.jobs.starts.machine import MeasuredMachine

ROWS, INNER, COLUMNS = 192, 512, 1024  # like a linear layer of a small model in a training step
ROUNDS = 12
GAIN_NEEDED = 1.3  # bf16 has 8 bits of mantissa; a small gain is not worth the loss
GIVE_UP_SECONDS = 0.1  # a product that takes longer is emulated
# Rows, inner, columns. On a CPU, like the linear layers of a small model in a training step: products of other sizes
# are faster or slower by up to a third, which the fitted constants of `planning.estimates` take into account. On a GPU,
# like those of an 8 B model: a small product takes less time there than its launch, and would show a tenth of the
# speed.
SIZES = {"cpu": (320, 576, 1536), "cuda": (4096, 4096, 4096)}
COPIED_NUMBERS = 16 * 1024**2
LEAST_SECONDS, LEAST_ROUNDS = 0.5, 5


def compute_device() -> torch.device:
    """Return where models are held and computed: the first GPU, or the CPU where there is none."""
    return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")


def probe() -> torch.dtype:
    """Return `torch.bfloat16` or `torch.float32`, in well under a second.

    A GPU gets bf16 where it computes it natively. Older ones (compute capability below 8.0) emulate it, and have no
    flash kernel either.
    """
    if compute_device().type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so that the time of this thread is all there is, however busy the machine
    try:
        slow, fast = _seconds(torch.float32, torch.bfloat16)
    finally:
        torch.set_num_threads(threads)
    return torch.bfloat16 if fast * GAIN_NEEDED < slow else torch.float32


def flush_denormals() -> None:
    """Make this process treat numbers below 1.2e-38 as zero. Call it first: threads inherit it when they start.

    The gradients of a model that has nearly learned its data are full of such numbers, and some CPUs are far slower
    with them.
    """
    torch.set_flush_denormal(True)


def named_type(name: str) -> torch.dtype:
    """Return the type that has this `type_name`. Raises `IntegrityError` for an unknown name."""
    known = {type_name(dtype): dtype for dtype in (torch.bfloat16, torch.float32, torch.float64)}
    if name not in known:
        raise IntegrityError("checkpoint.type")
    return known[name]


def type_name(dtype: torch.dtype) -> str:
    """Return the name of a type as in `config.json`."""
    return str(dtype).removeprefix("torch.")


@torch.no_grad()
def _seconds(*dtypes: torch.dtype) -> list[float]:
    """Return the best time of a product in each type, in seconds of this thread; they take turns after a warm-up."""
    sides = {dtype: (torch.ones(ROWS, INNER, dtype=dtype), torch.ones(COLUMNS, INNER, dtype=dtype)) for dtype in dtypes}
    best = dict.fromkeys(dtypes, float("inf"))
    for turn in range(ROUNDS + 1):
        for dtype, (left, right) in sides.items():
            if GIVE_UP_SECONDS < best[dtype] < float("inf"):
                continue
            started = time.thread_time()
            torch.nn.functional.linear(left, right)
            spent = time.thread_time() - started
            if turn or spent > GIVE_UP_SECONDS:
                best[dtype] = min(best[dtype], spent)
    return list(best.values())


@torch.no_grad()
def measure_speed(clock: Callable[[], float] = time.perf_counter) -> MeasuredMachine:
    """Return how fast this machine is: medians over half a second each, timed by `clock` (seconds)."""
    dtype, device = probe(), compute_device()
    gpu = device.type == "cuda"
    rows, inner, columns = SIZES[device.type]
    left, right = (
        torch.ones(rows, inner, dtype=dtype, device=device),
        torch.ones(columns, inner, dtype=dtype, device=device),
    )
    source = torch.ones(COPIED_NUMBERS, device=device)
    target = torch.empty_like(source)
    product = _median_seconds(lambda: torch.nn.functional.linear(left, right), gpu, clock)
    copy = _median_seconds(lambda: target.copy_(source), gpu, clock)
    return MeasuredMachine(
        compute_type=type_name(dtype),
        gflops=2 * rows * inner * columns / product / 1e9,
        copy_gb_s=2 * 4 * COPIED_NUMBERS / copy / 1e9,
        gpu_memory_bytes=torch.cuda.get_device_properties(device).total_memory if gpu else 0,
    )


def _median_seconds(work: Callable[[], Any], gpu: bool, clock: Callable[[], float]) -> float:
    work()
    spent: list[float] = []
    while sum(spent) < LEAST_SECONDS or len(spent) < LEAST_ROUNDS:
        started = clock()
        work()
        if gpu:
            torch.cuda.synchronize()
        spent.append(clock() - started)
    return statistics.median(spent)
