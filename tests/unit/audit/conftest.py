"""Fixtures of the log's tests: its parts, and a filled log."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from log_parts import KeySigner, MemoryHeads, StillClock

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def signer() -> KeySigner:
    return KeySigner()


@pytest.fixture
def other_signer() -> KeySigner:
    return KeySigner(seed=2)


@pytest.fixture
def heads() -> MemoryHeads:
    return MemoryHeads()


@pytest.fixture
def fill() -> Callable[[AuditLog, int], None]:
    """Return a function that appends a number of entries."""

    def fill_log(log: AuditLog, count: int) -> None:
        for _ in range(count):
            log.append(Actor("us_1", "trainer"), "dataset.read", ObjectRef("dataset", "ds_1"), Outcome.SUCCEEDED)

    return fill_log


@pytest.fixture
def filled(
    tmp_path: Path, clock: StillClock, signer: KeySigner, heads: MemoryHeads, fill: Callable[[AuditLog, int], None]
) -> Callable[[int], Path]:
    """Return a function that makes a closed, signed log of a number of entries and returns its folder."""

    def make(count: int) -> Path:
        folder = tmp_path / f"log-{count}"
        log = AuditLog.open(folder, clock)
        # All but the last are written without a signer, because hundreds of signatures would only take time.
        fill(log, count - 1)
        log.attach(signer, heads)
        fill(log, 1)
        log.close()
        return folder

    return make


@pytest.fixture(scope="session")
def parts() -> SimpleNamespace:
    """Return the classes, for fixtures with a wider scope."""
    return SimpleNamespace(Signer=KeySigner, Heads=MemoryHeads, Clock=StillClock)
