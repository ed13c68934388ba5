"""Swap: where the kernel may write the content of memory."""

from pathlib import Path

from appliance.foundation.messages import t

SWAPS = Path("/proc/swaps")
ENCRYPTED = ("/dev/dm-", "/dev/zram")  # the device mapper, with which swap is encrypted, and compressed memory


def swap_problem(swaps: Path = SWAPS) -> str:
    """Return a sentence if unencrypted swap is on or that cannot be determined, otherwise ""."""
    try:
        lines = swaps.read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return t("swap:unknown")
    if any(line and not line.startswith(ENCRYPTED) for line in lines):
        return t("swap:unencrypted")
    return ""
