"""Requests are refused before the disk is full, and a wall clock that was set is logged."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import RESTORE, Actor, AuditLog, ObjectRef, Outcome
from appliance.foundation.errors import StorageError

ACTOR, TARGET = Actor("us_1", "trainer"), ObjectRef("dataset", "ds_1")


def write(log: AuditLog, reason: str) -> int:
    return log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, reason=reason)


class Disk:
    """Reports a chosen amount of free space."""

    def __init__(self) -> None:
        self.free = 10**12

    def __call__(self, _folder: Path) -> int:
        return self.free


def test_on_a_full_disk_requests_are_refused_and_logged_as_denied(
    tmp_path: Path, clock: Any, signer: Any, heads: Any
) -> None:
    disk = Disk()
    log = AuditLog.open(tmp_path, clock, disk)
    log.attach(signer, heads)
    with log.action(ACTOR, "dataset.import", TARGET):
        disk.free = 1000
        with pytest.raises(StorageError, match="disk is full"), log.action(ACTOR, "dataset.read", TARGET):
            pytest.fail("it must not happen")
        with pytest.raises(StorageError, match="disk is full"):
            log.append(ACTOR, "dataset.list", TARGET, Outcome.SUCCEEDED)
        with pytest.raises(StorageError, match="disk is full"):
            log.verify_writable()
        log.append(ACTOR, "dataset.shred", TARGET, Outcome.DENIED, reason="policy.denied")
        with log.action(Actor("operator", "operator"), "vault.seal", ObjectRef("home", "home")):
            pass
    entries = [(entry["action"], entry["outcome"], entry["reason"]) for entry in log.entries()]
    assert entries == [
        ("dataset.import", "requested", ""),
        ("dataset.read", "denied", "storage.full"),
        ("dataset.list", "denied", "storage.full"),
        ("dataset.shred", "denied", "policy.denied"),
        ("vault.seal", "requested", ""),
        ("vault.seal", "succeeded", ""),
        ("dataset.import", "succeeded", ""),
    ]
    disk.free = 10**12
    log.verify_writable()
    write(log, "again")
    assert log.verify(public_key=signer.public_key, remembered=heads.load()).size == 8


@pytest.mark.slow
def test_without_any_reserve_nothing_is_logged_and_nothing_done(tmp_path: Path, clock: Any) -> None:
    disk = Disk()
    log = AuditLog.open(tmp_path, clock, disk)
    disk.free = 0
    long = Actor("us_1", "trainer", "s" * 500)
    sizes = []
    while not sizes or log.size > sizes[-1]:
        sizes.append(log.size)
        with pytest.raises(StorageError), log.action(long, "dataset.read", ObjectRef("dataset", "d" * 500)):
            pytest.fail("it must not happen")
    assert log.size > 1000
    before = -1
    while log.size > before:  # Short entries fit a little longer.
        before = log.size
        with contextlib.suppress(StorageError):
            log.append(ACTOR, "dataset.shred", TARGET, Outcome.DENIED)
    with pytest.raises(StorageError):
        log.append(ACTOR, "dataset.shred", TARGET, Outcome.DENIED)
    disk.free = 10**12
    write(log, "again")
    log.close()
    assert AuditLog.open(tmp_path, clock).size == before + 1


def moved(clock: Any, tmp_path: Path, move: Callable[[], None]) -> list[dict[str, Any]]:
    log = AuditLog.open(tmp_path, clock)
    write(log, "before")
    move()
    write(log, "after")
    return [entry["details"] for entry in log.entries() if entry["action"] == "clock.change"]


class TwoClocks:
    """Wall and monotonic time that can be moved apart."""

    def __init__(self) -> None:
        self.wall, self.since, self.boot = 1_700_000_000_000_000, 5_000_000, "6b1d0f6c-54a6-4a7f-8c39-0c1d1f4f9a10"

    def now_us(self) -> int:
        return self.wall

    def monotonic_us(self) -> int:
        return self.since

    def boot_id(self) -> str:
        return self.boot

    def wait(self, wall: int, since: int) -> None:
        """Advance both clocks."""
        self.wall, self.since = self.wall + wall, self.since + since


@pytest.mark.parametrize(
    ("wall", "since", "step"),
    [
        (60_000_000, 60_000_000, 0),
        (60_030_000, 60_000_000, 0),
        (-5_000_000, 1_000_000, -6_000_000),
        (-2_000, 0, -2_000),
        (3_600_000_000, 1_000_000, 3_599_000_000),
    ],
    ids=["time passes", "slewed", "set back", "set back a little", "set forward"],
)
def test_a_set_wall_clock_is_logged_before_the_entry_that_noticed_it(
    tmp_path: Path, wall: int, since: int, step: int
) -> None:
    clock = TwoClocks()
    changes = moved(clock, tmp_path, lambda: clock.wait(wall, since))
    assert changes == ([{"step_us": step, "before_us": 1_700_000_000_000_000}] if step else [])


def test_a_wall_clock_set_back_across_a_restart_is_logged_too(tmp_path: Path) -> None:
    clock = TwoClocks()
    log = AuditLog.open(tmp_path, clock)
    write(log, "before")
    log.close()
    clock.wall, clock.since, clock.boot = clock.wall - 7_000_000, 1_000_000, "00000000-0000-4000-8000-000000000000"
    again = AuditLog.open(tmp_path, clock)
    write(again, "after")
    write(again, "and after")
    actions = [entry["action"] for entry in again.entries()]
    assert actions == ["dataset.read", "clock.change", "dataset.read", "dataset.read"]
    assert [entry["sequence"] for entry in again.entries()] == [0, 1, 2, 3]


def test_a_restore_names_the_head_before_it_where_the_clock_was_set_meanwhile(tmp_path: Path) -> None:
    """As on a virtual machine that was suspended: the entry of the clock comes after that of the restore."""
    clock = TwoClocks()
    log = AuditLog.open(tmp_path, clock)
    write(log, "before")
    clock.wait(3_600_000_000, 1_000_000)
    head = log.head
    details = {"size": head.size, "root": head.root.hex(), "backup": "bk_1", "taken_us": 1, "why": "a test"}
    operator, home = Actor("operator", "operator"), ObjectRef("home", "home")
    sequence = log.append(operator, RESTORE, home, Outcome.REQUESTED, request="rq_1", details=details)
    assert sequence == head.size
    assert [entry["action"] for entry in log.entries()][head.size :] == [RESTORE, "clock.change"]
    log.close()
    assert AuditLog.open(tmp_path, clock).size == head.size + 2
