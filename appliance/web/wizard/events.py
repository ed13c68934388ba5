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
        """Return `handler` as Gradio calls it: with the request first, never with an exception of ours."""
        run: Any
        if inspect.isgeneratorfunction(handler):

            def run_generator(request: gr.Request, *values: Any) -> Iterator[Any]:
                try:
                    yield from handler(self._caller(request), *values)
                except Exception as error:
                    raise _shown(error) from None

            run = run_generator
        else:

            def run_function(request: gr.Request, *values: Any) -> Any:
                try:
                    return handler(self._caller(request), *values)
                except Exception as error:
                    raise _shown(error) from None

            run = run_function
        # Gradio looks at the signature to learn how many values to pass, and where it wants the request.
        request, *_ = inspect.signature(run).parameters.values()
        _caller, *taken = inspect.signature(handler).parameters.values()
        values = [each.replace(annotation=inspect.Parameter.empty) for each in taken]
        run.__signature__ = inspect.Signature([request, *values])
        run.__annotations__ = {"request": gr.Request}
        run.__name__ = handler.__name__
        handled: Handler = run
        return handled

    def _caller(self, request: Any) -> Caller:
        found = resolve_caller(self._context, request.headers.get("cookie", ""))
        if found is None:
            raise gr.Error(
                "Your session is over. Reload the page and sign in again.", title="Signed out", print_exception=False
            )
        return found[0]


def _shown(error: Exception) -> gr.Error:
    """Return what the page shows. The message is read as HTML there, so it is escaped."""
    if isinstance(error, gr.Error):
        return error
    sentence = (
        f"{error.sentence} (Reference: {error.code})" if isinstance(error, ApplianceError) else fault_sentence(error)
    )
    return gr.Error(html.escape(sentence, quote=False), title="Not done", duration=20, print_exception=False)
