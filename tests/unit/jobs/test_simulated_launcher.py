"""The simulated launcher behaves, as far as a conversation can tell, as the real one does (test_launcher.py)."""

import signal
import socket
from typing import Any

from appliance.foundation.errors import InputError
from appliance.foundation.messages import verbatim
from appliance.jobs.messages import Done, Failed, decode_from_worker, encode_message
from appliance.jobs.starts.machine import MeasureStart

SOON_S = 20.0
PLACES: dict[str, Any] = {"read": (), "write": (), "memory_bytes": 1}


def test_a_worker_hears_and_is_heard_over_a_real_socket_pair(simulate: Any, worker_frame: Any) -> None:
    """What is sent arrives as a message; what it returns comes back; its end is the end of the channel."""
    worker = simulate(worker_frame(lambda _channel, start: Done(result={"heard": start.type}))).launch(
        "probe", **PLACES
    )
    assert worker.channel.family == socket.AF_UNIX
    worker.channel.sendall(encode_message(MeasureStart()))
    with worker.channel.makefile("rb") as lines:
        assert decode_from_worker(lines.readline()) == Done(result={"heard": "measure"}, version=1)
        assert lines.readline() == b""
    assert worker.wait(SOON_S) == 0


def test_a_worker_that_plays_on_has_no_status_until_it_is_killed(simulate: Any) -> None:
    """As a process does: None while it runs, signal 9 after."""

    def play(_channel: Any, raw: socket.socket) -> None:
        while raw.recv(1):
            pass

    worker = simulate(play).launch("probe", **PLACES)
    assert worker.wait(0) is None
    worker.kill()
    assert worker.wait(SOON_S) == -signal.SIGKILL


def test_a_refusal_is_sent_as_a_failure_and_a_status(simulate: Any, worker_frame: Any) -> None:
    """An error of ours becomes a `Failed` with its sentence, as in the frame of every worker."""

    def refuse(_channel: Any, _start: Any) -> Done:
        raise InputError(verbatim("Row 3 is empty."), code="row.empty")

    launcher = simulate(worker_frame(refuse))
    worker = launcher.launch("probe", **PLACES)
    worker.channel.sendall(encode_message(MeasureStart()))
    with worker.channel.makefile("rb") as lines:
        assert decode_from_worker(lines.readline()) == Failed(
            code="row.empty", message=verbatim("Row 3 is empty."), version=1
        )
    assert worker.wait(SOON_S) == 1
    assert [asked["kind"] for asked in launcher.asked] == ["probe"]


def test_the_status_is_what_the_play_returns(simulate: Any) -> None:
    """So that each way to die can be played."""
    worker = simulate(lambda _channel, _raw: 3).launch("probe", **PLACES)
    assert worker.wait(SOON_S) == 3
