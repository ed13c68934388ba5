"""A worker is talked to from its start message to its end, and every way to die becomes a sentence and a dead
worker.
"""

import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from appliance.foundation.errors import InputError, IsolationError, WorkerError
from appliance.foundation.messages import verbatim
from appliance.jobs.conversation import WorkerConversation, WorkerOrder, run_worker
from appliance.jobs.messages import MAX_MESSAGE_BYTES, Done, Failed, FromWorker, Progress, Ready, Stop, encode_message
from appliance.jobs.starts.machine import ConvertStart

ORDER = WorkerOrder(
    ConvertStart(gguf_path="/g", output_folder="/o"), read=(Path("/g"),), write=(Path("/o"),), memory_bytes=5
)
SOON_S = 20.0


class ProcessWorker:
    """A real process in the worker's place: it runs a few lines with its channel as `channel`."""

    def __init__(self, code: str) -> None:
        self.channel, theirs = socket.socketpair()
        opening = (
            "import os, resource, signal, socket, sys\nchannel = "
            f"socket.socket(fileno={theirs.fileno()})\nchannel.recv(65536)\n"
        )
        self.process = subprocess.Popen([sys.executable, "-c", opening + code], pass_fds=[theirs.fileno()])
        theirs.close()

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit status (negative: the signal), or None."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()


class ProcessLauncher:
    """Starts one `ProcessWorker`."""

    def __init__(self, code: str) -> None:
        self._code = code
        self.worker: ProcessWorker | None = None

    def launch(self, _kind: str, **_places: Any) -> ProcessWorker:
        """StartMessage it."""
        self.worker = ProcessWorker(self._code)
        return self.worker


def ignore(_message: FromWorker) -> None:
    """Hear nothing."""


def test_a_worker_gets_its_order_says_how_far_it_is_and_is_done(simulate: Any, worker_frame: Any) -> None:
    """Kind, places and memory reach the launcher; the start message the worker; its messages us, in their order."""

    def work(channel: Any, start: Any) -> Done:
        assert start == ORDER.start.model_copy(update={})
        channel.send(Ready(facts={"threads": 2}))
        channel.send(Progress(step=1, steps=2))
        channel.send(Progress(step=2, steps=2))
        return Done(result={"rows": 3})

    launcher, heard = simulate(worker_frame(work)), list[FromWorker]()
    done = run_worker(launcher, ORDER, heard.append)
    assert (done.result, done.stopped) == ({"rows": 3}, False)
    assert [message.type for message in heard] == ["ready", "progress", "progress"]
    assert launcher.asked == [{"kind": "convert", "read": ORDER.read, "write": ORDER.write, "memory_bytes": 5}]
    assert launcher.workers[0].wait(0) == 0


def test_a_worker_that_says_why_it_failed_is_quoted(simulate: Any, worker_frame: Any) -> None:
    """Its sentence and its code are those of the error."""

    def work(_channel: Any, _start: Any) -> Done:
        raise InputError(verbatim("Row 3 has no answer."), code="row.answer")

    with pytest.raises(WorkerError, match=r"^Row 3 has no answer\.$") as caught:
        run_worker(simulate(worker_frame(work)), ORDER, ignore)
    assert caught.value.code == "row.answer"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("sys.exit(3)", r"ended without finishing \(exit status 3\)"),
        ("sys.exit(0)", r"ended without finishing \(exit status 0\)"),
        ("os.kill(os.getpid(), signal.SIGKILL)", r"killed from outside \(signal 9\).*memory runs out"),
        ("resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()", r"crashed \(signal 6: Aborted\)"),
        ("os.kill(os.getpid(), signal.SIGRTMIN + 6)", r"crashed \(signal \d+: Real-time signal 6\)"),
        ('channel.sendall(b\'{"type":"progr\'); sys.exit(1)', r"ended without finishing \(exit status 1\)"),
    ],
)
def test_every_way_to_die_is_a_sentence(code: str, sentence: str) -> None:
    """A real process dies: by leaving, by signals of every sort, in the middle of a message."""
    launcher = ProcessLauncher(code)
    with pytest.raises(WorkerError, match=sentence) as caught:
        run_worker(launcher, ORDER, ignore)
    assert caught.value.code == "worker.died"
    assert launcher.worker is not None
    assert launcher.worker.process.returncode is not None


