"""Waiting for room on a full disk: nothing is lost, somebody is told, and the work goes on by itself."""

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import StorageError
from appliance.foundation.messages import message
from appliance.jobs.messages import Notice
from appliance.workers.channel import WorkerChannel

POLL_S = 1.0
FULL = message("job-disk-full")


def write_when_there_is_room(
    channel: WorkerChannel, write: Callable[[], object], make_room: Callable[[], bool] = lambda: False
) -> bool:
    """Call `write` until the disk takes it. `make_room` gives up what can be spared, and tells whether there was
    something.

    Returns False when somebody asked to stop while it waited. Raises `StorageError` for any other refusal of the disk.
    """
    told = False
    while True:
        try:
            write()
        except StorageError as error:
            if error.code != "storage.full":
                raise
            if make_room():
                continue
            if not told:
                channel.send(Notice(sentence=FULL))
                told = True
            if channel.stop_requested():
                return False
            time.sleep(POLL_S)
        else:
            if told:
                channel.send(Notice(sentence=None))
            return True


class StoppedWaitingError(Exception):
    """Somebody asked to stop while a `PatientFile` waited: what it holds is of no use."""


class PatientFile(io.FileIO):
    """A new file whose writes wait while the disk is full: what was written stays, what was not follows."""

    def __init__(self, path: Path, channel: WorkerChannel) -> None:
        super().__init__(path, "w+b")
        self._channel = channel

    def write(self, data: Any, /) -> int:
        """Write all of `data`. Raises `StoppedWaitingError`, `StorageError` for any other refusal of the disk."""
        rest = memoryview(data).cast("B")
        size = len(rest)

        def write_rest() -> None:
            nonlocal rest
            with storage_errors(message("task:spill")):
                while rest:
                    rest = rest[super(PatientFile, self).write(rest) :]

        if not write_when_there_is_room(self._channel, write_rest):
            raise StoppedWaitingError
        return size
