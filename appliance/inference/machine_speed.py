"""Measure the speed of what training does: matrix products in the compute type, and copying."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from appliance.inference.compute_type import compute_device, probe, type_name

# Rows, inner, columns. On a CPU, like the linear layers of a small model in a training step: products of other sizes
# are faster or slower by up to a third, which the fitted constants of `planning.estimates` take into account. On a GPU,
# like those of an 8 B model: a small product takes less time there than its launch, and would show a tenth of the
# speed.
SIZES = {"cpu": (320, 576, 1536), "cuda": (4096, 4096, 4096)}
COPIED_NUMBERS = 16 * 1024**2
LEAST_SECONDS, LEAST_ROUNDS = 0.5, 5


@torch.no_grad()
def measure_speed(clock: Callable[[], float] = time.perf_counter) -> dict[str, Any]:
    """Return `compute_type`, `gflops`, `copy_gb_s` and `gpu_memory_bytes` (0: no GPU).

    The speeds are medians over half a second each, timed by `clock` (seconds).
    """
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
    return {
        "compute_type": type_name(dtype),
        "gflops": 2 * rows * inner * columns / product / 1e9,
        "copy_gb_s": 2 * 4 * COPIED_NUMBERS / copy / 1e9,
        "gpu_memory_bytes": torch.cuda.get_device_properties(device).total_memory if gpu else 0,
    }


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
