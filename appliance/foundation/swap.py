"""Swap: where the kernel may write the content of memory."""

from pathlib import Path

from appliance.foundation.messages import Message, message

SWAPS = Path("/proc/swaps")
ENCRYPTED = ("/dev/dm-", "/dev/zram")  # the device mapper, with which swap is encrypted, and compressed memory


def swap_problem(swaps: Path = SWAPS) -> Message | None:
    """Return what is wrong if unencrypted swap is on or that cannot be determined."""
    try:
        lines = swaps.read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return message("swap:unknown")
    if any(line and not line.startswith(ENCRYPTED) for line in lines):
        return message("swap:unencrypted")
    return None
