"""Acknowledged entries are durable, ordered and signed, others are not acknowledged, and interruptions are noticed."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_disk import no_file_longer_than

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome, TreeHead, verify_log
from appliance.audit.merkle import leaf_hash, root_of
from appliance.audit.signed_note import parse_checkpoint
from appliance.foundation import canonical_json
from appliance.foundation.errors import AuditLogError, ConflictError, InputError, StorageError
from appliance.foundation.messages import verbatim

ACTOR = Actor("us_1", "trainer", "se_1")
TARGET = ObjectRef("dataset", "ds_1")
BUNDLE = "tile/entries/000.p"


def write(log: AuditLog, reason: str = "") -> int:
    return log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, reason=reason)


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of the folder except the journal."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".journal"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def settle(log: AuditLog) -> None:
    """Write everything out, as for a backup."""
    with log.still():
        pass


def test_an_append_is_durable_signed_and_remembered_when_it_returns(
    tmp_path: Path, clock: Any, signer: Any, heads: Any
) -> None:
    log = AuditLog.open(tmp_path / "audit", clock)
    log.attach(signer, heads)
    for number in range(5):
        assert write(log) == number
        again = AuditLog.open(shutil.copytree(tmp_path / "audit", tmp_path / f"copy-{number}"), clock)
        assert list(again.entries(0, number + 1)) == list(log.entries())
        verified = log.verify(public_key=signer.public_key, remembered=heads.saved[-1])
        assert verified.size == verified.signed_size == log.size == number + 1
        assert heads.saved[-1] == log.head == TreeHead(verified.size, verified.root)
    assert sorted(files(tmp_path / "audit")) == ["checkpoint", "tile/0/000.p/5", f"{BUNDLE}/5"]


def test_an_entry_has_all_fields(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    details: dict[str, str | int | bool] = {"kind": "train", "dataset": "ds_1"}
    log.append(
        ACTOR,
        "job.submit",
        ObjectRef("job", "jb_1", "ab12"),
        Outcome.DENIED,
        reason="policy.denied",
        request="rq_1",
        details=details,
    )
    assert list(log.entries()) == [
        {
            "version": 1,
            "sequence": 0,
            "time_us": 1_700_000_000_000_001,
            "boot_id": clock.boot_id(),
            "monotonic_us": 100_000_000_000_001,
            "actor": {"id": "us_1", "role": "trainer", "session": "se_1"},
            "action": "job.submit",
            "object": {"kind": "job", "id": "jb_1", "digest": "ab12"},
            "outcome": "denied",
            "reason": "policy.denied",
            "request": "rq_1",
            "details": details,
        }
    ]


def test_entries_written_while_sealed_are_signed_at_the_next_unseal(
    tmp_path: Path, clock: Any, signer: Any, heads: Any
) -> None:
    log = AuditLog.open(tmp_path, clock)
    write(log)
    assert "checkpoint" not in files(tmp_path)
    log.attach(signer, heads)
    assert parse_checkpoint(files(tmp_path)["checkpoint"]).head.size == 1
    log.detach()
    write(log)
    write(log)
    log.close()
    # The tiles of the checkpoint on disk stay beside the newer ones, so that public tools can still verify it.
    assert sorted(files(tmp_path)) == ["checkpoint", "tile/0/000.p/1", "tile/0/000.p/3", f"{BUNDLE}/1", f"{BUNDLE}/3"]
    log = AuditLog.open(tmp_path, clock)
    assert log.size == 3
    assert verify_log(tmp_path, public_key=signer.public_key, require_signed=False).signed_size == 1
    with pytest.raises(AuditLogError, match="are not signed") as caught:
        log.verify(public_key=signer.public_key)
    assert caught.value.entry == 1
    log.attach(signer, heads)
    assert log.verify(public_key=signer.public_key, remembered=heads.load()).signed_size == 3
    assert sorted(files(tmp_path)) == ["checkpoint", "tile/0/000.p/3", f"{BUNDLE}/3"]


@pytest.mark.slow
def test_a_long_log_has_many_bundles(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Callable[[AuditLog, int], None]
) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    for size in (255, 256, 257, 512, 600):
        fill(log, size - log.size)
        assert [entry["sequence"] for entry in log.entries()] == list(range(size))
        leaves = [leaf_hash(canonical_json.encode(entry)) for entry in log.entries()]
        assert log.head == heads.saved[-1] == TreeHead(size, root_of(leaves))
        assert log.verify(public_key=signer.public_key).root == root_of(leaves)
    assert sorted(files(tmp_path)) == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
        "tile/entries/002.p/88",
    ]
    assert not (tmp_path / BUNDLE).exists()
    log.close()
    again = AuditLog.open(tmp_path, clock)
    assert again.head == log.head
    assert write(again) == 600
    # The roots of all earlier heads can be computed from the tiles.
    for head in heads.saved[::37]:
        heads.saved.append(head)
        again.attach(signer, heads)
        again.detach()
        heads.saved.append(TreeHead(head.size, leaf_hash(b"other")))
        with pytest.raises(AuditLogError, match="rewritten"):
            again.attach(signer, heads)
        heads.saved.pop()


def test_entries_can_be_read_in_part(filled: Callable[[int], Path], clock: Any) -> None:
    log = AuditLog.open(filled(300), clock)
    for start, stop in [(0, None), (0, 0), (3, 300), (255, 257), (256, 256), (299, None), (300, None), (400, 500)]:
        assert [entry["sequence"] for entry in log.entries(start, stop)] == list(range(300))[start:stop]


def test_threads_share_writes_without_gap_or_reorder(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    """Sixteen threads find their own entries at the returned sequences, in their own order, also after reopening."""
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    returned: dict[str, list[int]] = {}
    barrier = threading.Barrier(16)

    def work(name: str) -> None:
        barrier.wait()
        returned[name] = [write(log, f"{name}.{number}") for number in range(20)]

    threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    again = AuditLog.open(tmp_path, clock)
    by_sequence = {entry["sequence"]: entry["reason"] for entry in again.entries()}
    assert (
        sorted(by_sequence)
        == sorted(sequence for sequences in returned.values() for sequence in sequences)
        == list(range(320))
    )
    for name, sequences in returned.items():
        assert sequences == sorted(sequences)
        assert [by_sequence[sequence] for sequence in sequences] == [f"{name}.{number}" for number in range(20)]
    assert verify_log(tmp_path, public_key=signer.public_key, remembered=heads.load()).signed_size == 320
    times = [entry["monotonic_us"] for entry in again.entries()]
    assert times == sorted(times)


def test_waiting_entries_are_written_together(tmp_path: Path, clock: Any, signer: Any) -> None:
    """During a write the other threads gather and share the next one: three heads are saved for ten entries."""
    entered, go_on = threading.Event(), threading.Event()

    class SlowHeads:
        saved: list[TreeHead] = []  # noqa: RUF012 - used once

        def load(self) -> TreeHead | None:
            return None

        def save(self, head: TreeHead) -> None:
            self.saved.append(head)
            if head.size == 1:
                entered.set()
                assert go_on.wait(60)

    heads = SlowHeads()
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    threads = [threading.Thread(target=write, args=(log,)) for _ in range(10)]
    threads[0].start()
    assert entered.wait(60)
    for thread in threads[1:]:
        thread.start()
    while log._appender.queue.waiting < 9:
        threading.Event().wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join()
    assert [head.size for head in heads.saved] == [0, 1, 10]


# Failures


def test_a_full_disk_acknowledges_nothing_and_leaves_the_log_usable(
    tmp_path: Path, clock: Any, signer: Any, heads: Any
) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    write(log)
    before = files(tmp_path)
    with no_file_longer_than(100), pytest.raises(StorageError, match="Writing the audit log failed"):
        write(log)
    assert (files(tmp_path), log.size) == (before, 1)
    assert write(log) == 1
    assert log.verify(public_key=signer.public_key, remembered=heads.load()).size == 2
    log.close()
    assert verify_log(tmp_path, public_key=signer.public_key, remembered=heads.load()).size == 2


def test_a_failed_write_is_an_error_in_every_waiting_thread(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    failures: list[StorageError] = []

    def work() -> None:
        try:
            write(log)
        except StorageError as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    with no_file_longer_than(100):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({id(failure) for failure in failures}) == 8
    assert AuditLog.open(tmp_path, clock).size == log.size == 0


def test_a_log_does_not_write_after_its_folder_was_replaced(tmp_path: Path, clock: Any) -> None:
    """Writes to the open file would be lost, because the new folder has another journal."""
    log = AuditLog.open(tmp_path / "audit", clock)
    write(log)
    (tmp_path / "audit").rename(tmp_path / "aside")
    other = AuditLog.open(tmp_path / "audit", clock)
    with pytest.raises(StorageError, match="replaced"):
        write(log)
    other.close()


def test_a_log_whose_folder_is_gone_does_not_create_it(tmp_path: Path, clock: Any) -> None:
    folder = tmp_path / "audit"
    log = AuditLog.open(folder, clock)
    for _entry in range(256):
        write(log)
    folder.rename(tmp_path / "aside")
    for _entry in range(4):
        with pytest.raises(StorageError):
            write(log)
        with pytest.raises(StorageError):
            log.verify_writable()
        with pytest.raises(StorageError):
            settle(log)
    assert not folder.exists()
    (tmp_path / "aside").rename(folder)
    log.verify_writable()
    assert write(log) == 256
    log.close()
    assert AuditLog.open(folder, clock).size == 257


@pytest.mark.parametrize("blocked", ["checkpoint", "tile/0/000.p/2", "tile/0/000.p", "tile"])
def test_entries_that_cannot_be_written_out_stay_in_the_journal(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, blocked: str
) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    write(log)
    if blocked != "tile":
        settle(log)
    write(log)
    target, kept = tmp_path / blocked, tmp_path.parent / "kept"
    if target.exists():
        target.rename(kept)
    target.write_bytes(b"") if blocked in {"tile", "tile/0/000.p"} else target.mkdir()
    with pytest.raises(StorageError):
        settle(log)
    assert write(log) == 2
    assert heads.saved[-1] == log.head
    target.unlink() if blocked in {"tile", "tile/0/000.p"} else target.rmdir()
    if kept.exists():
        kept.rename(target)
    settle(log)
    assert verify_log(tmp_path, public_key=signer.public_key, remembered=heads.load()).signed_size == 3
    log.close()
    assert AuditLog.open(tmp_path, clock).size == 3


@pytest.mark.parametrize("refusal", [StorageError(verbatim("The disk is full.")), RuntimeError("database is locked")])
def test_an_append_fails_if_its_head_cannot_be_saved(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, refusal: Exception
) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    heads.refusal = refusal
    with pytest.raises(StorageError):
        write(log)
    heads.refusal = None
    assert write(log) == 1
    assert log.verify(public_key=signer.public_key, remembered=heads.load()).size == 2


def test_an_attach_that_cannot_sign_leaves_the_log_detached(
    tmp_path: Path, clock: Any, signer: Any, heads: Any
) -> None:
    log = AuditLog.open(tmp_path, clock)
    heads.refusal = StorageError(verbatim("The disk is full."))
    with pytest.raises(StorageError):
        log.attach(signer, heads)
    heads.refusal = None
    write(log)
    log.attach(signer, heads)


def test_an_interrupted_write_stops_the_log_until_it_is_reopened(
    tmp_path: Path, clock: Any, signer: Any, heads: Any
) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    heads.refusal = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        write(log)
    heads.refusal = None
    with pytest.raises(ConflictError, match="interrupted"):
        write(log)
    again = AuditLog.open(tmp_path, clock)
    again.attach(signer, heads)
    assert write(again) == 2
    assert [(entry["action"], entry["details"]) for entry in again.entries(1, 2)] == [
        ("log.recover", {"entries": 1, "torn": False, "open": 0})
    ]


def test_a_closed_log_refuses(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.close()
    with pytest.raises(ConflictError, match="closed"):
        write(log)
    with pytest.raises(ConflictError, match="closed"):
        log.attach(signer, heads)


def test_an_invalid_entry_is_refused_before_anything_is_written(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    with pytest.raises(InputError):
        log.append(ACTOR, "nonsense", TARGET, Outcome.SUCCEEDED)
    clock.now = -5
    with pytest.raises(InputError):
        write(log)
    assert (files(tmp_path), log.size) == ({}, 0)
    clock.now = 1_700_000_000_000_000
    assert write(log) == 0
