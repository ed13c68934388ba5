"""On a full disk the work waits, says so once, gives up what can be spared, and goes on; any other refusal is an error at once."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.foundation.errors import StorageError
from appliance.jobs.messages import Notice, Stop, decode_from_worker, encode_message
from appliance.workers.channel import WorkerChannel
from appliance.workers.room import FULL, write_when_there_is_room


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
    assert heard(ends[1]) == [Notice(version=1, sentence=FULL), Notice(version=1, sentence="")]


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
