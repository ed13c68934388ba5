"""A worker's side of the conversation, and the frame that every worker runs in.

`run` protects the process's memory before the first key arrives, reads the start message, and turns whatever goes wrong
into a `Failed` with a sentence: an exception's own text may hold data, so it goes nowhere.

When memory runs out, Python has an exception for it; torch and its libraries raise a `RuntimeError` with a text
(`torch.OutOfMemoryError` is one too).
"""

import contextlib
import os
import select
import socket
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from appliance.foundation.errors import ApplianceError, WorkerError
from appliance.foundation.messages import message
from appliance.jobs.access import StartMessage, WireMessage
from appliance.jobs.messages import (
    MAX_MESSAGE_BYTES,
    Done,
    Failed,
    Stop,
    ToWorker,
    decode_start,
    decode_to_worker,
    encode_message,
)
from appliance.jobs.sandbox import protect_memory

TOO_LARGE = "worker.memory"  # the code of a `Failed` that less at a time would not help
_TEXTS = (
    "allocate memory",  # torch's allocator on a CPU ("DefaultCPUAllocator: can't allocate memory")
    "out of memory",  # torch's allocator on a GPU ("CUDA out of memory."), CUDA below it ("CUDA error: out of memory")
    "STATUS_ALLOC_FAILED",  # cuBLAS and cuDNN, whose workspaces lie beside torch's allocator
    "bad_alloc",
    "could not create a memory",  # oneDNN
)
_Start = TypeVar("_Start", bound=StartMessage)
_READ_BYTES = 65536


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether `error` says that memory ran out, so that the same work may pass with less."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(text in str(error) for text in _TEXTS)
    )


def loading_a_model() -> contextlib.AbstractContextManager[None]:
    """Say what to choose instead when memory runs out in the block. Raises `WorkerError`."""
    return _saying("worker.memory:model")


def training_a_model() -> contextlib.AbstractContextManager[None]:
    """Say, when memory runs out in the block, that the training may go on with less. Raises `WorkerError`."""
    return _saying("worker.out-of-memory")


@contextlib.contextmanager
def _saying(identifier: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise WorkerError(identifier) from error


class WorkerChannel:
    """The inherited end of the socket pair."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._buffer = bytearray()
        self._stopping = False

    def send(self, message: WireMessage) -> None:
        """Send one message. Raises `OSError` when the control plane is gone, which ends the worker."""
        self._channel.sendall(encode_message(message))

    def receive_start(self, expected: type[_Start]) -> _Start:
        """Wait for the order. Raises `WorkerError` when it is not one for this worker, or the control plane is gone."""
        return decode_start(expected, self._line())

    def receive(self) -> ToWorker:
        """Wait for the next message. Raises `WorkerError` when the control plane is gone."""
        return decode_to_worker(self._line())

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            piece = self._channel.recv(_READ_BYTES)
            if not piece:
                raise WorkerError("worker.orphan")
            self._buffer += piece
            if len(self._buffer) >= MAX_MESSAGE_BYTES and b"\n" not in self._buffer[:MAX_MESSAGE_BYTES]:
                raise WorkerError("worker.message:size")
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        return line

    def has_message(self) -> bool:
        """Tell, without waiting, whether a message (or the end of the control plane) is there to be received."""
        return b"\n" in self._buffer or bool(select.select([self._channel], [], [], 0)[0])

    def stop_requested(self) -> bool:
        """Tell, without waiting, whether a `Stop` has come (or the control plane has gone)."""
        while not self._stopping and self.has_message():
            try:
                self._stopping = isinstance(self.receive(), Stop)
            except WorkerError:
                self._stopping = True
        return self._stopping


def run(expected: type[_Start], work: Callable[[WorkerChannel, _Start], Done]) -> None:
    """Run a worker's `main`: `work` gets the channel and its start message, and returns how it ended."""
    protect_memory()
    channel = WorkerChannel(socket.socket(fileno=int(sys.argv[sys.argv.index("--channel") + 1])))
    try:
        channel.send(work(channel, channel.receive_start(expected)))
    except ApplianceError as error:
        channel.send(Failed(code=error.code, message=error.message))
        os._exit(1)
    except Exception as error:
        told = message("worker.fault", kind=type(error).__name__, place=_place(error))
        told = message(TOO_LARGE) if is_out_of_memory(error) else told
        channel.send(Failed(code=told.id, message=told))
        os._exit(1)


def _place(error: BaseException) -> str:
    """Return the module and line of the innermost frame of our own: a place in the code, no data."""
    place, frame = "unknown", error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_globals.get("__name__", "")
        if name.startswith("appliance."):
            place = f"{name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place
