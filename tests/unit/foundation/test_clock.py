"""The system clock gives UTC in microseconds, never goes back within a boot, and identifies the boot."""

import time
import uuid

from appliance.foundation.clock import Clock, SystemClock

CLOCK: Clock = SystemClock()


def test_wall_time_is_utc_in_microseconds() -> None:
    """It lies between two readings of the system's own clock."""
    before = time.time_ns() // 1000
    now = CLOCK.now_us()
    assert before <= now <= time.time_ns() // 1000
    assert now < 2**53


def test_monotonic_time_never_moves_back() -> None:
    """Each of many readings is at least the one before."""
    readings = [CLOCK.monotonic_us() for _ in range(100)]
    assert readings == sorted(readings)


def test_the_boot_id_is_stable() -> None:
    """It is the kernel's, and the same each time."""

    assert str(uuid.UUID(CLOCK.boot_id())) == CLOCK.boot_id()
