"""How fast this machine is at what training does: matrix products in the compute type, and copying."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from appliance.inference.compute_type import probe, type_name

# Like the linear layers of a small model at a training step: products of other sizes are faster or slower by a third, which the fitted
# constants of `planning.estimates` hold.
ROWS, INNER, COLUMNS = 320, 576, 1536
COPIED_NUMBERS = 16 * 1024**2
LEAST_SECONDS, LEAST_ROUNDS = 0.5, 5


@torch.no_grad()
def measure_speed(clock: Callable[[], float] = time.perf_counter) -> dict[str, Any]:
    """Return `compute_type`, `gflops`, `copy_gb_s`, and `gpu_memory_bytes` (0: none): medians over half a second each, by `clock`."""
    dtype = probe()
    gpu = torch.cuda.is_available()
    device = torch.device("cuda" if gpu else "cpu")
    left, right = torch.ones(ROWS, INNER, dtype=dtype, device=device), torch.ones(COLUMNS, INNER, dtype=dtype, device=device)
    source = torch.ones(COPIED_NUMBERS, device=device)
    target = torch.empty_like(source)
    product = _median_seconds(lambda: torch.nn.functional.linear(left, right), gpu, clock)
    copy = _median_seconds(lambda: target.copy_(source), gpu, clock)
    return {
        "compute_type": type_name(dtype),
        "gflops": 2 * ROWS * INNER * COLUMNS / product / 1e9,
        "copy_gb_s": 2 * 4 * COPIED_NUMBERS / copy / 1e9,
        "gpu_memory_bytes": torch.cuda.get_device_properties(0).total_memory if gpu else 0,
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
