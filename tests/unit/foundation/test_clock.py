"""The machine's clock tells UTC in microseconds, never goes back within a boot, and names the boot."""

import time
import uuid

from appliance.foundation.clock import Clock, SystemClock

CLOCK: Clock = SystemClock()


def test_wall_time_is_utc_in_microseconds() -> None:
    """It lies between two looks at the system's own clock, in the same unit."""
    before = time.time_ns() // 1000
    now = CLOCK.now_us()
    assert before <= now <= time.time_ns() // 1000
    assert now < 2**53


def test_monotonic_time_never_moves_back() -> None:
    """Of many looks, each is at least the one before."""
    seen = [CLOCK.monotonic_us() for _ in range(100)]
    assert seen == sorted(seen)


def test_the_boot_has_one_name() -> None:
    """It is the kernel's, and the same each time."""
    assert str(uuid.UUID(CLOCK.boot_id())) == CLOCK.boot_id()
