"""Time as an argument: code that needs the time takes a `Clock`, so that tests can control it."""

import time
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Wall time, monotonic time, and the boot since which monotonic time counts."""

    def now_us(self) -> int:
        """Return UTC as microseconds since 1970 (fits the 2^53 of RFC 8785 until 2255)."""

    def monotonic_us(self) -> int:
        """Return microseconds since boot, never moving back within one boot."""

    def boot_id(self) -> str:
        """Return the kernel's random id of this boot."""


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


CLOCK_TOLERANCE_US = 2_000_000  # plus 1 in 1000, twice the rate at which the kernel corrects a slow or fast clock
BACK_TOLERANCE_US = 1_000


def clock_step_us(time_us: int, monotonic_us: int, clock: Clock, *, same_boot: bool) -> int:
    """Return by how many microseconds the wall clock was set forward or back since this pair of readings, or 0.

    Within one boot the two clocks are compared. Across a reboot only a step back can be noticed.
    """
    now = clock.now_us()
    if not same_boot:
        return min(0, now - time_us)
    elapsed = clock.monotonic_us() - monotonic_us
    step = now - time_us - elapsed
    return step if abs(step) > CLOCK_TOLERANCE_US + elapsed // 1000 or now < time_us - BACK_TOLERANCE_US else 0
