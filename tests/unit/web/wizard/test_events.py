"""Events ask anew who calls, and show sentences only."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from appliance.foundation.errors import InputError
from appliance.foundation.messages import verbatim
from appliance.web.door import COOKIE
from appliance.web.wizard.events import Events


@pytest.fixture
def event(appliance: Any) -> Events:
    """The maker of handlers."""
    return Events(appliance.context)


def request_of(token: str) -> Any:
    """Return what Gradio passes for a request."""
    return SimpleNamespace(headers={"cookie": f"{COOKIE}={token}"})


def test_a_handler_gets_the_caller_of_the_cookie(event: Events, token_of: Any) -> None:
    assert event(lambda caller, value: (caller.role, value))(request_of(token_of("reviewer")), "x") == ("reviewer", "x")


@pytest.mark.parametrize("cookie", ["", "forged"])
def test_without_a_session_nothing_runs(event: Events, cookie: str) -> None:
    ran: list[int] = []
    with pytest.raises(gr.Error, match="session is over"):
        event(lambda _caller: ran.append(1))(request_of(cookie))
    assert ran == []


def test_a_generator_asks_too(event: Events, token_of: Any) -> None:
    def handler(caller: Any) -> Iterator[str]:
        yield caller.role

    assert list(event(handler)(request_of(token_of("trainer")))) == ["trainer"]
    with pytest.raises(gr.Error):
        list(event(handler)(request_of("")))


def test_an_error_of_ours_is_shown_as_an_escaped_sentence_with_its_code(event: Events, token_of: Any) -> None:
    def handler(_caller: Any) -> None:
        raise InputError(verbatim("The file <b>x</b> is empty."), code="upload.empty")

    with pytest.raises(gr.Error) as caught:
        event(handler)(request_of(token_of("trainer")))
    assert caught.value.message == "The file &lt;b&gt;x&lt;/b&gt; is empty. (Reference: upload.empty)"
    assert caught.value.print_exception is False


def test_a_fault_is_a_reference_number_without_data(
    event: Events, token_of: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def handler(_caller: Any) -> None:
        raise ValueError("canary row")

    with pytest.raises(gr.Error, match="reference number") as caught:
        event(handler)(request_of(token_of("trainer")))
    noted = capsys.readouterr().err
    assert "canary" not in str(caught.value.message) + noted
    assert noted.split()[1].strip(":") in str(caught.value.message)
