"""How often the kernel has killed a process because memory ran out: what tells such an end from a `kill -9` by
somebody.
"""

from pathlib import Path

VMSTAT = Path("/proc/vmstat")  # `oom_kill` counts the whole machine and every control group, since Linux 4.13


def count_memory_kills(vmstat: Path = VMSTAT) -> int:
    """Return the kernel's count, 0 where it keeps none."""
    try:
        lines = vmstat.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
