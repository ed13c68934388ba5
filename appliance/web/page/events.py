"""The events of a page, and the components that every page uses.

Each event finds out anew who asks, in whose language, and turns every error into a sentence. A handler
gets the caller and the values of the components that it reads, and returns what changes:

    def pick(caller: Caller, values: Values) -> Updates:
        return {self.view: draw(caller, values[self.dataset])}

    page.on(self.dataset.input, pick, reads=[self.dataset], writes=[self.view])

A handler may be a generator, whose updates are shown one after the other. `person=False` is for what a page does by
itself: it does not keep the session open.
"""

import html
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import gradio as gr

from appliance.foundation.errors import ApplianceError
from appliance.foundation.messages import t, use_language
from appliance.services.context import Caller, ServiceContext
from appliance.web.gateway.answers import fault_message
from appliance.web.gateway.door import resolve_caller
from appliance.web.page.table import PageRow

Component: TypeAlias = Any  # of Gradio's: they have no type in common that says what a value is
Values: TypeAlias = Mapping[Component, Any]
Updates: TypeAlias = dict[Component, Any]
Handler: TypeAlias = Callable[[Caller, Values], "Updates | Iterator[Updates]"]
NOTICE_S = 20
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def drawn(value: str = "", **options: Any) -> gr.Markdown:
    """Return a place for HTML of `appliance.web.rendering`, which escaped it: Gradio changes nothing in it."""
    return gr.Markdown(value, sanitize_html=False, latex_delimiters=[], **options)


def hidden_text(name: str) -> gr.Textbox:
    """Return a field in which a script of ours puts what somebody did in something drawn; its id is `name`."""
    return gr.Textbox(visible="hidden", elem_id=name, show_label=False, container=False)


def button(label: str, **options: Any) -> gr.Button:
    """Return a button, or the update of one, that says the message `label`."""
    return gr.Button(t(label), **options)


def hidden() -> Any:
    """Return the update that hides a component."""
    return gr.update(visible=False)


class Page:
    """A page while it is laid out in one language: wires handlers to events."""

    def __init__(self, context: ServiceContext, row: PageRow, language: str, blocks: gr.Blocks) -> None:
        self.context = context
        self.load = blocks.load
        self.row = row
        self.language = language

    def on(
        self,
        triggers: Any,
        handler: Handler,
        *,
        reads: Iterable[Component] = (),
        writes: Iterable[Component],
        person: bool = True,
        failed: Callable[[], Updates] | None = None,
        **options: Any,
    ) -> Any:
        """Call `handler` at an event, or at each of several, and return Gradio's event.

        `failed` gives what changes when it raised an error, beside the notice with the error's sentence. `options` are
        Gradio's (https://www.gradio.app/docs/gradio/button): concurrency, progress, trigger mode.
        """
        outputs = list(dict.fromkeys(writes))
        made = self._generator if inspect.isgeneratorfunction(handler) else self._function
        run = made(handler, outputs, person)
        wanted: dict[str, Any] = {**_QUIET, **options}
        event = gr.on(triggers, run, inputs=set(reads), outputs=outputs, **wanted)
        if failed is not None:
            event.failure(self._said(failed, outputs), outputs=outputs, **_QUIET)
        return event

    def _said(self, failed: Callable[[], Updates], outputs: list[Component]) -> Callable[[], Any]:
        def run() -> Any:
            with use_language(self.language):
                return _complete(failed(), outputs)

        run.__name__ = f"after_{failed.__name__}"
        return run

    def _function(self, handler: Handler, outputs: list[Component], person: bool) -> Callable[..., Any]:
        def run(values: Values, request: gr.Request) -> Any:
            with use_language(self.language):
                try:
                    return _complete(handler(self._caller(request, person), values), outputs)
                except Exception as error:
                    raise _shown(error) from None

        run.__name__ = handler.__name__
        return run

    def _generator(self, handler: Handler, outputs: list[Component], person: bool) -> Callable[..., Any]:
        def run(values: Values, request: gr.Request) -> Iterator[Any]:
            made: Any = None
            while True:
                with use_language(self.language):  # for each step: whoever goes on with a generator has a context anew
                    try:
                        made = handler(self._caller(request, person), values) if made is None else made
                        updates = next(made, None)
                    except Exception as error:
                        raise _shown(error) from None
                if updates is None:
                    return
                yield _complete(updates, outputs)

        run.__name__ = handler.__name__
        return run

    def _caller(self, request: gr.Request, person: bool) -> Caller:
        found = resolve_caller(self.context, request.headers.get("cookie", ""), seen=person)
        if found is None:
            raise gr.Error(t("page-signed-out"), title=t("page-signed-out-title"), print_exception=False)
        return found[0]


def _complete(updates: Any, outputs: list[Component]) -> Any:
    """Return updates as Gradio takes them: it would take an empty dictionary for a value."""
    return updates or {output: gr.skip() for output in outputs[:1]}


def _shown(error: Exception) -> gr.Error:
    """Return what the page shows. The message is read as HTML there, so it is escaped."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, ApplianceError):
        sentence = t("page-reference", sentence=error.message, reference=error.code)
    else:
        sentence = str(fault_message(error))
    return gr.Error(
        html.escape(sentence, quote=False), title=t("page-not-done"), duration=NOTICE_S, print_exception=False
    )
