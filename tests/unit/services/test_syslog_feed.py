"""Each entry reaches the local socket, once it is there to take it, in order; the log never waits for it."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import ServiceContext
from appliance.services.record.syslog_feed import POSITION_NAME, SyslogFeed

SOON_S = 20.0


@pytest.fixture
def context(tmp_path: Path) -> ServiceContext:
    clock = SystemClock()
    log = AuditLog.open(tmp_path / "home" / "audit", clock)
    return ServiceContext(Settings(tmp_path / "home"), clock, Rules.load(find_policy_folder()), log, None)  # type: ignore[arg-type]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "log.sock"))
        bound.settimeout(SOON_S)
        yield bound


def append(context: ServiceContext, count: int, outcome: Outcome = Outcome.SUCCEEDED) -> None:
    for _ in range(count):
        context.log.append(Actor("us_1", "trainer"), "dataset.read", ObjectRef("dataset", "ds_1"), outcome)


def received(receiver: socket.socket) -> tuple[str, int]:
    head, _, body = receiver.recv(1 << 20).decode().partition(": ")
    return head, int(json.loads(body)["sequence"])


def test_entries_arrive_in_order_with_their_priority(
    context: ServiceContext, receiver: socket.socket, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        feed = SyslogFeed(context, lambda message: sender.sendto(message, str(tmp_path / "log.sock")))
        append(context, 2)
        append(context, 1, Outcome.DENIED)
        feed.start()
        assert [received(receiver) for _ in range(3)] == [
            ("<110>appliance-audit", 0),
            ("<110>appliance-audit", 1),
            ("<109>appliance-audit", 2),
        ]
        append(context, 1)
        assert received(receiver)[1] == 3
        feed.stop()


def test_what_the_socket_does_not_take_waits_and_a_new_start_goes_on_there(context: ServiceContext) -> None:
    taken: list[bytes] = []

    def send(message: bytes) -> None:
        if len(taken) == 2 and not room:
            raise BlockingIOError
        taken.append(message)

    room = False
    append(context, 5)
    assert SyslogFeed(context, send).hand_over() == 2
    assert SyslogFeed(context, send).hand_over() == 0
    room = True
    assert SyslogFeed(context, send).hand_over() == 3
    assert [json.loads(message.partition(b": ")[2])["sequence"] for message in taken] == [0, 1, 2, 3, 4]
    assert SyslogFeed(context, send).hand_over() == 0


@pytest.mark.parametrize("position", [b"99", b"-1", b"no number"])
def test_a_position_that_cannot_be_loses_nothing(context: ServiceContext, position: bytes) -> None:
    """A home that was restored is shorter than the position says: it is handed over from its beginning."""
    taken: list[bytes] = []
    append(context, 2)
    (context.home / POSITION_NAME).write_bytes(position)
    assert SyslogFeed(context, taken.append).hand_over() == 2
    append(context, 1)
    assert SyslogFeed(context, taken.append).hand_over() == 1
    assert len(taken) == 3


def test_behind_the_walls_of_the_server_a_message_still_gets_out_to_a_local_socket(
    receiver: socket.socket, tmp_path: Path
) -> None:
    """The walls refuse every new socket, and `connect`; `sendto` to a path, on a socket made before, is what is left to
    the feed.
    """
    script = (
        "import socket, sys; from pathlib import Path\n"
        "from appliance.jobs.sandbox import confine_server\n"
        "with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as "
        "sender:\n"
        "    confine_server(read=(), write=(Path(sys.argv[2]),))\n"
        "    sender.sendto(b'got out', sys.argv[1])\n"
    )
    (tmp_path / "home").mkdir()
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "log.sock"), str(tmp_path / "home")], check=True, timeout=120
    )
    assert receiver.recv(100) == b"got out"
