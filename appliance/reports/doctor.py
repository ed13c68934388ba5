"""What is wrong with this machine or installation, in sentences."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from appliance.foundation.swap import swap_problem


def doctor_report(
    isolation: dict[str, Any], reminders: Sequence[str] = (), swaps: Path = Path("/proc/swaps")
) -> dict[str, Any]:
    """Return the problems found, and a summary.

    `isolation` is the result of the self-test, `reminders` are sentences about what is due soon, `swaps` is the
    kernel's list of swap.
    """
    problems = []
    if importlib.util.find_spec("kernels") is not None:
        problems.append(
            "The package `kernels` is installed: transformers and bitsandbytes would use it to load code from a hub. "
            "Remove it."
        )
    if swap := swap_problem(swaps):
        problems.append(str(swap))
    refused, unavailable = isolation["refused"], isolation["unavailable"]
    sentence = f"Isolation: {refused} ways out were tried and refused, {isolation['open']} got through"
    sentence += f"; {unavailable} do not exist on this kernel." if unavailable else "."
    # A wall that this kernel lacks is no problem by itself: the probes have shown that another one stands. It is said
    # all the same.
    walls = [f"Not there on this machine: {wall}" for wall in isolation["missing"]]
    sentence = "\n".join([sentence, *walls, *problems, *reminders])
    return {"problems": problems, "reminders": list(reminders), "isolation": isolation, "sentence": sentence}
