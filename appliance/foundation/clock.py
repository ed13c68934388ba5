"""Time as an argument: whatever needs the time takes a `Clock`, so that tests can hold one still."""

import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Wall time, monotonic time and the boot that the monotonic time counts from."""

    def now_us(self) -> int:
        """Return UTC as microseconds since 1970 (fits the 2^53 of RFC 8785 until 2255)."""
        ...

    def monotonic_us(self) -> int:
        """Return microseconds since boot, never moving back within one boot."""
        ...

    def boot_id(self) -> str:
        """Return the kernel's random id of this boot."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_us(self) -> int:
        """Return UTC as microseconds since 1970."""
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        """Return microseconds since boot (CLOCK_BOOTTIME, which counts suspended time too)."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000

    def boot_id(self) -> str:
        """Return `/proc/sys/kernel/random/boot_id`."""
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
