"""Of Gradio's routes only those that our pages use are open, and no event brings a file."""

import json
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from appliance.web.gateway.pages_gate import MAX_EVENT_BYTES, PagesGate

CLOSED = [
    ("GET", "/app/en/gradio_api/file=/etc/passwd"),
    ("GET", "/app/en/gradio_api/file=http://127.0.0.1:1/"),
    ("GET", "/app/en/gradio_api/file/etc/passwd"),
    ("GET", "/app/en/gradio_api/proxy=http://127.0.0.1:1/"),
    ("POST", "/app/en/gradio_api/upload"),
    ("GET", "/app/en/gradio_api/upload_progress"),
    ("GET", "/app/en/config"),
    ("GET", "/app/en/gradio_api/info"),
    ("GET", "/app/en/gradio_api/runs"),
    ("GET", "/app/en/gradio_api/stream/a/b/c/playlist.m3u8"),
    ("POST", "/app/en/gradio_api/component_server"),
    ("POST", "/app/en/gradio_api/run/predict"),
    ("POST", "/app/en/gradio_api/call/predict"),
    ("POST", "/app/en/gradio_api/process_recording"),
    ("POST", "/app/en/gradio_api/vibe-edit"),
    ("GET", "/app/en/monitoring"),
    ("GET", "/app/en/login_check"),
    ("POST", "/app/en/login"),
    ("PUT", "/app/en/gradio_api/queue/join"),
]
FORGED = [
    {"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]},
    {"data": [[{"deep": [{"path": "../keyring.json"}]}]]},
    {"data": [{"url": "http://127.0.0.1:1/", "orig_name": "x"}]},
    {"data": [{"role": "user", "content": [{"type": "file", "file": {"path": "/etc/passwd"}}]}]},
    {"data": [], "event_data": {"component": "HTML", "props": {}}},
]


@pytest.fixture
def gate(browse: Any) -> Any:
    """The gate before something that answers everything."""
    return browse(PagesGate(PlainTextResponse("inside"), "/app/en"))


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_what_our_pages_do_not_use_is_closed(gate: Any, method: str, path: str) -> None:
    answer = gate.ask(method, path, body=b"{}")
    assert answer.status == 404
    assert answer.body != b"inside"


@pytest.mark.parametrize(
    "path", ["/app/en/", "/app/en/assets/index-1a.js", "/app/en/gradio_api/heartbeat/abc123", "/app/en/theme.css"]
)
def test_what_our_pages_use_is_open(gate: Any, path: str) -> None:
    assert gate.ask("GET", path).body == b"inside"


@pytest.mark.parametrize("forged", FORGED)
def test_an_event_that_names_a_file_is_refused_whole(gate: Any, forged: Any) -> None:
    """Gradio would read the path, or fetch the URL (CVE-2024-51751, CVE-2024-47167)."""
    answer = gate.ask("POST", "/app/en/gradio_api/queue/join", body=json.dumps(forged).encode())
    assert answer.status == 403


def test_an_event_of_ours_passes_unchanged(gate: Any) -> None:
    body = json.dumps({"data": ["path", "url", None, 3], "fn_index": 1, "session_hash": "abc"}).encode()
    assert gate.ask("POST", "/app/en/gradio_api/queue/join", body=body).body == b"inside"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"data": ' + b"[" * 40 + b"]" * 40 + b"}", 403),
        (b"not json", 400),
        (b"x" * (MAX_EVENT_BYTES + 1), 413),
    ],
)
def test_an_event_without_measure_is_refused(gate: Any, body: bytes, status: int) -> None:
    assert gate.ask("POST", "/app/en/gradio_api/queue/join", body=body).status == status
