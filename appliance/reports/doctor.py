"""What is wrong with this machine or installation, in sentences."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from appliance.foundation.messages import t
from appliance.foundation.swap import swap_problem


def doctor_report(
    isolation: dict[str, Any], reminders: Sequence[str] = (), swaps: Path = Path("/proc/swaps")
) -> dict[str, Any]:
    """Return the problems found, and a summary.

    `isolation` is the result of the self-test, `reminders` are sentences about what is due soon, `swaps` is the
    kernel's list of swap.
    """
    problems = [t("doctor-kernels")] if importlib.util.find_spec("kernels") is not None else []
    problems += [str(swap)] if (swap := swap_problem(swaps)) else []
    tried = [t("doctor-isolation", refused=isolation["refused"], open=isolation["open"])]
    tried += [t("doctor-untried", count=isolation["unavailable"])] if isolation["unavailable"] else []
    # A wall that this kernel lacks is told, but no problem: the probes have shown that another one stands.
    walls = [t("doctor-missing", wall=wall) for wall in isolation["missing"]]
    sentence = "\n".join([" ".join(tried), *walls, *problems, *reminders])
    return {"problems": problems, "reminders": list(reminders), "isolation": isolation, "sentence": sentence}
