"""What is wrong with this machine or installation, in sentences."""

import importlib.util
from pathlib import Path
from typing import Any


def doctor_report(isolation: dict[str, Any]) -> dict[str, Any]:
    """Return the problems found, and a summary. `isolation` is the result of the self-test."""
    problems = []
    if importlib.util.find_spec("kernels") is not None:
        problems.append(
            "The package `kernels` is installed: transformers and bitsandbytes would use it to load code from a hub. Remove it."
        )
    if _swap_in_use():
        problems.append("Swap is on: what is in memory may be written to disk. Switch it off, or encrypt it.")
    refused, unavailable = isolation["refused"], isolation["unavailable"]
    sentence = f"Isolation: {refused} ways out were tried and refused, {isolation['open']} got through"
    sentence += f"; {unavailable} do not exist on this kernel." if unavailable else "."
    return {"problems": problems, "isolation": isolation, "sentence": "\n".join([sentence, *problems])}


def _swap_in_use() -> bool:
    lines = Path("/proc/swaps").read_text(encoding="utf-8").splitlines()[1:]
    return any(line and not line.startswith(("/dev/dm-", "/dev/zram")) for line in lines)
