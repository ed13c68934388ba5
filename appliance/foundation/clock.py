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


CLOCK_TOLERANCE_US = 2_000_000  # beside 1 in 1000, twice what the kernel corrects a slow or fast clock by
BACK_TOLERANCE_US = 1_000


def clock_step_us(time_us: int, monotonic_us: int, clock: Clock, *, same_boot: bool) -> int:
    """Return by how many microseconds the wall clock was moved since it and the monotonic clock stood so; 0 when it was
    not.

    Within one boot both clocks are compared; over a boot it only shows when it went back.
    """
    now = clock.now_us()
    if not same_boot:
        return min(0, now - time_us)
    passed = clock.monotonic_us() - monotonic_us
    step = now - time_us - passed
    return step if abs(step) > CLOCK_TOLERANCE_US + passed // 1000 or now < time_us - BACK_TOLERANCE_US else 0
