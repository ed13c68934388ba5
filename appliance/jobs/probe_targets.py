"""What the self-test aims at: a process without walls that listens on this machine's own loopback and on Unix sockets.

It also hands out sockets that a confined process could not make itself, so that each wall is tried alone and not only
the first one; and it runs every probe itself first: a probe that fails even here (no IPv6, no MPTCP in this kernel)
proves nothing when it fails there.
"""

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from appliance.jobs.probes import PROBES, Aim, HandedSockets, try_probe

SOCKETS_REQUEST = b"sockets"
_BACKLOG = 64
_LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def serve_targets(control: socket.socket, home: Path) -> None:
    """Open listeners, send the aim and each probe's result without walls, hand out sockets until `control` closes."""
    outside = Path(tempfile.mkdtemp(prefix="appliance-self-test-"))
    inside = Path(tempfile.mkdtemp(prefix="self-test-", dir=home))
    try:
        with contextlib.ExitStack() as stack:
            aim, listener = _listen(stack, outside, inside)
            baseline = {}
            for name in PROBES:
                sockets = _make_sockets(listener)
                baseline[name] = try_probe(name, aim, sockets)
                sockets.close()
            control.send(json.dumps({"aim": asdict(aim), "baseline": baseline}).encode())
            while control.recv(len(SOCKETS_REQUEST)):
                handed = _make_sockets(listener)
                socket.send_fds(control, [b"{}"], [each.fileno() for each in handed.in_order()])
                handed.close()
    finally:
        shutil.rmtree(outside, ignore_errors=True)
        shutil.rmtree(inside, ignore_errors=True)


def _listen(stack: contextlib.ExitStack, outside: Path, inside: Path) -> tuple[Aim, socket.socket]:
    tcp = _listener(stack, socket.AF_INET, socket.SOCK_STREAM)
    assert tcp is not None, "a machine without IPv4 loopback cannot run the pages either"
    abstract = f"\0appliance-self-test-{os.getpid()}"
    stream = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    stream.bind(abstract)
    stream.listen(_BACKLOG)
    datagrams = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    datagrams.bind(abstract + "-datagrams")
    path = inside / "s"
    by_path = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    by_path.bind(str(path))
    by_path.listen(_BACKLOG)
    (outside / "file").write_text("Only the self-test's own text.")
    aim = Aim(
        tcp=tcp.getsockname()[1],
        tcp6=_port(_listener(stack, socket.AF_INET6, socket.SOCK_STREAM)),
        mptcp=_port(_listener(stack, socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP)),
        udp=_port(_listener(stack, socket.AF_INET, socket.SOCK_DGRAM)),
        udp6=_port(_listener(stack, socket.AF_INET6, socket.SOCK_DGRAM)),
        abstract=abstract,
        path=str(path),
        outside=str(outside),
        process=os.getpid(),
    )
    return aim, tcp


def _listener(stack: contextlib.ExitStack, family: int, kind: int, protocol: int = 0) -> socket.socket | None:
    try:
        listener = stack.enter_context(socket.socket(family, kind, protocol))
        listener.bind((_LOOPBACK[socket.AddressFamily(family)], 0))
        if kind == socket.SOCK_STREAM:
            listener.listen(_BACKLOG)
    except OSError:  # this machine does not have it; the probe will be unavailable
        return None
    return listener


def _port(listener: socket.socket | None) -> int:
    return listener.getsockname()[1] if listener is not None else 0


def _make_sockets(listener: socket.socket) -> HandedSockets:
    with contextlib.ExitStack() as stack:
        caller = stack.enter_context(socket.create_connection(listener.getsockname()))
        accepted, address = listener.accept()
        while address != caller.getsockname():  # an earlier probe's connection, still in the queue
            accepted.close()
            accepted, address = listener.accept()
    return HandedSockets(
        accepted=accepted,
        tcp=socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        udp=socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        unix_datagram=socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
    )


def receive_sockets(control: socket.socket) -> Iterator[HandedSockets]:
    """Yield fresh sockets from the targets' process, each set once and closed after its turn."""
    while True:
        control.send(SOCKETS_REQUEST)
        _answer, numbers, _flags, _address = socket.recv_fds(control, 64, HandedSockets.COUNT)
        sockets = HandedSockets(*(socket.socket(fileno=number) for number in numbers))
        yield sockets
        sockets.close()
