"""How often the kernel has killed a process because memory ran out, which tells that from somebody's `kill -9`."""

from pathlib import Path

VMSTAT = Path("/proc/vmstat")  # `oom_kill` counts the whole machine and every control group, since Linux 4.13


def count_memory_kills(vmstat: Path = VMSTAT) -> int:
    """Return the kernel's count, 0 where it keeps none."""
    try:
        lines = vmstat.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
