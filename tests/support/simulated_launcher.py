"""A launcher without processes: real socket pairs, and threads that play the workers.

Its promises: jobs/test_simulated_launcher.py.
"""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from any_start import decode_any_start

from appliance.foundation.errors import ApplianceError
from appliance.jobs.messages import Failed
from appliance.workers.channel import WorkerChannel

SOON_S = 20.0
# Plays one worker: gets its channel and its raw end of the socket pair; returns its exit status, None for 0.
Play = Callable[[WorkerChannel, socket.socket], int | None]


class PlayedChannel(WorkerChannel):
    """A worker's end for plays of every kind: its first message is the order, whichever it is."""

    def __init__(self, channel: socket.socket) -> None:
        super().__init__(channel)
        self._started = False

    def receive(self) -> Any:
        """Return the order, and then what follows it."""
        if self._started:
            return super().receive()
        self._started = True
        return decode_any_start(self._line())


class SimulatedWorker:
    """What the launcher gives for a started process, played by a thread."""

    def __init__(self, play: Play) -> None:
        self.channel, self._theirs = socket.socketpair()
        self.killed = False
        self._status: int | None = None
        self._thread = threading.Thread(target=self._run, args=(play,), daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit status, or None when it plays on after `timeout` seconds."""
        self._thread.join(timeout)
        return None if self._thread.is_alive() else self._status

    def kill(self) -> None:
        """Take its channel away, and say that signal 9 ended it."""
        self.killed = True
        with contextlib.suppress(OSError):
            self._theirs.shutdown(socket.SHUT_RDWR)

    def _run(self, play: Play) -> None:
        with self._theirs:
            channel = PlayedChannel(self._theirs)
            try:
                status = play(channel, self._theirs) or 0
            except (OSError, ApplianceError) as error:  # As `workers.channel.run` does.
                status = 1
                if isinstance(error, ApplianceError):
                    with contextlib.suppress(OSError):
                        channel.send(Failed(code=error.code, message=error.message))
            self._status = -signal.SIGKILL if self.killed else status


class SimulatedLauncher:
    """Starts workers that `play`, one way for all or one way a kind, and remembers what it was asked for."""

    def __init__(self, play: Play | dict[str, Play]) -> None:
        self._play = play
        self.asked: list[dict[str, Any]] = []
        self.workers: list[SimulatedWorker] = []

    def launch(
        self, kind: str, *, read: tuple[Path, ...], write: tuple[Path, ...], memory_bytes: int
    ) -> SimulatedWorker:
        """Start a thread in the place of a confined worker."""
        self.asked.append({"kind": kind, "read": read, "write": write, "memory_bytes": memory_bytes})
        self.workers.append(SimulatedWorker(self._play[kind] if isinstance(self._play, dict) else self._play))
        return self.workers[-1]

    def prove(self) -> None:
        """There are no walls here to be proved."""


def works(work: Callable[[WorkerChannel, Any], Any]) -> Play:
    """Return a play that does `work` as the frame of a worker does: start message in, its `Done` out."""

    def play(channel: WorkerChannel, _raw: socket.socket) -> None:
        start = channel.receive()
        channel.send(work(channel, start))

    return play


def launchers() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    """Yield a function that makes simulated launchers; end what they started afterwards."""
    made: list[SimulatedLauncher] = []

    def make(play: Play | dict[str, Play]) -> SimulatedLauncher:
        made.append(SimulatedLauncher(play))
        return made[-1]

    yield make
    for launcher in made:
        for worker in launcher.workers:
            worker.kill()
            assert worker.wait(SOON_S) is not None
            worker.channel.close()
