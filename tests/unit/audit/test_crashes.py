"""After a kill at any line of an append, or a power cut at any byte, acknowledged entries exist and the log opens."""

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from extent import ALL, in_extents
from killed import Killed

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.audit.appending import FLUSH_ENTRIES
from appliance.audit.journal import JOURNAL_BYTES
from appliance.foundation.errors import AuditLogError

ACTOR, TARGET = Actor("us_1", "trainer"), ObjectRef("dataset", "ds_1")
BEFORE = 8
FILES = (
    *("log.py", "log_state.py", "appending.py", "group_commit.py", "journal.py"),
    *("tile_files.py", "opening.py", "atomic_files.py"),
)


def write(log: AuditLog, reason: str) -> int:
    return log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, reason=reason)


class KeptHeads:
    """A head store in a file, which survives a killed process as the database does."""

    def __init__(self, path: Path, head: type) -> None:
        self._path = path
        self._head = head

    def load(self) -> Any:
        if not self._path.exists():
            return None
        size, root = self._path.read_text().split()
        return self._head(int(size), bytes.fromhex(root))

    def save(self, head: Any) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(f"{head.size} {head.root.hex()}")
        os.replace(fresh, self._path)


@pytest.mark.slow
@in_extents
@pytest.mark.parametrize("settled", [False, True], ids=["append", "append-and-write-out"])
def test_a_kill_at_any_line_of_an_append_loses_nothing(
    tmp_path: Path, clock: Any, signer: Any, settled: bool, extent: str
) -> None:
    """Lines of appends, and of writing the journal out; each kill is followed by a full verification."""
    from appliance.audit import TreeHead

    start = tmp_path / "start"
    log = AuditLog.open(start / "audit", clock)
    log.attach(signer, KeptHeads(start / "head", TreeHead))
    for number in range(BEFORE):
        write(log, f"before {number}")
    if not settled:
        log.close()
        log = AuditLog.open(start / "audit", clock)
        log.attach(signer, KeptHeads(start / "head", TreeHead))
    folder, counter = tmp_path / "now", tmp_path / "acknowledged"

    def open_it() -> AuditLog:
        opened = AuditLog.open(folder / "audit", clock)
        opened.attach(signer, KeptHeads(folder / "head", TreeHead))
        return opened

    def change(opened: AuditLog) -> None:
        for number in range(1 if settled else 3):
            write(opened, f"new {number}")
            counter.write_text(str(number + 1))
        if settled:
            with opened.still():
                pass

    deaths, number, step = 0, 1, 1 if extent == ALL else 20
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        counter.unlink(missing_ok=True)
        shutil.copytree(start, folder)
        if not Killed(open_it, change, FILES).before_line(number):
            break
        deaths, number = deaths + 1, number + step
        again = open_it()
        acknowledged = int(counter.read_text()) if counter.exists() else 0
        reasons = [entry["reason"] for entry in again.entries() if entry["action"] == "dataset.read"]
        assert reasons[:BEFORE] == [f"before {number}" for number in range(BEFORE)]
        assert acknowledged <= len(reasons) - BEFORE <= acknowledged + 1
        assert reasons[BEFORE:] == [f"new {number}" for number in range(len(reasons) - BEFORE)]
        assert (
            again.verify(
                public_key=signer.public_key, remembered=KeptHeads(folder / "head", TreeHead).load()
            ).signed_size
            == again.size
        )
        again.close()
    assert deaths >= 250 // step


