"""Which type to compute in: found by a probe, for CPUs with the same name differ. bf16 is four times faster on some, unusable on others."""

import time

import torch

PROBE_ROWS = 256
PROBE_COLUMNS = 576
BUDGET_S = 0.4
GAIN = 1.2


def probe_compute_type() -> torch.dtype:
    """Return bf16 where a matrix product in it is at least 1.2 times as fast as in fp32, else fp32. Takes under a second.

    On a GPU: bf16 from compute capability 8.0 on. The bf16 probe is abandoned as soon as it has lost.
    """
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.get_device_capability() >= (8, 0) else torch.float32
    single = _seconds(torch.float32, limit=BUDGET_S)
    half = _seconds(torch.bfloat16, limit=single)
    return torch.bfloat16 if half * GAIN <= single else torch.float32


def _seconds(dtype: torch.dtype, *, limit: float) -> float:
    """Return the best of a few products, or of as many as fit into `limit` seconds."""
    left = torch.ones(PROBE_ROWS, PROBE_COLUMNS, dtype=dtype)
    right = torch.ones(PROBE_COLUMNS, PROBE_COLUMNS, dtype=dtype)
    best, spent = float("inf"), 0.0
    for _ in range(8):
        started = time.perf_counter()
        torch.mm(left, right)
        seconds = time.perf_counter() - started
        best, spent = min(best, seconds), spent + seconds
        if spent > max(limit, 0.05):
            break
    return best
