"""Plain answers outside of Gradio: small HTML pages, JSON errors, and how an error becomes a status."""

import html
import secrets
import sys

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Scope

from appliance.foundation.errors import (
    ApplianceError,
    AuthenticationError,
    AuthorizationError,
    ConflictError,
    InputError,
    NotFoundError,
    SealedError,
    StorageError,
)

_STATUS: list[tuple[type[ApplianceError], int]] = [
    (InputError, 400),
    (AuthenticationError, 401),
    (AuthorizationError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (SealedError, 503),
    (StorageError, 507),
]
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Appliance</title><link rel="stylesheet" href="/static/pages.css"><link rel="icon"
href="/static/favicon.svg">{head}</head>
<body><main><p class="brand">Fine-tuning appliance</p><h1>{title}</h1>{body}</main></body></html>"""


def status_of(error: ApplianceError) -> int:
    """Return the HTTP status that says what kind of error it is."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def error_json(error: ApplianceError) -> JSONResponse:
    """Return the error as programs read it."""
    return JSONResponse({"error": {"code": error.code, "sentence": error.sentence}}, status_of(error))


def fault_sentence(error: BaseException) -> str:
    """Note a fault of the appliance's own under a fresh reference number, without any data, and return the sentence for
    people.
    """
    reference = secrets.token_hex(4)
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else "unknown"
    print(f"fault {reference}: {type(error).__name__} at {place}", file=sys.stderr, flush=True)
    return (
        "Something went wrong in the appliance itself. Nothing was lost. Tell the operator this reference number: "
        f"{reference}."
    )


def page(title: str, body: str, *, status: int = 200, head: str = "") -> HTMLResponse:
    """Return a small page. `body` and `head` are HTML that the caller has escaped."""
    return HTMLResponse(_PAGE.format(title=html.escape(title), body=body, head=head), status)


def wants_page(scope: Scope) -> bool:
    """Tell whether a person's browser navigates here (and not a script)."""
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return scope["method"] in {"GET", "HEAD"} and b"text/html" in accept


def mark_refused(scope: Scope, code: str) -> None:
    """Tell the door, which all answers pass, that this one refuses."""
    scope.setdefault("state", {})["refused"] = code


def refusal(scope: Scope, status: int, code: str, sentence: str) -> Response:
    """Return a refusal, marked as one: a page for a person, JSON for a script."""
    mark_refused(scope, code)
    if wants_page(scope):
        return page(
            "Not possible", f"<p>{html.escape(sentence)}</p><p><a href='/'>Back to the start</a></p>", status=status
        )
    return JSONResponse({"error": {"code": code, "sentence": sentence}}, status)


def see_other(path: str) -> RedirectResponse:
    """Send the browser to another of our pages."""
    return RedirectResponse(path, 303)
