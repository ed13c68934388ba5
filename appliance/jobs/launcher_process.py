"""The launcher process: forked before the server restricts itself, it starts confined workers and does nothing else.

    server --(request)--> launcher --fork--> supervisor --fork--> worker: walls, then exec
       ^                                         |
       +------ control: report, exit status -----+      (closing it kills the worker)

A supervisor stands between because namespaces bind the next child of whoever enters them. Everything here ends when the
server's ends of the connections close, however the server ended.
"""

import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from appliance.foundation.errors import IsolationError
from appliance.foundation.messages import message
from appliance.jobs.probe_targets import serve_targets
from appliance.jobs.sandbox import (
    Control,
    WorkerSandbox,
    confine_worker,
    count_own_threads,
    enter_namespaces,
    worker_environment,
)

MAX_PACKET_BYTES = 64 * 1024
_WORKERS = Path(__file__).resolve().parents[1] / "workers"
MAX_PATHS = 64
MIN_MEMORY_BYTES, MAX_MEMORY_BYTES = 64 * 1024**2, 64 * 1024**4
TARGETS_REQUEST = b'{"kind":"targets"}'
_CHANNEL = 3  # the worker's end of the conversation, after stdin, stdout and stderr
_FIRST_PARKED = 64  # descriptors that are kept move to numbers from here on
_OUT_OF_MEMORY_SCORE = "500"  # when memory runs out, the system takes workers first, not the server


class LaunchRequest(BaseModel):
    """What to start and what its walls leave open. Paths are absolute and resolved; memory in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1] = 1
    kind: str = Field(pattern=r"^[a-z][a-z_]{0,31}$")
    read: list[str] = Field(max_length=MAX_PATHS)
    write: list[str] = Field(max_length=MAX_PATHS)
    memory_bytes: int = Field(ge=MIN_MEMORY_BYTES, le=MAX_MEMORY_BYTES)
    processes: int = Field(ge=1, le=4096)


def serve_launches(connection: int, home: Path, also_read: tuple[Path, ...], controls: frozenset[Control]) -> None:
    """Answer requests on the descriptor `connection` until its other end closes, in a fork that the caller ends."""
    os.setsid()  # a terminal's Ctrl-C is the server's to answer
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors need no reaping
    gc.disable()  # an object of the server, collected here, would close a descriptor that has a new owner
    server = socket.socket(fileno=_keep_only(connection)[0])
    while request := server.recv(MAX_PACKET_BYTES):
        try:
            answer(server, request, home, also_read, controls)
        except (ValidationError, IsolationError, OSError) as error:
            server.send(_refusal(error))


def answer(
    server: socket.socket, request: bytes, home: Path, also_read: tuple[Path, ...], controls: frozenset[Control]
) -> None:
    """Start what a request asks for; send its connections. Raises `ValidationError`, `IsolationError`, `OSError`."""
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with control, theirs:
        if request == TARGETS_REQUEST:
            if os.fork() == 0:
                _end_after(serve_targets, [theirs.fileno()], home)
            socket.send_fds(server, [b"{}"], [control.fileno()])
            return
        order = LaunchRequest.model_validate_json(request)
        verify_kind(order.kind)
        verify_paths(order, home, also_read)
        channel, worker_end = socket.socketpair()
        with channel, worker_end:
            if os.fork() == 0:
                _end_after(_supervise, [theirs.fileno(), worker_end.fileno()], order, controls)
            socket.send_fds(server, [b"{}"], [channel.fileno(), control.fileno()])


def verify_kind(kind: str) -> None:
    """Raise `IsolationError` unless there is a worker of this name."""
    if not (_WORKERS / f"{kind}.py").is_file():
        raise IsolationError("isolation:worker-kind", kind=kind)


def verify_paths(order: LaunchRequest, home: Path, also_read: tuple[Path, ...]) -> None:
    """Raise `IsolationError` unless all paths of the order lie, fully resolved, where a worker may be sent."""
    readable = (home, Path(sys.prefix).resolve(), *also_read)
    for paths, roots in ((order.read, readable), (order.write, (home,))):
        for text in paths:
            path = Path(text)
            if path != path.resolve() or not any(path.is_relative_to(root) for root in roots):
                raise IsolationError("isolation:outside-home")
            if path == home:
                raise IsolationError("isolation:whole-home")


def _refusal(error: Exception) -> bytes:
    told = (
        error.message
        if isinstance(error, IsolationError)
        else message("isolation.launcher:fault", fault=type(error).__name__)
    )
    return json.dumps({"refused": told.to_json()}).encode()


def _end_after(action: Callable[..., None], keep: list[int], *arguments: object) -> NoReturn:
    """In a forked child: run `action(control, ...)` with the descriptors `keep` alone (control first), and end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    kept = _keep_only(*keep)
    control = socket.socket(fileno=kept[0])
    try:
        action(control, *kept[1:], *arguments)
    except Exception as error:
        with contextlib.suppress(OSError):
            control.send(_refusal(error))
    finally:
        os._exit(1)


