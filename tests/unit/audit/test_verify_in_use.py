"""A log can be verified while entries are appended: writers do not wait, and the state at the beginning is verified."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import AuditLog, VerifiedLog
from appliance.foundation.errors import AuditLogError

BEFORE, MORE = 300, 260


class Halt:
    """Stops the verifying thread when it opens a file with this name, until `go_on`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reached, self.go_on = threading.Event(), threading.Event()

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if (
            event == "open"
            and self.name
            and str(arguments[0]).endswith(self.name)
            and threading.current_thread().name == "verifies"
        ):
            self.name = ""
            self.reached.set()
            assert self.go_on.wait(60)


@contextmanager
def halted(verify: Callable[[], VerifiedLog], name: str) -> Iterator[list[VerifiedLog | AuditLogError]]:
    """Verify in a thread that stops before it opens the file, and continues after the block. Yields the result list."""
    halt, results = Halt(name), list[VerifiedLog | AuditLogError]()
    sys.addaudithook(halt.hear)  # Hooks cannot be removed, but this one acts only once.

    def work() -> None:
        try:
            results.append(verify())
        except AuditLogError as error:
            results.append(error)

    thread = threading.Thread(target=work, name="verifies", daemon=True)
    thread.start()
    assert halt.reached.wait(60)
    yield results
    halt.go_on.set()
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def log(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Callable[[AuditLog, int], None]
) -> Iterator[AuditLog]:
    opened = AuditLog.open(tmp_path / "audit", clock)
    fill(opened, BEFORE)
    opened.attach(signer, heads)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/entries/001.p/44"])
def test_appends_continue_during_a_verification(
    log: AuditLog, tmp_path: Path, signer: Any, heads: Any, fill: Callable[[AuditLog, int], None], name: str
) -> None:
    """The log is written out meanwhile, and partial files that the verification still has to read are superseded."""
    remembered = heads.load()
    with halted(lambda: log.verify(public_key=signer.public_key, remembered=remembered), name) as results:
        log.detach()  # Hundreds of signatures would only take time.
        writer = threading.Thread(target=fill, args=(log, MORE), daemon=True)
        writer.start()
        writer.join(120)
        assert not writer.is_alive()
        log.attach(signer, heads)  # which writes it out
        assert (tmp_path / "audit/tile/entries/001").exists()
    assert results == [VerifiedLog(BEFORE, remembered.root, BEFORE)]
    assert log.verify(public_key=signer.public_key, remembered=heads.load()).size == BEFORE + MORE
    assert not (tmp_path / "audit/tile/entries/001.p").exists()


def test_a_change_during_the_verification_is_found(log: AuditLog, tmp_path: Path, signer: Any) -> None:
    with halted(lambda: log.verify(public_key=signer.public_key), "tile/entries/000") as results:
        bundle = tmp_path / "audit/tile/entries/000"
        bundle.write_bytes(bundle.read_bytes().replace(b'"sequence":7,', b'"sequence":8,'))
    (error,) = results
    assert isinstance(error, AuditLogError)
    assert error.entry == 7


def test_a_file_of_later_entries_is_found(log: AuditLog, tmp_path: Path, signer: Any) -> None:
    with log.still():
        pass
    (tmp_path / "audit/tile/entries/002").write_bytes(b"")
    with pytest.raises(AuditLogError, match="refers to later entries") as caught:
        log.verify(public_key=signer.public_key)
    assert caught.value.entry == BEFORE
    (tmp_path / "audit/tile/entries/002").unlink()


def test_verifications_and_writers_run_side_by_side(
    log: AuditLog, signer: Any, heads: Any, fill: Callable[[AuditLog, int], None]
) -> None:
    """Files come and go meanwhile, which the verifier must not report as damage."""
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            fill(log, 3)
            with log.still():
                pass

    writers = [threading.Thread(target=write, daemon=True) for _number in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _number in range(5):
            size = log.size
            verified = log.verify(public_key=signer.public_key, remembered=heads.load())
            assert verified.signed_size == verified.size >= size
    finally:
        ended.set()
        for writer in writers:
            writer.join(60)
