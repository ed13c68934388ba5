"""Plain answers outside of Gradio: small HTML pages, JSON errors, and how an error becomes a status.

Everything that people read is in the language of the context, which the door has chosen for the request.
"""

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
from appliance.foundation.messages import Message, language, message, t
from appliance.web.rendering.html import language_switch, sentence, text

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
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {brand}</title><link rel="stylesheet" href="/static/pages.css"><link rel="icon"
href="/static/favicon.svg">{head}</head>
<body>{header}<main><p class="brand">{brand}</p><h1>{title}</h1>{body}</main></body></html>"""


def status_of(error: ApplianceError) -> int:
    """Return the HTTP status that says what kind of error it is."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def json_error(status: int, code: str, told: str) -> JSONResponse:
    """Return an error as programs read it."""
    return JSONResponse({"error": {"code": code, "sentence": told}}, status)


def error_json(error: ApplianceError) -> JSONResponse:
    """Return an error of ours as programs read it."""
    return json_error(status_of(error), error.code, error.sentence)


def fault_message(error: BaseException) -> Message:
    """Report a fault of the appliance itself on stderr, without any data, and return what people are told.

    A fresh reference number connects the two.
    """
    reference = secrets.token_hex(4)
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else "unknown"
    print(f"fault {reference}: {type(error).__name__} at {place}", file=sys.stderr, flush=True)
    return message("fault:reference", reference=reference)


def page(title: str, body: str, *, status: int = 200, head: str = "", here: str = "") -> HTMLResponse:
    """Return a small page. `body` and `head` are HTML that the caller has escaped.

    `here`: the page's own path, on a page that offers the other languages.
    """
    header = f"<header>{language_switch(here)}</header>" if here else ""
    brand = text(t("gateway-brand"))
    drawn = _PAGE.format(language=language(), title=text(title), brand=brand, head=head, header=header, body=body)
    return HTMLResponse(drawn, status)


def wants_page(scope: Scope) -> bool:
    """Tell whether a person's browser navigates here or sends a form (and not a script)."""
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def mark_refused(scope: Scope, code: str) -> None:
    """Tell the door, which all answers pass, that this one refuses."""
    scope.setdefault("state", {})["refused"] = code


def refusal(scope: Scope, status: int, told: Message, code: str = "") -> Response:
    """Return a refusal, marked as one: a page for a person, JSON for a script.

    The code is that of the message (its id up to the colon), unless one is given.
    """
    code = code or told.id.partition(":")[0]
    mark_refused(scope, code)
    if not wants_page(scope):
        return json_error(status, code, str(told))
    back = f'<p><a href="/">{text(t("gateway-back"))}</a></p>'
    return page(t("gateway-refused"), f"<p>{sentence(told)}</p>{back}", status=status)


def error_refusal(scope: Scope, error: ApplianceError) -> Response:
    """Return the refusal that an error of ours is."""
    return refusal(scope, status_of(error), error.message, error.code)


def see_other(path: str) -> RedirectResponse:
    """Send the browser to another of our pages."""
    return RedirectResponse(path, 303)
