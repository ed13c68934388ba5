"""Events ask anew who calls, speak the page's language, and show sentences only."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from appliance.foundation.errors import InputError
from appliance.foundation.messages import language, verbatim
from appliance.services.context import Caller
from appliance.web.gateway.door import COOKIE
from appliance.web.page.events import Page, Updates, Values
from appliance.web.page.table import PAGES

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # Gradio makes event loops and forgets them.


class OneButton:
    """A page with a button and a field, in one language."""

    def __init__(self, appliance: Any, token: str, page_language: str = "en") -> None:
        self._request = SimpleNamespace(headers={"cookie": f"{COOKIE}={token}"})
        with gr.Blocks() as self.blocks:
            self.page = Page(appliance.context, PAGES[-1], page_language, self.blocks)
            self.field, self.button, self.other = gr.Textbox(), gr.Button(), gr.Textbox()

    def on(self, handler: Any, **options: Any) -> None:
        """Wire the button."""
        with self.blocks:
            self.page.on(self.button.click, handler, reads=[self.field], writes=[self.field, self.other], **options)

    def press(self, value: Any = "") -> Any:
        """Press it while the field has this value; return what Gradio gets."""
        given = next(iter(self.blocks.fns.values())).fn({self.field: value}, self._request)
        return list(given) if isinstance(given, Iterator) else given


@pytest.fixture
def page(appliance: Any, token_of: Any) -> Callable[..., OneButton]:
    """Give a page that somebody opened, by default without a session."""
    return lambda name="", page_language="en": OneButton(appliance, token_of(name) if name else "", page_language)


def test_a_handler_gets_the_caller_of_the_cookie_and_the_values(page: Any) -> None:
    opened = page("reviewer")
    opened.on(lambda caller, values: {opened.other: (caller.role, values[opened.field])})
    assert opened.press("x") == {opened.other: ("reviewer", "x")}


def test_of_nothing_that_changes_gradio_gets_an_update_that_changes_nothing(page: Any) -> None:
    """It would take an empty dictionary for a value."""
    opened = page("reviewer")
    opened.on(lambda _caller, _values: {})
    assert opened.press() == {opened.field: gr.skip()}


@pytest.mark.parametrize("token", ["", "forged"])
def test_without_a_session_nothing_runs(appliance: Any, token: str) -> None:
    ran: list[int] = []
    opened = OneButton(appliance, token)
    opened.on(lambda _caller, _values: ran.append(1))
    with pytest.raises(gr.Error, match="Your session has ended"):
        opened.press()
    assert ran == []


def test_a_generator_asks_too(page: Any) -> None:
    def handler(caller: Caller, _values: Values) -> Iterator[Updates]:
        yield {opened.field: caller.role}
        yield {}

    opened = page("trainer")
    opened.on(handler)
    assert opened.press() == [{opened.field: "trainer"}, {opened.field: gr.skip()}]
    opened = page()
    opened.on(handler)
    with pytest.raises(gr.Error, match="Your session has ended"):
        opened.press()


@pytest.mark.parametrize("code", ["en", "de"])
def test_every_step_of_a_handler_speaks_the_language_of_the_page(page: Any, code: str) -> None:
    def steps(_caller: Caller, _values: Values) -> Iterator[Updates]:
        yield {opened.field: language()}
        yield {opened.field: language()}

    opened = page("trainer", code)
    opened.on(steps)
    assert opened.press() == [{opened.field: code}] * 2
    opened = page("trainer", code)
    opened.on(lambda _caller, _values: {opened.field: language()})
    assert opened.press() == {opened.field: code}


def test_an_error_of_ours_is_shown_as_an_escaped_sentence_with_its_code(page: Any) -> None:
    def handler(_caller: Caller, _values: Values) -> Updates:
        raise InputError(verbatim("The file <b>x</b> is empty."), code="upload.empty")

    opened = page("trainer")
    opened.on(handler)
    with pytest.raises(gr.Error) as caught:
        opened.press()
    assert caught.value.message == "The file &lt;b&gt;x&lt;/b&gt; is empty. (Reference: upload.empty)"
    assert caught.value.title == "Not done"
    assert caught.value.print_exception is False


def test_an_error_is_shown_in_the_language_of_the_page(page: Any) -> None:
    def handler(_caller: Caller, _values: Values) -> Updates:
        raise InputError("input.no-question")

    opened = page("trainer", "de")
    opened.on(handler)
    with pytest.raises(gr.Error) as caught:
        opened.press()
    assert "Frage" in str(caught.value.message)
    assert caught.value.title != "Not done"


def test_a_fault_is_a_reference_number_without_data(page: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_caller: Caller, _values: Values) -> Updates:
        raise ValueError("canary row")

    opened = page("trainer")
    opened.on(handler)
    with pytest.raises(gr.Error) as caught:
        opened.press()
    noted = capsys.readouterr().err
    assert "canary" not in str(caught.value.message) + noted
    assert noted.split()[1].strip(":") in str(caught.value.message)


def test_what_changes_after_an_error_changes(page: Any) -> None:
    def handler(_caller: Caller, _values: Values) -> Updates:
        raise InputError("input.no-question")

    def ready() -> Updates:
        return {opened.other: language()}

    opened = page("trainer", "de")
    opened.on(handler, failed=ready)
    first, after = opened.blocks.fns.values()
    assert (after.trigger_after, after.trigger_only_on_failure) == (first._id, True)
    assert after.fn() == {opened.other: "de"}


def test_what_a_page_does_by_itself_is_no_sign_of_a_person(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[bool] = []

    def resolve(_context: Any, _cookie: str, *, seen: bool = True) -> Any:
        noted.append(seen)
        return Caller("us_x", "trainer"), None

    monkeypatch.setattr("appliance.web.page.events.resolve_caller", resolve)
    for options in ({}, {"person": False}):
        opened = page("trainer")
        opened.on(lambda _caller, _values: {}, **options)
        opened.press()
    assert noted == [True, False]
