"""The operator's socket does operations by name and answers errors as JSON."""

import json
from typing import Any

import pytest

from appliance.foundation.messages import t, use_language
from appliance.web.gateway.commands import build_commands_app


@pytest.fixture
def socket(appliance: Any, browse: Any) -> Any:
    """The application behind the Unix socket."""
    return browse(build_commands_app(appliance))


def test_an_operation_answers_its_result(socket: Any) -> None:
    answer = socket.ask("POST", "/operations/status", body=b"{}")
    assert answer.status == 200
    assert json.loads(answer.body)["result"]["sealed"] is False


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("no.such", b"{}", 400, "operation.unknown"),
        ("status", b"[]", 400, "operation.parameters"),
        ("status", b"{", 400, "operation.parameters"),
        ("status", b'{"no": 1}', 400, "operation.parameters"),
        ("job.show", b'{"job_id": "jb_missing"}', 404, "not-found"),
    ],
)
def test_a_mistake_is_a_code_and_a_sentence(socket: Any, name: str, body: bytes, status: int, code: str) -> None:
    answer = socket.ask("POST", f"/operations/{name}", body=body)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (status, code)


def test_a_file_is_received_sealed(socket: Any, appliance: Any) -> None:
    answer = socket.ask("PUT", "/uploads", body=b"canary-command" * 1000)
    path = appliance.context.home / "uploads" / json.loads(answer.body)["result"]["id"]
    assert b"canary" not in path.read_bytes()
    path.unlink()


def test_health_answers(socket: Any) -> None:
    assert socket.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize(
    ("header", "language"), [(None, "en"), ("de", "de"), ("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr", "en")]
)
def test_a_sentence_is_in_the_language_that_the_command_asks_for(
    socket: Any, header: str | None, language: str
) -> None:
    """Otherwise in English, whatever the setting of the server."""
    socket.accept_language = header
    for path in ("/operations/no.such", "/operations/job.show"):
        answer = socket.ask("POST", path, body=b'{"job_id": "jb_missing"}')
        error = json.loads(answer.body)["error"]
        with use_language(language):
            expected = {"operation.unknown": t("operation.unknown"), "not-found": t("not-found:job")}
        assert error["sentence"] == expected[error["code"]]
