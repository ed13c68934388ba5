"""The server's side of the launcher: asks the process that was forked before the walls went up to start confined
workers.

The server cannot start programs itself (its own walls forbid it, and what it started would inherit them). The other
side is `launcher_process`. No worker starts before the isolation was proven in this process: `launch` runs the proof
first, once.
"""

import contextlib
import json
import os
import select
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.foundation.errors import IsolationError
from appliance.foundation.messages import Message, message
from appliance.jobs.launcher_process import MAX_PACKET_BYTES, TARGETS_REQUEST, LaunchRequest, serve_launches
from appliance.jobs.sandbox import ALL_CONTROLS, DEFAULT_PROCESSES, Control

REPLY_TIMEOUT_S = 30.0


class LaunchedWorker:
    """One confined process. It dies with this object's `control` end, and so with this process."""

    def __init__(self, channel: socket.socket, control: socket.socket, pid: int, missing: tuple[str, ...]) -> None:
        self.channel = channel
        self.pid = pid
        self.missing = missing  # sentences about walls that this kernel cannot put up
        self._control = control
        self._status: int | None = None
        self._waiting = threading.Lock()

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit status (negative: the signal), or None when it still runs after `timeout` seconds."""
        with self._waiting:
            if self._status is None and select.select([self._control], [], [], timeout)[0]:
                try:
                    answer = self._control.recv(MAX_PACKET_BYTES)
                except OSError:
                    answer = b""
                # Without an answer its supervisor was killed, and the worker with it.
                self._status = int(json.loads(answer)["status"]) if answer else -int(signal.SIGKILL)
                self._control.close()
            return self._status

    def kill(self) -> None:
        """End it at once."""
        if self._status is None:
            with contextlib.suppress(OSError):
                self._control.send(b"kill")

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self.kill()
        self.wait(REPLY_TIMEOUT_S)
        self._control.close()
        self.channel.close()


class Launcher:
    """Starts workers through the forked launcher process. Thread-safe."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection = connection
        self._pid = pid
        self._asking = threading.Lock()
        self._proving = threading.RLock()
        self._proof: Callable[[], object] | None = None
        self._proven = False

    @classmethod
    def start(
        cls, home: Path, *, read: tuple[Path, ...] = (), controls: frozenset[Control] = ALL_CONTROLS
    ) -> "Launcher":
        """Fork the launcher: before any restriction and any thread. It starts workers that read under `home`, `read`
        and the interpreter, and write under `home`. `controls`: see `sandbox.controls`; only tests set it.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork()
        if pid == 0:
            try:
                serve_launches(theirs.fileno(), home.resolve(), tuple(path.resolve() for path in read), controls)
            finally:
                os._exit(0)
        theirs.close()
        return cls(ours, pid)

    def prove_first(self, proof: Callable[[], object]) -> None:
        """Set what must succeed once before the first worker starts; it raises `IsolationError`."""
        self._proof = proof

    def prove(self) -> None:
        """Run the proof now, unless it was run. Raises `IsolationError`; without a proof set, always."""
        with self._proving:
            if self._proven:
                return
            if self._proof is None:
                raise IsolationError("isolation:unproven")
            self._proof()
            self._proven = True

    def launch(
        self,
        kind: str,
        *,
        read: tuple[Path, ...],
        write: tuple[Path, ...],
        memory_bytes: int,
        processes: int = DEFAULT_PROCESSES,
    ) -> LaunchedWorker:
        """Start `python -m appliance.workers.<kind>` behind its walls. Raises `IsolationError` without them."""
        if kind != "probe":
            self.prove()
        request = LaunchRequest(
            kind=kind,
            read=[str(path.resolve()) for path in read],
            write=[str(path.resolve()) for path in write],
            memory_bytes=memory_bytes,
            processes=processes,
        )
        channel, control = self._ask(request.model_dump_json().encode(), 2)
        report = self._receive_report(control)
        if "refused" in report:
            channel.close()
            control.close()
            raise IsolationError(Message.from_json(report["refused"]), code=IsolationError.default_code)
        return LaunchedWorker(channel, control, int(report["pid"]), tuple(report["missing"]))

    def open_targets(self) -> socket.socket:
        """Return a connection to a process without walls at which the self-test aims (`probe_targets`)."""
        (control,) = self._ask(TARGETS_REQUEST, 1)
        return control

    def close(self) -> None:
        """End the launcher; workers end when their own connections close."""
        self._connection.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def _ask(self, request: bytes, descriptors: int) -> list[socket.socket]:
        with self._asking:
            try:
                self._connection.settimeout(REPLY_TIMEOUT_S)
                self._connection.send(request)
                answer, received, _flags, _address = socket.recv_fds(self._connection, MAX_PACKET_BYTES, descriptors)
            except OSError as error:
                raise IsolationError("isolation.launcher") from error
        if not answer:
            raise IsolationError("isolation.launcher")
        refused = json.loads(answer).get("refused")
        if refused is not None or len(received) != descriptors:
            for number in received:
                os.close(number)
            told = Message.from_json(refused) if refused is not None else message("isolation.launcher:incomplete")
            raise IsolationError(told, code="isolation.launcher")
        return [socket.socket(fileno=number) for number in received]

    @staticmethod
    def _receive_report(control: socket.socket) -> dict[str, Any]:
        ready = select.select([control], [], [], REPLY_TIMEOUT_S)[0]
        answer = control.recv(MAX_PACKET_BYTES) if ready else b""
        if not answer:
            return {"refused": message("isolation:worker-start").to_json()}
        report: dict[str, Any] = json.loads(answer)
        return report
