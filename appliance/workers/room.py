"""Waiting for room on a full disk: nothing is lost, somebody is told, and the work goes on by itself."""

import time
from collections.abc import Callable

from appliance.foundation.errors import StorageError
from appliance.jobs.messages import Notice
from appliance.workers.channel import WorkerChannel

POLL_S = 1.0
FULL = (
    "The disk is full, so this waits; nothing is lost. Free some space on the appliance's disk and it goes on by itself, or stop it: "
    "what was saved last is kept."
)


def write_when_there_is_room(channel: WorkerChannel, write: Callable[[], object], make_room: Callable[[], bool] = lambda: False) -> bool:
    """Call `write` until the disk takes it. `make_room` gives up what can be spared, and tells whether there was something.

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
                channel.send(Notice(sentence=""))
            return True
