"""Acknowledged entries are durable, ordered and signed, others are not acknowledged, and interruptions are noticed."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from small_disk import no_file_longer_than

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome, TreeHead, verify_log
from appliance.audit.merkle import leaf_hash, root_of
from appliance.audit.signed_note import parse_checkpoint
from appliance.foundation import canonical_json
from appliance.foundation.clock import SystemClock
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


# Attaching


def test_a_second_signer_is_refused(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    with pytest.raises(ConflictError):
        log.attach(signer, heads)


def test_another_key_or_name_is_refused(
    filled: Callable[[int], Path], clock: Any, signer: Any, other_signer: Any, heads: Any
) -> None:
    log = AuditLog.open(filled(2), clock)
    with pytest.raises(AuditLogError, match="not signed with this key"):
        log.attach(other_signer, heads)
    signer.name = "another.example/log"
    with pytest.raises(AuditLogError, match="the name of another log"):
        log.attach(signer, heads)


def test_an_older_folder_is_noticed(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    folder, older = tmp_path / "audit", tmp_path / "older"
    log = AuditLog.open(folder, clock)
    log.attach(signer, heads)
    write(log)
    settle(log)
    shutil.copytree(folder, older)
    write(log)
    log.close()
    with pytest.raises(AuditLogError, match="older folder") as caught:
        AuditLog.open(older, clock).attach(signer, heads)
    assert caught.value.entry == 1
    with pytest.raises(AuditLogError, match="older folder"):
        verify_log(older, public_key=signer.public_key, remembered=heads.load())
    # the same with only the checkpoint put back, and without it
    shutil.copy(older / "checkpoint", folder / "checkpoint")
    shutil.copytree(older / "tile", folder / "tile", dirs_exist_ok=True)
    with pytest.raises(AuditLogError, match="older folder"):
        AuditLog.open(folder, clock).attach(signer, heads)
    (folder / "checkpoint").unlink()
    with pytest.raises(AuditLogError, match="older folder"):
        AuditLog.open(folder, clock).attach(signer, heads)


def test_a_rewritten_history_is_noticed(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    """Even if it is signed with the right key, the head in the database differs."""
    log = AuditLog.open(tmp_path / "one", clock)
    log.attach(signer, heads)
    write(log, "truth")
    forged = AuditLog.open(tmp_path / "two", clock)
    forged.attach(signer, type(heads)())
    write(forged, "lie")
    write(forged, "lie")
    forged.close()
    with pytest.raises(AuditLogError, match="rewritten"):
        AuditLog.open(tmp_path / "two", clock).attach(signer, heads)
    with pytest.raises(AuditLogError, match="rewritten"):
        verify_log(tmp_path / "two", public_key=signer.public_key, remembered=heads.load())


# Actions


def test_an_action_is_logged_before_and_after(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    with log.action(ACTOR, "dataset.import", ObjectRef("dataset", ""), {"upload": "up_1"}) as recorded:
        (running,) = log.unfinished()
        assert (running["outcome"], running["request"], running["details"]) == (
            "requested",
            recorded.request,
            {"upload": "up_1"},
        )
        recorded.target = ObjectRef("dataset", "ds_1", "ab12")
        recorded.details = {"rows": 100}
    assert log.unfinished() == []
    requested, succeeded = log.entries()
    assert succeeded["outcome"] == "succeeded"
    assert succeeded["request"] == requested["request"] == recorded.request
    assert succeeded["object"] == {"kind": "dataset", "id": "ds_1", "digest": "ab12"}
    assert (requested["details"], succeeded["details"]) == ({"upload": "up_1"}, {"rows": 100})


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConflictError(verbatim("Row 3 says 'secret'."), code="job.state"), "job.state"),
        (ValueError("secret"), "unexpected.ValueError"),
        (KeyboardInterrupt("secret"), "interrupted.KeyboardInterrupt"),
    ],
)
def test_a_failed_action_is_logged_with_its_code_and_without_its_data(
    tmp_path: Path, clock: Any, error: BaseException, reason: str
) -> None:
    log = AuditLog.open(tmp_path, clock)
    with pytest.raises(type(error)) as caught, log.action(ACTOR, "dataset.import", TARGET):
        raise error
    assert caught.value is error
    _, failed = log.entries()
    assert (failed["outcome"], failed["reason"]) == ("failed", reason)
    assert b"secret" not in b"".join(files(tmp_path).values())
    assert log.unfinished() == []


def test_an_action_does_not_run_if_its_request_cannot_be_logged(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    done = False
    with no_file_longer_than(100), pytest.raises(StorageError), log.action(ACTOR, "dataset.import", TARGET):
        done = True
    assert not done
    assert log.size == 0


def test_an_outcome_that_cannot_be_logged_is_an_error(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    with ExitStack() as later, pytest.raises(StorageError), log.action(ACTOR, "dataset.import", TARGET):
        later.enter_context(no_file_longer_than(100))
    assert len(log.unfinished()) == 1


def test_a_failure_that_cannot_be_logged_is_still_raised(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)

    def close_and_fail() -> None:
        log.close()
        raise ValueError("first")

    with pytest.raises(ValueError, match="first") as caught, log.action(ACTOR, "dataset.import", TARGET):
        close_and_fail()
    assert "could not record this failure" in caught.value.__notes__[0]
    assert len(AuditLog.open(tmp_path, clock).unfinished()) == 1


def test_requests_with_the_same_id_are_counted(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    for outcome in (Outcome.REQUESTED, Outcome.REQUESTED, Outcome.FAILED):
        log.append(ACTOR, "job.submit", ObjectRef("job", "jb_1"), outcome, request="rq_1")
    log.append(ACTOR, "job.submit", ObjectRef("job", "jb_1"), Outcome.DENIED, request="rq_2")
    assert [entry["sequence"] for entry in log.unfinished()] == [1]
    assert [entry["sequence"] for entry in AuditLog.open(tmp_path, clock).unfinished()] == [1]


CHILD = """
import sys, time
from pathlib import Path
from appliance.audit import Actor, AuditLog, ObjectRef
from appliance.foundation.clock import SystemClock