def _keep_only(*keep: int) -> list[int]:
    """Close every descriptor but `keep`, which get new numbers (returned); stdin, stdout, stderr are /dev/null."""
    parked = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _FIRST_PARKED) for number in keep]
    last = -1
    for number in sorted(parked):
        os.closerange(last + 1, number)
        last = number
    os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))
    null = os.open("/dev/null", os.O_RDWR)
    os.set_inheritable(null, True)  # it is number 0: copying it onto itself would leave it closed at exec
    for number in (1, 2):
        os.dup2(null, number)
    return parked


def _supervise(control: socket.socket, channel: int, order: LaunchRequest, controls: frozenset[Control]) -> None:
    missing = enter_namespaces(controls)
    already_running = count_own_threads()
    alive, alive_writing = os.pipe()  # this process alone can write: closed, it shows that the parent is gone
    report, report_writing = os.pipe()
    sandbox = WorkerSandbox(
        tuple(map(Path, order.read)), tuple(map(Path, order.write)), order.memory_bytes, order.processes, controls
    )
    worker = os.fork()
    if worker == 0:
        try:
            os.close(alive_writing)
            _become_worker(
                order.kind,
                sandbox,
                channel=channel,
                alive=alive,
                report=report_writing,
                already_running=already_running,
            )
        except Exception as error:
            os.write(report_writing, _refusal(error) + b"\n")
        finally:
            os._exit(1)
    for number in (alive, report_writing, channel):
        os.close(number)
    with os.fdopen(report, "rb") as lines:
        said: dict[str, Any] = {"missing": [], "pid": worker}
        for line in lines:
            said |= json.loads(line)
    said["missing"] = [*missing, *said["missing"]]
    control.send(json.dumps(said).encode())
    control.send(json.dumps({"status": _await_end(worker, control)}).encode())
    os._exit(0)


def _become_worker(
    kind: str, sandbox: WorkerSandbox, *, channel: int, alive: int, report: int, already_running: int
) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OUT_OF_MEMORY_SCORE)
    environment = worker_environment(sandbox, os.environ)
    os.dup2(channel, _CHANNEL, inheritable=True)
    os.chdir("/")
    missing = confine_worker(sandbox, alive=alive, already_running=already_running)
    os.write(report, json.dumps({"missing": missing}).encode() + b"\n")
    arguments = [sys.executable, "-I", "-B", "-m", f"appliance.workers.{kind}", "--channel", str(_CHANNEL)]
    os.execve(sys.executable, arguments, environment)  # noqa: S606 - no shell, fixed words. All other descriptors close: Python makes them so (PEP 446)


def _await_end(worker: int, control: socket.socket) -> int:
    """Wait for the worker, killed when the server says so or is gone; return its status, negative for a signal."""
    ended = os.pidfd_open(worker)
    watcher = select.poll()
    watcher.register(ended, select.POLLIN)
    watcher.register(control, select.POLLIN | select.POLLHUP)
    while True:
        happened = {number for number, _events in watcher.poll()}
        if ended in happened:
            return os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker, signal.SIGKILL)  # its own children too, where it has no process namespace
        watcher.unregister(control)
