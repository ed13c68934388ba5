"""Events of the pages: each finds out anew who asks, and turns every error into a sentence."""

import html
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from appliance.foundation.errors import ApplianceError
from appliance.services.context import Caller, ServiceContext
from appliance.web.answers import fault_sentence
from appliance.web.door import resolve_caller

Handler = Callable[..., Any]


class Events:
    """Makes handlers for Gradio out of functions `(caller, *values)`."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def __call__(self, handler: Handler) -> Handler:
        """Return `handler` as Gradio calls it: with the request last, never with an exception of ours."""
        names = list(inspect.signature(handler).parameters)[1:]
        run: Any
        if inspect.isgeneratorfunction(handler):

            def run_generator(*values: Any) -> Iterator[Any]:
                try:
                    yield from handler(self._caller(values[-1]), *values[:-1])
                except Exception as error:
                    raise _shown(error) from None

            run = run_generator
        else:

            def run_function(*values: Any) -> Any:
                try:
                    return handler(self._caller(values[-1]), *values[:-1])
                except Exception as error:
                    raise _shown(error) from None

            run = run_function
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        # Gradio looks at the signature to learn how many values to pass, and where it wants the request.
        parameters = [inspect.Parameter(name, kind) for name in names] + [inspect.Parameter("request", kind, annotation=gr.Request)]
        run.__signature__ = inspect.Signature(parameters)
        run.__annotations__ = {"request": gr.Request}
        run.__name__ = handler.__name__
        handled: Handler = run
        return handled

    def _caller(self, request: Any) -> Caller:
        found = resolve_caller(self._context, request.headers.get("cookie", ""))
        if found is None:
            raise gr.Error("Your session is over. Reload the page and sign in again.", title="Signed out", print_exception=False)
        return found[0]


def _shown(error: Exception) -> gr.Error:
    """Return what the page shows. The message is read as HTML there, so it is escaped."""
    if isinstance(error, gr.Error):
        return error
    sentence = f"{error.sentence} (Reference: {error.code})" if isinstance(error, ApplianceError) else fault_sentence(error)
    return gr.Error(html.escape(sentence, quote=False), title="Not done", duration=20, print_exception=False)
