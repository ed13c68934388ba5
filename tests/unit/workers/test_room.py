"""On a full disk the work waits, says so once, gives up what can be spared, and goes on; any other refusal is an error
at once.
"""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_disk import fill, small_disk

from appliance.foundation.errors import StorageError
from appliance.jobs.messages import Notice, Stop, decode_from_worker, encode_message
from appliance.training.features import SealedSpill
from appliance.workers.channel import WorkerChannel
from appliance.workers.room import FULL, PatientFile, StoppedWaitingError, write_when_there_is_room


@pytest.fixture
def ends() -> Iterator[tuple[WorkerChannel, socket.socket]]:
    """Give a worker's channel and the control plane's end of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(20)
        yield WorkerChannel(theirs), ours


class Disk:
    """Refuses so many writes, then takes one."""

    def __init__(self, refusals: int, code: str = "storage.full") -> None:
        self.refusals, self.code, self.taken = refusals, code, 0

    def write(self) -> None:
        """Write, or refuse."""
        if self.refusals:
            self.refusals -= 1
            raise StorageError("No.", code=self.code)
        self.taken += 1


def heard(end: socket.socket) -> list[Any]:
    """Return what was said so far."""
    end.setblocking(False)
    try:
        data = end.recv(65536)
    except BlockingIOError:
        return []
    return [decode_from_worker(line) for line in data.splitlines()]


def test_with_room_it_writes_and_says_nothing(ends: tuple[WorkerChannel, socket.socket]) -> None:
    """Once."""
    disk = Disk(0)
    assert write_when_there_is_room(ends[0], disk.write)
    assert disk.taken == 1
    assert heard(ends[1]) == []


def test_what_can_be_spared_is_given_up_before_anybody_is_told(ends: tuple[WorkerChannel, socket.socket]) -> None:
    """The older checkpoint, say."""
    disk, spare = Disk(1), [True]
    assert write_when_there_is_room(ends[0], disk.write, lambda: bool(spare) and spare.pop())
    assert (disk.taken, spare, heard(ends[1])) == (1, [], [])


def test_it_waits_says_so_once_and_takes_it_back(ends: tuple[WorkerChannel, socket.socket]) -> None:
    """However often the disk refuses."""
    disk = Disk(2)
    assert write_when_there_is_room(ends[0], disk.write)
    assert disk.taken == 1
    assert heard(ends[1]) == [Notice(version=1, sentence=FULL), Notice(version=1, sentence=None)]


def test_whoever_waits_can_be_stopped(ends: tuple[WorkerChannel, socket.socket]) -> None:
    """What was saved before stays; the caller is told that this was not."""
    disk, answers = Disk(10**9), list[bool]()
    waiting = threading.Thread(target=lambda: answers.append(write_when_there_is_room(ends[0], disk.write)))
    waiting.start()
    assert ends[1].recv(65536)
    ends[1].sendall(encode_message(Stop()))
    waiting.join(20)
    assert answers == [False]
    assert disk.taken == 0


def test_a_disk_that_refuses_for_another_reason_is_an_error(ends: tuple[WorkerChannel, socket.socket]) -> None:
    """One that vanished does not come back by waiting."""
    with pytest.raises(StorageError):
        write_when_there_is_room(ends[0], Disk(1, "storage.refused").write)
    assert heard(ends[1]) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte."""
    with small_disk(tmp_path / "small", "1m") as folder:
        yield folder


def test_what_frozen_layers_made_waits_for_room_and_is_whole(
    small: Path, ends: tuple[WorkerChannel, socket.socket]
) -> None:
    """The disk fills up between two rows of them; room again is all it takes."""
    channel, end = ends
    spill = SealedSpill(small, "jb_x", bytes(32), opened=lambda path: PatientFile(path, channel))
    rows = [os.urandom(100_000) for _ in range(5)]
    places = [spill.append(rows[0])]
    filler = fill(small)
    waiting = threading.Thread(target=lambda: places.extend(spill.append(row) for row in rows[1:]))
    waiting.start()
    assert decode_from_worker(end.recv(65536).strip()) == Notice(version=1, sentence=FULL)
    filler.unlink()
    waiting.join(20)
    assert [spill.read_at(place, len(row)) for place, row in zip(places, rows, strict=True)] == rows
    spill.remove()
    assert heard(end) == [Notice(version=1, sentence=None)]


def test_a_file_that_waits_can_be_stopped(small: Path, ends: tuple[WorkerChannel, socket.socket]) -> None:
    """What it holds is of no use then, and whoever writes hears so."""
    channel, end = ends
    end.sendall(encode_message(Stop()))
    with PatientFile(small / "file", channel) as file:
        fill(small)
        with pytest.raises(StoppedWaitingError):
            file.write(bytes(1 << 16))
