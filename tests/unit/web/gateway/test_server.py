"""What must not happen before the process is confined and answers, and both servers in one loop."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from appliance.web import server


@pytest.mark.slow
def test_importing_the_package_imports_no_gradio_and_starts_no_thread() -> None:
    """Its import takes seconds and starts threads; sign-in and health must answer before."""
    code = (
        "import sys, threading, appliance.web; assert 'gradio' not in sys.modules; assert threading.active_count() == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def ask(connection: socket.socket, host: str) -> bytes:
    """Send one request, and return the status line."""
    with connection:
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_sockets_answer_until_a_signal_ends_both(
    number: int, appliance: Any, tmp_path: Path, own_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_build_pages", lambda _appliance: FastAPI())
    tcp, unix = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "s"))
    unix.listen()
    port = tcp.getsockname()[1]
    said: list[str] = []
    heard: list[bytes] = []

    def visit() -> None:
        try:
            heard.append(ask(socket.create_connection(tcp.getsockname(), timeout=10), f"127.0.0.1:{port}"))
            own = socket.socket(socket.AF_UNIX)
            own.settimeout(10)
            own.connect(str(tmp_path / "s"))
            heard.append(ask(own, "appliance"))
        finally:
            os.kill(os.getpid(), number)

    with tcp, unix:
        visitor = threading.Thread(target=visit)
        server.serve_pages(appliance, tcp, unix, lambda sentence: (said.append(sentence), visitor.start())[0])
        visitor.join()
    assert heard == [b"HTTP/1.1 200 OK\r\n"] * 2
    assert said == [f"The pages are at http://127.0.0.1:{port}/ (Ctrl+C stops the server)."]


def test_pages_that_cannot_be_built_leave_the_sentence_of_a_fault(
    appliance: Any,
    tmp_path: Path,
    own_environment: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_appliance: Any) -> FastAPI:
        os.kill(os.getpid(), signal.SIGTERM)
        raise ValueError("canary")

    monkeypatch.setattr(server, "_build_pages", fail)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "s"))
        unix.listen()
        server.serve_pages(appliance, tcp, unix, lambda _sentence: None)
    noted = capsys.readouterr().err
    assert "ValueError" in noted
    assert "canary" not in noted