folder, effect, when = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
log = AuditLog.open(folder, SystemClock())

def wait():
    print("here", flush=True)
    time.sleep(600)

with log.action(Actor("operator", "operator"), "home.create", ObjectRef("home", "home")):
    pass
with log.action(Actor("us_1", "trainer"), "dataset.import", ObjectRef("dataset", "ds_1")):
    if when == "before":
        wait()
    effect.write_text("done")
    if when == "after":
        wait()
wait()
"""


@pytest.mark.parametrize(
    ("when", "effect_there", "unfinished"), [("before", False, 1), ("after", True, 1), ("finished", True, 0)]
)
def test_a_killed_process_leaves_a_truthful_log(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, when: str, effect_there: bool, unfinished: int
) -> None:
    """After a kill before or after the action, its request has no outcome, and is found."""
    folder, effect = tmp_path / "audit", tmp_path / "effect"
    command = [sys.executable, "-c", CHILD, str(folder), str(effect), when]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        child.send_signal(signal.SIGKILL)
    log = AuditLog.open(folder, SystemClock())
    assert effect.exists() == effect_there
    assert [entry["action"] for entry in log.unfinished()] == ["dataset.import"] * unfinished
    log.attach(signer, heads)
    if unfinished:
        (entry,) = log.unfinished()
        log.append(
            Actor("us_1", "trainer"),
            entry["action"],
            ObjectRef("dataset", "ds_1"),
            Outcome.FAILED,
            request=entry["request"],
        )
    assert log.unfinished() == []
    assert [entry["details"] for entry in log.entries() if entry["action"] == "log.recover"] == [
        {"entries": 4 - unfinished, "torn": False, "open": unfinished}
    ]
    assert log.verify(public_key=signer.public_key).size == 5


KILLED_WRITER = """
import sys, threading
from pathlib import Path
from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.foundation.clock import SystemClock

log = AuditLog.open(Path(sys.argv[1]), SystemClock())

def work():
    while True:
        sequence = log.append(Actor("us_1", "trainer"), "dataset.read", ObjectRef("dataset", "ds_1"), Outcome.SUCCEEDED)
        sys.stdout.write(f"{sequence}\\n")
        sys.stdout.flush()

for _ in range(4):
    threading.Thread(target=work).start()
"""


def test_acknowledged_entries_survive_a_kill_at_any_point(tmp_path: Path, clock: Any) -> None:
    """After a process with four writing threads is killed, every sequence it printed exists, three times in a row."""
    acknowledged = -1
    for lines in (5, 40, 90):
        command = [sys.executable, "-c", KILLED_WRITER, str(tmp_path)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        ) as child:
            assert child.stdout is not None
            head = [child.stdout.readline() for _ in range(lines)]
            child.send_signal(signal.SIGKILL)
            printed = [int(line) for line in [*head, *child.stdout] if line.endswith(b"\n")]
        assert max(printed) > acknowledged
        acknowledged = max(printed)
        assert AuditLog.open(tmp_path, clock).size > acknowledged
