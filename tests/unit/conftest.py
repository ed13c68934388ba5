"""A launcher without processes: real socket pairs, and threads that play the workers. Its promises: jobs/test_simulated_launcher.py."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.foundation.errors import ApplianceError
from appliance.jobs.messages import Failed, Start
from appliance.workers.channel import WorkerChannel

SOON_S = 20.0
# Plays one worker: gets its channel and its raw end of the socket pair; returns its exit status, None for 0.
Play = Callable[[WorkerChannel, socket.socket], int | None]


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
            channel = WorkerChannel(self._theirs)
            try:
                status = play(channel, self._theirs) or 0
            except (OSError, ApplianceError) as error:  # As `workers.channel.run` does.
                status = 1
                if isinstance(error, ApplianceError):
                    with contextlib.suppress(OSError):
                        channel.send(Failed(code=error.code, sentence=error.sentence))
            self._status = -signal.SIGKILL if self.killed else status


class SimulatedLauncher:
    """Starts workers that `play`, one way for all or one way a kind, and remembers what it was asked for."""

    def __init__(self, play: Play | dict[str, Play]) -> None:
        self._play = play
        self.asked: list[dict[str, Any]] = []
        self.workers: list[SimulatedWorker] = []

    def launch(self, kind: str, *, read: tuple[Path, ...], write: tuple[Path, ...], memory_bytes: int) -> SimulatedWorker:
        """Start a thread in the place of a confined worker."""
        self.asked.append({"kind": kind, "read": read, "write": write, "memory_bytes": memory_bytes})
        self.workers.append(SimulatedWorker(self._play[kind] if isinstance(self._play, dict) else self._play))
        return self.workers[-1]

    def prove(self) -> None:
        """There are no walls here to be proved."""


def works(work: Callable[[WorkerChannel, Any], Any]) -> Play:
    """Return a play that does `work` as the frame of a worker does: start message in, its `Done` out."""

    def play(channel: WorkerChannel, _raw: socket.socket) -> None:
        start: Start = channel.receive()  # type: ignore[assignment]
        channel.send(work(channel, start))

    return play


def _launchers() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
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


@pytest.fixture
def simulate() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    """Return a function that makes simulated launchers; what they started is over at the end of the test."""
    yield from _launchers()


@pytest.fixture(scope="module")
def module_launcher() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    """Do the same for a module's tests together."""
    yield from _launchers()


@pytest.fixture(scope="session")
def worker_frame() -> Callable[[Callable[[WorkerChannel, Any], Any]], Play]:
    """Return `works`."""
    return works