@pytest.fixture
def torn(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> tuple[Path, bytes, int, int]:
    """Return a log's folder, its journal, and the beginning and end of the journal's last frame."""
    folder = tmp_path / "audit"
    log = AuditLog.open(folder, clock)
    log.attach(signer, heads)
    write(log, "first")
    start = journal_end(log)
    write(log, "second")
    return folder, (folder / ".journal").read_bytes(), start, journal_end(log)


def journal_end(log: AuditLog) -> int:
    """Return the position after the last frame of the journal."""
    return JOURNAL_BYTES - log._state.journal.room


@pytest.mark.slow
@pytest.mark.parametrize("rest", ["zeros", "noise", "sectors"])
def test_a_log_torn_at_any_byte_opens_at_the_last_durable_entry(
    torn: tuple[Path, bytes, int, int], tmp_path: Path, clock: Any, rest: str
) -> None:
    """After a power cut during the last write, the rest of its frame has the previous content."""
    folder, journal, start, end = torn
    noise = random.Random(1).randbytes(end - start)
    for cut in range(start, end, 3 if rest == "zeros" else 11):
        copy = tmp_path / "cut"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        missing = bytes(end - cut) if rest == "zeros" else noise[: end - cut]
        data = journal[:cut] + missing + journal[end:]
        if rest == "sectors":  # later sectors were written, an earlier one was not
            data = journal[:cut] + bytes(min(64, end - cut)) + journal[min(end, cut + 64) :]
        (copy / ".journal").write_bytes(data)
        again = AuditLog.open(copy, clock)
        entries = list(again.entries())
        assert [entry["reason"] for entry in entries if entry["action"] == "dataset.read"] == ["first"]
        recovered = [entry["details"] for entry in entries if entry["action"] == "log.recover"]
        assert [(details["entries"], details["open"]) for details in recovered] == [(1, 0)]
        if rest == "zeros" and cut >= start + 12:
            assert recovered[0]["torn"] is True
        again.close()
        assert AuditLog.open(copy, clock).size == 2


def test_a_changed_frame_is_not_taken_for_a_torn_one(torn: tuple[Path, bytes, int, int], clock: Any) -> None:
    """Complete frames follow it, so it is reported and not dropped."""
    folder, journal, start, _end = torn
    for position in range(start - 1, 60, -97):
        (folder / ".journal").write_bytes(journal[:position] + bytes([journal[position] ^ 1]) + journal[position + 1 :])
        with pytest.raises(AuditLogError) as caught:
            AuditLog.open(folder, clock)
        assert caught.value.entry == 0
    (folder / ".journal").write_bytes(journal[:-1])
    with pytest.raises(AuditLogError, match="length"):
        AuditLog.open(folder, clock)


@pytest.mark.parametrize("sealed", [False, True])
def test_a_changed_bit_before_the_last_frame_is_found_at_once(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, sealed: bool
) -> None:
    """This includes the journal's beginning, also while sealed, when no remembered head would reveal the change."""
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    if sealed:
        log.detach()
    write(log, "first")
    last = journal_end(log)
    write(log, "second")
    journal = (tmp_path / ".journal").read_bytes()
    for position in [*range(64), *range(64, last, 7)]:
        (tmp_path / ".journal").write_bytes(
            journal[:position] + bytes([journal[position] ^ 1]) + journal[position + 1 :]
        )
        with pytest.raises(AuditLogError) as caught:
            AuditLog.open(tmp_path, clock)
        assert (caught.value.code, caught.value.entry) == ("audit.journal", 0), position


def test_a_removed_last_frame_is_noticed_by_the_remembered_head(
    torn: tuple[Path, bytes, int, int], clock: Any, signer: Any, heads: Any
) -> None:
    """It looks torn, but it had been acknowledged."""
    folder, journal, start, end = torn
    (folder / ".journal").write_bytes(journal[:start] + bytes(end - start) + journal[end:])
    again = AuditLog.open(folder, clock)
    with pytest.raises(AuditLogError, match="older folder") as caught:
        again.attach(signer, heads)
    assert caught.value.entry == 1


def test_a_removed_journal_is_noticed_by_the_remembered_head(torn: Any, clock: Any, signer: Any, heads: Any) -> None:
    (torn[0] / ".journal").unlink()
    with pytest.raises(AuditLogError, match="older folder"):
        AuditLog.open(torn[0], clock).attach(signer, heads)


@pytest.mark.parametrize("where", ["header", "payload", "nothing"])
def test_with_a_torn_beginning_of_the_journal_the_folder_is_read(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, where: str
) -> None:
    """All entries are durable in tiles before a journal begins."""
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    for number in range(300):
        log.append(ACTOR, "dataset.import", TARGET, Outcome.REQUESTED, request=f"rq_{number}", reason="x")
    log.close()
    journal = (tmp_path / ".journal").read_bytes()
    cut = {"header": 30, "payload": 700, "nothing": 0}[where]
    (tmp_path / ".journal").write_bytes(journal[:cut] + bytes(len(journal) - cut))
    again = AuditLog.open(tmp_path, clock)
    assert (again.size, len(again.unfinished())) == (300, 300)
    again.attach(signer, heads)
    again.close()
    assert len(AuditLog.open(tmp_path, clock).unfinished()) == 300


def test_an_interrupted_write_out_must_agree_with_the_journal(
    tmp_path: Path, clock: Any, fill: Callable[[AuditLog, int], None]
) -> None:
    """Files beyond the journal's beginning were left by an interrupted write, or someone put them there."""
    log = AuditLog.open(tmp_path / "audit", clock)
    fill(log, 3)
    shutil.copytree(tmp_path / "audit", tmp_path / "before")
    log.close()
    for name, entry in (("tile/entries/000.p/3", 0), ("tile/0/000.p/3", 0)):
        copy = tmp_path / f"copy-{entry}-{name.replace('/', '-')}"
        shutil.copytree(tmp_path / "before", copy)
        (copy / name).parent.mkdir(parents=True)
        good = (tmp_path / "audit" / name).read_bytes()
        (copy / name).write_bytes(good)
        AuditLog.open(copy, clock).close()
        shutil.rmtree(copy)
        shutil.copytree(tmp_path / "before", copy)
        (copy / name).parent.mkdir(parents=True)
        (copy / name).write_bytes(good.replace(b"us_1", b"us_2") if "entries" in name else bytes(len(good)))
        with pytest.raises(AuditLogError) as caught:
            AuditLog.open(copy, clock)
        assert caught.value.entry == entry


def test_a_journal_of_an_unknown_version_is_refused(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    log._state.journal._end = 0
    log._state.journal._write(1, b'{"keys":[],"open":[],"size":0,"version":2}')
    with pytest.raises(AuditLogError, match="does not support"):
        AuditLog.open(tmp_path, clock)


@pytest.mark.slow
def test_opening_does_not_read_old_bundles(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    """Here an old bundle is unreadable, which only `verify` notices."""
    log = AuditLog.open(tmp_path, clock)
    fill_count = FLUSH_ENTRIES + 300
    for _number in range(fill_count):
        write(log, "")
    log.attach(signer, heads)
    log.close()
    bundle = tmp_path / "tile/entries/000"
    bundle.write_bytes(b"\x00" * bundle.stat().st_size)
    again = AuditLog.open(tmp_path, clock)
    assert again.size == fill_count
    with pytest.raises(AuditLogError) as caught:
        again.verify(public_key=signer.public_key)
    assert caught.value.entry == 0


def test_temporary_files_of_a_crash_are_removed_at_the_next_start(
    tmp_path: Path, clock: Any, signer: Any, heads: Any
) -> None:
    """The next start recognises every temporary file of the journal, of tiles and of the checkpoint."""
    names: set[Path] = set()
    listening = [True]

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and listening and str(arguments[0]).endswith(".tmp"):
            names.add(Path(arguments[0]))

    sys.addaudithook(hear)
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    write(log, "first")
    log.close()
    listening.clear()
    assert {path.name.split(".")[1] for path in names} == {"journal", "checkpoint", "1"}
    for path in names:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    AuditLog.open(tmp_path, clock).close()
    assert not [path for path in names if path.exists()]
