"""A worker's side of the conversation."""

import socket
import threading
from collections.abc import Iterator

import pytest

from appliance.foundation.errors import WorkerError
from appliance.jobs.messages import MAX_MESSAGE_BYTES, Stop, encode_message
from appliance.jobs.starts.machine import ConvertStart
from appliance.workers.channel import WorkerChannel


@pytest.fixture
def ends() -> Iterator[tuple[WorkerChannel, socket.socket]]:
    """Give a worker's channel and the control plane's end."""
    theirs, ours = socket.socketpair()
    with theirs, ours:
        yield WorkerChannel(theirs), ours


def start_of(size: int) -> bytes:
    """Return a message that is `size` bytes long with its end of line."""
    short = len(encode_message(ConvertStart(gguf_path="/", output_folder="/o")))
    return encode_message(ConvertStart(gguf_path="/" + "g" * (size - short), output_folder="/o"))


def test_a_message_of_full_size_may_be_followed_at_once(ends: tuple[WorkerChannel, socket.socket]) -> None:
    channel, ours = ends
    longest = start_of(MAX_MESSAGE_BYTES)
    assert len(longest) == MAX_MESSAGE_BYTES
    sender = threading.Thread(target=ours.sendall, args=(longest + encode_message(Stop()),))
    sender.start()
    assert isinstance(channel.receive_start(ConvertStart), ConvertStart)
    assert isinstance(channel.receive(), Stop)
    sender.join()


def test_a_message_that_does_not_end_is_refused(ends: tuple[WorkerChannel, socket.socket]) -> None:
    channel, ours = ends
    sender = threading.Thread(target=ours.sendall, args=(b"x" * MAX_MESSAGE_BYTES,))
    sender.start()
    with pytest.raises(WorkerError, match="size limit"):
        channel.receive()
    sender.join()


def test_an_end_of_the_control_plane_is_a_request_to_stop(ends: tuple[WorkerChannel, socket.socket]) -> None:
    channel, ours = ends
    assert not channel.stop_requested()
    ours.close()
    assert channel.stop_requested()
    with pytest.raises(WorkerError, match="closed the channel"):
        channel.receive()
