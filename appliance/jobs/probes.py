"""The probes of the self-test: each tries one way out of a process (SECURITY.md, Self-test).

Workers run them too, so they use the standard library only.
A probe that returns got through; one that raises `OSError` was refused. They aim at this machine's own listeners
(`probe_targets`) alone; nothing here takes an address from anywhere else.
"""

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

Side = Literal["worker", "server"]
TIMEOUT_S = 5
MSG_FASTOPEN = 0x20000000
PROBE_MEMORY_BYTES = 256 * 1024**2  # what a probing worker is given
_FILE_CAPABILITIES = 0b1111  # what a server run by root keeps, see sandbox.limits
_IO_URING_SETUP = 425
_MAP_NORESERVE = 0x4000  # counted by the limit, not by the system's own estimate
_PTRACE_ATTACH, _PTRACE_DETACH = 16, 17
_CLONE_NEWUSER = 0x10000000
_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Aim:
    """The targets: ports on loopback (0: not on this machine), names, a folder outside of every sandbox, a process."""

    tcp: int
    tcp6: int
    mptcp: int
    udp: int
    udp6: int
    abstract: str
    path: str
    outside: str
    process: int


@dataclass(frozen=True)
class HandedSockets:
    """Sockets made outside of the walls, so that what comes after making one is tried too."""

    COUNT: ClassVar[int] = 4
    accepted: socket.socket  # connected by somebody else, as a server's are
    tcp: socket.socket
    udp: socket.socket
    unix_datagram: socket.socket

    def in_order(self) -> tuple[socket.socket, ...]:
        """Return the sockets in the order of the fields, in which they travel."""
        return (self.accepted, self.tcp, self.udp, self.unix_datagram)

    def close(self) -> None:
        """Close all of them."""
        for each in self.in_order():
            each.close()


Probe: TypeAlias = Callable[[Aim, HandedSockets], None]


def _verify_result(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _bound_waiting(made: socket.socket) -> None:
    """Let it block for TIMEOUT_S at most, by the kernel: Python's time-out makes Fast Open answer too early."""
    made.setblocking(True)
    for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        made.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", TIMEOUT_S, 0))


def _reaching(family: int, kind: int, address: Callable[[Aim], Any], protocol: int = 0) -> Probe:
    """Return a probe that makes a socket and connects it, or sends a datagram, to an address."""

    def probe(aim: Aim, _sockets: HandedSockets) -> None:
        with socket.socket(family, kind, protocol) as made:
            _bound_waiting(made)
            if kind == socket.SOCK_STREAM:
                made.connect(address(aim))
            else:
                made.sendto(b"probe", address(aim))

    return probe


def _making(family: int, kind: int) -> Probe:
    """Return a probe that makes a socket, and closes it."""

    def probe(_aim: Aim, _sockets: HandedSockets) -> None:
        socket.socket(family, kind).close()

    return probe


def _fast_open(aim: Aim, _sockets: HandedSockets) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        _bound_waiting(made)
        made.sendto(b"probe", MSG_FASTOPEN, ("127.0.0.1", aim.tcp))


def _unix_datagram_pair(aim: Aim, _sockets: HandedSockets) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"probe", aim.abstract + "-datagrams")


def _handed_tcp(aim: Aim, sockets: HandedSockets) -> None:
    _bound_waiting(sockets.tcp)
    sockets.tcp.connect(("127.0.0.1", aim.tcp))


def _handed_fast_open(aim: Aim, sockets: HandedSockets) -> None:
    _bound_waiting(sockets.tcp)
    sockets.tcp.sendto(b"probe", MSG_FASTOPEN, ("127.0.0.1", aim.tcp))


def _handed_fast_open_message(aim: Aim, sockets: HandedSockets) -> None:
    _bound_waiting(sockets.tcp)
    sockets.tcp.sendmsg([b"probe"], [], MSG_FASTOPEN, ("127.0.0.1", aim.tcp))


def _disconnect_accepted(_aim: Aim, sockets: HandedSockets) -> None:
    unspecified = ctypes.create_string_buffer(16)  # a sockaddr of family AF_UNSPEC (0) dissolves a connection
    _verify_result(_libc.connect(sockets.accepted.fileno(), unspecified, len(unspecified)))


def _recycle_accepted(aim: Aim, sockets: HandedSockets) -> None:
    _disconnect_accepted(aim, sockets)
    _bound_waiting(sockets.accepted)
    sockets.accepted.sendto(b"probe", MSG_FASTOPEN, ("127.0.0.1", aim.tcp))


def _handed_bind(_aim: Aim, sockets: HandedSockets) -> None:
    sockets.udp.bind(("127.0.0.1", 0))


def _handed_abstract(aim: Aim, sockets: HandedSockets) -> None:
    sockets.unix_datagram.sendto(b"probe", aim.abstract + "-datagrams")


def _io_uring(_aim: Aim, _sockets: HandedSockets) -> None:
    parameters = ctypes.create_string_buffer(120)  # struct io_uring_params, all zero
    os.close(_verify_result(_libc.syscall(ctypes.c_long(_IO_URING_SETUP), ctypes.c_long(1), parameters)))


def _read_outside(aim: Aim, _sockets: HandedSockets) -> None:
    (Path(aim.outside) / "file").read_text()


def _write_outside(aim: Aim, _sockets: HandedSockets) -> None:
    (Path(aim.outside) / f"written-{os.getpid()}").touch()


def _signal_outside(aim: Aim, _sockets: HandedSockets) -> None:
    os.kill(aim.process, 0)


