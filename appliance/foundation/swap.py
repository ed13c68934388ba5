"""Swap: where the kernel may write what is in memory."""

from pathlib import Path

SWAPS = Path("/proc/swaps")
ENCRYPTED = ("/dev/dm-", "/dev/zram")  # the device mapper's, which is how swap is encrypted, and memory's own


def swap_problem(swaps: Path = SWAPS) -> str:
    """Return a sentence when swap in clear is on, or when that cannot be known; "" when there is none."""
    try:
        lines = swaps.read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return "Whether swap is on could not be read (/proc/swaps): what is in memory may be written to disk."
    if any(line and not line.startswith(ENCRYPTED) for line in lines):
        return "Swap is on: what is in memory may be written to disk. Switch it off, or encrypt it."
    return ""
