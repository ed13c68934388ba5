"""A command reaches a running server over its Unix socket and over nothing else; without one it owns the home
itself.
"""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.cli.client import SOCKET_NAME, OwningClient, SocketClient, server_socket, socket_client
from appliance.foundation.errors import ApplianceError, HomeError
from appliance.foundation.settings import Settings
from appliance.services.appliance import Appliance

SOON_S = 20.0
Answer = Callable[[bytes], bytes]


@contextlib.contextmanager
def listening(home: Path) -> Iterator[socket.socket]:
    """Bind the home's socket as the server does."""
    home.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / SOCKET_NAME))
        listener.listen(8)
        yield listener
    (home / SOCKET_NAME).unlink()


@contextlib.contextmanager
def raw_server(home: Path, answer: Answer) -> Iterator[None]:
    """Answer `/healthz` as it should be, and whatever else comes with the bytes given."""
    with listening(home) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        while request := connection.recv(65536):
                            healthy = request.startswith(b"GET /healthz")
                            connection.sendall(
                                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" if healthy else answer(request)
                            )
                            if not healthy:
                                break

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(SOON_S)
    assert not thread.is_alive()


def test_without_a_socket_there_is_no_server(settings: Settings) -> None:
    """Nor is a home made by looking."""
    with socket_client(settings) as client:
        assert client is None
    assert not settings.home.exists()


def test_a_socket_that_nobody_answers_is_no_server(settings: Settings) -> None:
    """A server that was killed leaves its socket behind."""
    with listening(settings.home):
        pass
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(server_socket(settings)))
    assert server_socket(settings).exists()
    with socket_client(settings) as client:
        assert client is None


def test_a_plain_file_in_the_sockets_place_is_no_server(settings: Settings) -> None:
    """Nor is a path that no socket can have."""
    settings.home.mkdir()
    server_socket(settings).write_bytes(b"")
    with socket_client(settings) as client:
        assert client is None
    long = Settings(settings.home / ("x" * 120))
    long.home.mkdir()
    server_socket(long).write_bytes(b"")
    with socket_client(long) as client:
        assert client is None


def test_operations_and_refusals_cross_the_socket(server: Appliance, settings: Settings) -> None:
    """A result is what the operation gave; a refusal keeps its sentence and its code."""
    with socket_client(settings) as client:
        assert client is not None
        assert client.perform("status")["sealed"] is False
        assert client.perform("user.add", name="bela", role="reviewer")["name"] == "bela"
        with pytest.raises(ApplianceError, match="no such job") as caught:
            client.perform("job.show", job_id="jb_missing")
        assert caught.value.code == "not-found"
        with pytest.raises(ApplianceError, match="no such operation"):
            client.perform("no.such")
    with server.context.database.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM users WHERE name = 'bela'").scalar_one() == 1


def test_a_file_is_streamed_to_the_server_and_sealed_there(server: Appliance, settings: Settings) -> None:
    """Also one of several pieces."""
    data = b"canary-upload " * 200_000
    with socket_client(settings) as client:
        assert client is not None
        upload_id = client.upload(io.BytesIO(data))
    sealed = (settings.home / "uploads" / upload_id).read_bytes()
    assert len(sealed) > len(data)
    assert b"canary" not in sealed


def test_a_job_is_watched_to_its_end(server: Appliance, settings: Settings, model_source: Path, table: bytes) -> None:
    """Each step is told once, whoever runs it."""
    heard: list[dict[str, Any]] = []
    with socket_client(settings) as client:
        assert client is not None
        upload = client.upload(io.BytesIO(table))
        dataset = client.perform("dataset.import", upload_id=upload, filename="a.csv")
        model = client.perform("model.import", source=str(model_source))
        server.runner.start()
        job = client.perform("train", dataset_id=dataset["id"], model_id=model["id"], choice={"preset": "quick"})
        ended = client.watch(job["id"], heard.append)
    assert ended["state"] == "succeeded"
    assert [point["step"] for point in heard] == [1]


def test_no_proxy_of_the_environment_is_asked(
    server: Appliance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request goes to the socket, whatever the variables say; the proxy, a real listener, hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        with socket_client(settings) as client:
            assert client is not None
            assert client.perform("status")["sealed"] is False
        with pytest.raises(BlockingIOError):
            proxy.accept()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nOops!",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 22\r\n\r\n" + b'{"detail":"Not Found"}',
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b"HTTP/1.1 400 Bad\r\nContent-Length: 11\r\n\r\n" + b'{"error":1}',
        b"HTTP/1.1 302 Found\r\nLocation: http://example.invalid/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_answer_that_is_none_is_a_sentence(settings: Settings, answer: bytes) -> None:
    """Of another program or version; it is not followed anywhere."""
    with raw_server(settings.home, lambda _request: answer), socket_client(settings) as client:
        assert client is not None
        with pytest.raises(HomeError, match="could not be understood") as caught:
            client.perform("status")
        assert caught.value.code == "server.answer"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", b"no HTTP at all\r\n\r\n"])
def test_a_server_that_ends_before_it_answers_is_a_sentence(settings: Settings, answer: bytes) -> None:
    """Killed in the middle of an operation."""

    def ask() -> None:
        with socket_client(settings) as client:
            assert client is not None
            client.perform("status")

    with (
        raw_server(settings.home, lambda _request: answer),
        pytest.raises(HomeError, match="ended before it answered") as caught,
    ):
        ask()
    assert caught.value.code == "server.gone"


def test_an_owner_does_the_same_by_itself(appliance: Appliance, model_source: Path, table: bytes) -> None:
    """The same operations, with the queue run while it is watched."""
    client = OwningClient(appliance)
    heard: list[dict[str, Any]] = []
    upload = client.upload(io.BytesIO(table))
    dataset = client.perform("dataset.import", upload_id=upload, filename="a.csv")
    model = client.perform("model.import", source=str(model_source))
    job = client.perform("train", dataset_id=dataset["id"], model_id=model["id"], choice={"preset": "quick"})
    assert client.watch(job["id"], heard.append)["state"] == "succeeded"
    assert [point["step"] for point in heard] == [1]


def test_both_clients_offer_the_same() -> None:
    """Whatever a command asks of one, the other has."""
    names = {name for name in vars(OwningClient) if not name.startswith("_")}
    assert names == {name for name in vars(SocketClient) if not name.startswith("_")} == {"perform", "upload", "watch"}


def test_a_server_that_takes_its_time_is_waited_for(settings: Settings) -> None:
    """An operation may take as long as training does: there is no time-out to run into."""

    def slowly(_request: bytes) -> bytes:
        time.sleep(0.3)
        return b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"result": 7}'

    with raw_server(settings.home, slowly), socket_client(settings) as client:
        assert client is not None
        assert client.perform("status") == 7
        assert client._http.timeout.read is None