@contextlib.contextmanager
def _child() -> Iterator[int]:
    """Yield a child that waits, readable by its parent as far as its own settings decide."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
        os.write(writing, b"=")
        signal.pause()
        os._exit(0)
    try:
        os.read(reading, 1)
        yield pid
    finally:
        os.close(reading)
        os.close(writing)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _ptrace(_aim: Aim, _sockets: HandedSockets) -> None:
    with _child() as pid:
        _verify_result(_libc.ptrace(_PTRACE_ATTACH, pid, None, None))
        os.waitpid(pid, 0)
        _libc.ptrace(_PTRACE_DETACH, pid, None, None)


def _read_memory(_aim: Aim, _sockets: HandedSockets) -> None:
    here = ctypes.create_string_buffer(b"secret")

    class Piece(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    local = ctypes.create_string_buffer(6)
    with _child() as pid:
        pieces = Piece(ctypes.addressof(local), 6), Piece(ctypes.addressof(here), 6)
        _verify_result(
            _libc.process_vm_readv(
                pid,
                ctypes.byref(pieces[0]),
                ctypes.c_ulong(1),
                ctypes.byref(pieces[1]),
                ctypes.c_ulong(1),
                ctypes.c_ulong(0),
            )
        )


def _in_child(action: Callable[[], object]) -> None:
    """Run `action` in a child, since it cannot be undone, and raise what it raised."""
    pid = os.fork()
    if pid == 0:
        number = 0
        try:
            action()
        except OSError as error:
            number = error.errno or 1
        finally:
            os._exit(number)
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if number:
        raise OSError(number, os.strerror(number) if number > 0 else "the child was ended")


def _new_namespace(_aim: Aim, _sockets: HandedSockets) -> None:
    _in_child(lambda: _verify_result(_libc.unshare(_CLONE_NEWUSER)))


def _program(_aim: Aim, _sockets: HandedSockets) -> None:
    _in_child(lambda: os.execv("/bin/true", ["true"]))  # noqa: S606 - it must be refused


def _capabilities(_aim: Aim, _sockets: HandedSockets) -> None:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    if not int(fields["CapEff"], 16) & ~_FILE_CAPABILITIES:
        raise PermissionError("none are held")


def _core_dump(_aim: Aim, _sockets: HandedSockets) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE) == (0, 0) or _libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0:
        raise PermissionError("no core is written")


def _much_memory(_aim: Aim, _sockets: HandedSockets) -> None:
    mmap.mmap(-1, 64 * PROBE_MEMORY_BYTES, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE).close()


PROBES: dict[str, Probe] = {
    "TCP": _reaching(socket.AF_INET, socket.SOCK_STREAM, lambda aim: ("127.0.0.1", aim.tcp)),
    "TCP over IPv6": _reaching(socket.AF_INET6, socket.SOCK_STREAM, lambda aim: ("::1", aim.tcp6)),
    "MPTCP": _reaching(socket.AF_INET, socket.SOCK_STREAM, lambda aim: ("127.0.0.1", aim.mptcp), socket.IPPROTO_MPTCP),
    "UDP": _reaching(socket.AF_INET, socket.SOCK_DGRAM, lambda aim: ("127.0.0.1", aim.udp)),
    "UDP over IPv6": _reaching(socket.AF_INET6, socket.SOCK_DGRAM, lambda aim: ("::1", aim.udp6)),
    "a UDP socket": _making(socket.AF_INET, socket.SOCK_DGRAM),
    "TCP Fast Open": _fast_open,
    "a netlink socket": _making(socket.AF_NETLINK, socket.SOCK_RAW),
    "a vsock socket": _making(socket.AF_VSOCK, socket.SOCK_STREAM),  # never connected: it could reach another machine
    "an abstract Unix socket": _reaching(socket.AF_UNIX, socket.SOCK_STREAM, lambda aim: aim.abstract),
    "a Unix socket by path": _reaching(socket.AF_UNIX, socket.SOCK_STREAM, lambda aim: aim.path),
    "a pair of datagram sockets": _unix_datagram_pair,
    "a handed TCP socket, connected": _handed_tcp,
    "a handed TCP socket, Fast Open by sendto": _handed_fast_open,
    "a handed TCP socket, Fast Open by sendmsg": _handed_fast_open_message,
    "an accepted socket, disconnected": _disconnect_accepted,
    "an accepted socket, recycled by Fast Open": _recycle_accepted,
    "a handed UDP socket, bound": _handed_bind,
    "a handed Unix socket to an abstract name": _handed_abstract,
    "io_uring": _io_uring,
    "a file outside, read": _read_outside,
    "a file outside, written": _write_outside,
    "a signal to a process outside": _signal_outside,
    "ptrace": _ptrace,
    "another process's memory": _read_memory,
    "a new user namespace": _new_namespace,
    "another program": _program,
    "capabilities": _capabilities,
    "a core dump": _core_dump,
    "memory over the limit": _much_memory,
}
# A worker may start programs of the system (they inherit its walls); a server may use all of the memory.
SIDES: dict[str, tuple[Side, ...]] = {"another program": ("server",), "memory over the limit": ("worker",)}


def probes_of(side: Side) -> tuple[str, ...]:
    """Return the names of the probes that must be refused on one side."""
    return tuple(name for name in PROBES if side in SIDES.get(name, ("worker", "server")))


def try_probe(name: str, aim: Aim, sockets: HandedSockets) -> str:
    """Run one probe. Return an empty text when it got through, else why it did not."""
    try:
        PROBES[name](aim, sockets)
    except (OSError, OverflowError, ValueError) as error:
        return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return ""