def test_a_worker_that_closes_its_channel_and_stays_is_ended() -> None:
    """Silence is not success: it is killed, and the sentence says so."""
    launcher = ProcessLauncher("channel.close(); signal.pause()")
    with pytest.raises(WorkerError, match="closed its channel without finishing"):
        run_worker(launcher, ORDER, ignore, end_grace_s=0.2)
    assert launcher.worker is not None
    assert launcher.worker.process.wait(SOON_S) == -signal.SIGKILL


def test_a_worker_that_is_done_but_does_not_leave_is_ended() -> None:
    """What it sent counts; the process is gone all the same."""
    launcher = ProcessLauncher('channel.sendall(b\'{"version":1,"type":"done"}\\n\'); signal.pause()')
    assert run_worker(launcher, ORDER, ignore, end_grace_s=0.2).result == {}
    assert launcher.worker is not None
    assert launcher.worker.process.returncode == -signal.SIGKILL


def test_a_message_that_is_too_long_ends_the_conversation(simulate: Any) -> None:
    """Nothing without end is kept in memory."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        while True:
            raw.sendall(b"x" * 65536)

    launcher = simulate(play)
    with pytest.raises(WorkerError, match="too long") as caught:
        run_worker(launcher, ORDER, ignore)
    assert caught.value.code == "worker.message"
    assert launcher.workers[0].wait(0) is not None


def test_a_message_one_byte_over_the_limit_is_refused_also_when_it_ends(simulate: Any) -> None:
    """The limit is of the message, wherever the pieces that arrive are cut."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        line = encode_message(Done(result={"text": ""}))[:-1]
        raw.sendall(line.replace(b'""', b'"' + b"x" * (MAX_MESSAGE_BYTES - len(line)) + b'"') + b"\n")

    with pytest.raises(WorkerError, match="too long"):
        run_worker(simulate(play), ORDER, ignore)


def test_a_message_of_exactly_the_limit_arrives_whatever_follows_it(simulate: Any) -> None:
    """Messages that arrive in one piece with the end of a long one do not make it too long."""
    room = MAX_MESSAGE_BYTES - len(encode_message(Progress(step=1, steps=1, sentence="")))

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        long = encode_message(Progress(step=1, steps=1, sentence="x" * room))
        assert len(long) == MAX_MESSAGE_BYTES
        raw.sendall(long + encode_message(Progress(step=2, steps=2)) * 100 + encode_message(Done()))

    heard: list[FromWorker] = []
    run_worker(simulate(play), ORDER, heard.append)
    assert len(heard) == 101


@pytest.mark.parametrize(
    "line", [b"hello\n", b'{"version":2,"type":"done"}\n', b'{"version":1,"type":"stop"}\n', b"\n", b"\xff\n"]
)
def test_a_worker_that_talks_nonsense_is_ended(simulate: Any, line: bytes) -> None:
    """An unknown message is an error, not something to skip."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        raw.sendall(line)
        raw.recv(1)

    launcher = simulate(play)
    with pytest.raises(WorkerError, match="could not be read"):
        run_worker(launcher, ORDER, ignore)
    assert launcher.workers[0].wait(0) is not None


def test_messages_cut_anywhere_and_glued_together_arrive_one_by_one(simulate: Any) -> None:
    """The stream's pieces are not the messages'."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        stream = b"".join(encode_message(Progress(step=step, steps=9)) for step in range(9)) + encode_message(Done())
        for position in range(0, len(stream), 7):
            raw.sendall(stream[position : position + 7])

    heard: list[Any] = []
    run_worker(simulate(play), ORDER, heard.append)
    assert [message.step for message in heard] == list(range(9))


def test_a_worker_that_is_asked_to_stop_stops(simulate: Any, worker_frame: Any) -> None:
    """It is asked once, after its current message, and its `Done` says that it stopped."""
    asked = threading.Event()

    def work(channel: Any, _start: Any) -> Done:
        channel.send(Progress(step=1, steps=99))
        assert isinstance(channel.receive(), Stop)
        asked.set()
        return Done(stopped=True, result={"kept": True})

    started = threading.Event()
    done = run_worker(
        simulate(worker_frame(work)), ORDER, lambda _message: started.set(), should_stop=started.is_set, poll_s=0.01
    )
    assert asked.is_set()
    assert (done.stopped, done.result) == (True, {"kept": True})


