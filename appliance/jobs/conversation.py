"""One worker, from its start message to its end: sends, receives, and turns every way to die into a sentence."""

import contextlib
import selectors
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.foundation.errors import WorkerError
from appliance.jobs.access import StartMessage, WireMessage
from appliance.jobs.messages import (
    MAX_MESSAGE_BYTES,
    Done,
    Failed,
    FromWorker,
    Stop,
    decode_from_worker,
    encode_message,
)

STOP_GRACE_S = 120.0
END_GRACE_S = 5.0


class Channel(Protocol):
    """A stream to a worker and back that a selector can wait for. Here it is a socket."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of `data`. Raises `OSError` when the worker is gone."""

    def recv(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none when the worker has closed its end."""

    def fileno(self) -> int:
        """Return what a selector waits for."""

    def close(self) -> None:
        """Close this end, which tells the worker to leave."""


class Worker(Protocol):
    """What the launcher gives for a started process."""

    @property
    def channel(self) -> Channel:
        """The way to talk to it."""

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit status (negative: the signal), or None after `timeout` seconds."""

    def kill(self) -> None:
        """End it at once."""


class WorkerLauncher(Protocol):
    """Whatever starts workers: the local launcher."""

    def launch(self, kind: str, *, read: tuple[Path, ...], write: tuple[Path, ...], memory_bytes: int) -> Worker:
        """Start a confined worker. Raises `IsolationError` when the walls cannot be put up."""


@dataclass(frozen=True)
class WorkerOrder:
    """What to start: the message says what to do, the paths what the sandbox opens.

    The memory has no default: who orders the work knows what it needs (`services/grants.py`).
    """

    start: StartMessage
    read: tuple[Path, ...]
    write: tuple[Path, ...]
    memory_bytes: int


class WorkerConversation:
    """A running worker. `send` may be called from any thread; `receive` from one at a time."""

    def __init__(self, launcher: WorkerLauncher, order: WorkerOrder, *, end_grace_s: float = END_GRACE_S) -> None:
        self._end_grace_s = end_grace_s
        self._worker = launcher.launch(
            order.start.type, read=order.read, write=order.write, memory_bytes=order.memory_bytes
        )
        self._channel = self._worker.channel
        self._buffer = bytearray()
        self._sending = threading.Lock()
        try:
            self.send(order.start)
        except BaseException:
            self.close()
            raise

    def send(self, message: WireMessage) -> None:
        """Send one message. Raises `WorkerError` when the worker is gone."""
        with self._sending:
            try:
                self._channel.sendall(encode_message(message))
            except OSError as error:
                raise self._death() from error

    def receive(self, timeout_s: float | None = None) -> FromWorker | None:
        """Return the next message, None after `timeout_s`. Raises `WorkerError` when the worker died or failed."""
        while b"\n" not in self._buffer:
            with selectors.DefaultSelector() as selector:
                selector.register(self._channel, selectors.EVENT_READ)
                if not selector.select(timeout_s):
                    return None
            try:
                piece = self._channel.recv(65536)
            except OSError:
                piece = b""
            if not piece:
                raise self._death()
            self._buffer += piece
            if len(self._buffer) >= MAX_MESSAGE_BYTES and b"\n" not in self._buffer[:MAX_MESSAGE_BYTES]:
                raise WorkerError("worker.message")
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        message = decode_from_worker(line)
        if isinstance(message, Failed):
            raise WorkerError(message.message, code=message.code)
        return message

    def close(self, *, grace_s: float | None = None) -> None:
        """Close the channel, and kill a worker that has not ended `grace_s` seconds later (default: `end_grace_s`)."""
        grace_s = self._end_grace_s if grace_s is None else grace_s
        with contextlib.suppress(OSError):
            self._channel.close()
        if self._worker.wait(grace_s) is None:
            self._worker.kill()
            self._worker.wait(END_GRACE_S)

    def _death(self) -> WorkerError:
        """Return how the worker ended, without having said that it was done."""
        status = self._worker.wait(self._end_grace_s)
        if status is None:
            self._worker.kill()
            return WorkerError("worker.died:unfinished")
        if status == -signal.SIGKILL:
            return WorkerError("worker.died:killed")
        if status < 0:
            return WorkerError("worker.died:crashed", number=-status, name=signal.strsignal(-status) or "unknown")
        return WorkerError("worker.died:ended", status=status)


def run_worker(
    launcher: WorkerLauncher,
    order: WorkerOrder,
    on_message: Callable[[FromWorker], None] = lambda _message: None,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    poll_s: float = 0.2,
    stop_grace_s: float = STOP_GRACE_S,
    end_grace_s: float = END_GRACE_S,
) -> Done:
    """Run a worker to its `Done`. When `should_stop` turns true it is asked to stop, and ended `stop_grace_s` later,
    whatever it says. When all is said it has `end_grace_s` to leave.

    Raises `WorkerError`.
    """
    conversation = WorkerConversation(launcher, order, end_grace_s=end_grace_s)
    deadline: float | None = None
    try:
        while True:
            if deadline is None and should_stop():
                with contextlib.suppress(WorkerError):  # It may have ended: what it said last is still to be read.
                    conversation.send(Stop())
                deadline = time.monotonic() + stop_grace_s
            message = conversation.receive(poll_s)
            if isinstance(message, Done):
                return message
            if message is not None:
                on_message(message)
            if deadline is not None and time.monotonic() >= deadline:
                raise WorkerError("worker.stop")
    finally:
        conversation.close()