def test_what_a_worker_said_before_it_was_asked_to_stop_counts(simulate: Any) -> None:
    """It had ended already when the request came: it has done its work all the same."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        channel.send(Done(result={"kept": True}))
        raw.close()

    launcher = simulate(play)

    def ended() -> bool:
        return launcher.workers[0].wait(SOON_S) is not None

    assert run_worker(launcher, ORDER, ignore, should_stop=ended).result == {"kept": True}


def test_a_worker_that_does_not_stop_is_ended_after_its_grace(simulate: Any) -> None:
    """A silent one that ignores the request."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        while raw.recv(65536):
            pass

    launcher = simulate(play)
    with pytest.raises(WorkerError, match="did not stop when asked") as caught:
        run_worker(launcher, ORDER, ignore, should_stop=lambda: True, poll_s=0.01, stop_grace_s=0.05)
    assert caught.value.code == "worker.stop"
    assert launcher.workers[0].wait(0) is not None


def test_a_worker_that_keeps_talking_does_not_talk_its_way_out_of_a_stop(simulate: Any) -> None:
    """The grace is counted in time, not in silences."""

    def play(channel: Any, _raw: socket.socket) -> None:
        channel.receive()
        while True:
            channel.send(Progress(step=1, steps=99))

    launcher = simulate(play)
    with pytest.raises(WorkerError, match="did not stop when asked"):
        run_worker(launcher, ORDER, ignore, should_stop=lambda: True, stop_grace_s=0.05)
    assert launcher.workers[0].wait(0) is not None


def test_whatever_goes_wrong_on_our_side_ends_the_worker_too(simulate: Any) -> None:
    """No process is left behind by an exception of ours."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        channel.send(Ready())
        raw.recv(1)

    def fault(_message: FromWorker) -> None:
        raise ZeroDivisionError

    launcher = simulate(play)
    with pytest.raises(ZeroDivisionError):
        run_worker(launcher, ORDER, fault)
    assert launcher.workers[0].wait(0) is not None


def test_a_worker_that_dies_before_its_order_is_a_sentence(simulate: Any) -> None:
    """An order that cannot be delivered leaves no worker."""
    start = ConvertStart(gguf_path="/" + "g" * 3_000_000, output_folder="/o")
    launcher = simulate(lambda _channel, _raw: 7)
    with pytest.raises(WorkerError, match=r"exit status 7"):
        run_worker(launcher, WorkerOrder(start, read=(), write=(), memory_bytes=2**30), ignore)


def test_an_order_that_is_too_long_leaves_no_worker(simulate: Any) -> None:
    """It was started to hear it, and is ended unheard."""
    start = ConvertStart(gguf_path="/" + "g" * MAX_MESSAGE_BYTES, output_folder="/o")
    launcher = simulate(lambda _channel, raw: raw.recv(1) and None)
    with pytest.raises(WorkerError, match="over the limit"):
        run_worker(launcher, WorkerOrder(start, read=(), write=(), memory_bytes=2**30), ignore)
    assert launcher.workers[0].wait(SOON_S) is not None


def test_walls_that_cannot_be_put_up_are_told_as_such() -> None:
    """The launcher's refusal passes unchanged."""

    class Refusing:
        def launch(self, _kind: str, **_places: Any) -> Any:
            raise IsolationError(verbatim("No seccomp here."))

    with pytest.raises(IsolationError, match="No seccomp"):
        run_worker(Refusing(), ORDER, ignore)


def test_a_longer_conversation_asks_waits_and_ends(simulate: Any) -> None:
    """As the chat uses it: messages both ways, a time-out without a message, and a close that ends the worker."""

    def play(channel: Any, _raw: socket.socket) -> None:
        channel.receive()
        while True:
            channel.receive()
            channel.send(Ready(facts={"again": True}))

    launcher = simulate(play)
    conversation = WorkerConversation(launcher, ORDER)
    assert conversation.receive(0.01) is None
    for _ in range(3):
        conversation.send(Stop())
        assert conversation.receive(SOON_S) == Ready(facts={"again": True}, version=1)
    conversation.close()
    assert launcher.workers[0].wait(0) is not None
    with pytest.raises(WorkerError) as caught:
        conversation.send(Stop())
    assert caught.value.code == "worker.died"


def test_a_failure_may_be_followed_by_anything(simulate: Any) -> None:
    """The first failure is the one that is told."""

    def play(channel: Any, raw: socket.socket) -> None:
        channel.receive()
        channel.send(Failed(code="a", message=verbatim("First.")))
        raw.sendall(json.dumps({"type": "failed"}).encode() + b"\n")

    with pytest.raises(WorkerError, match=r"^First\.$"):
        run_worker(simulate(play), ORDER, ignore)
