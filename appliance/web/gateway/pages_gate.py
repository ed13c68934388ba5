"""The gate before Gradio: a list of the few of its routes that our pages use, and a look into what events bring.

Everything else of Gradio's (files by path or URL, uploads, proxies, the API pages, `/config` of other pages,
recordings) is closed, for everybody. Nothing our pages send ever names a file, so an event that carries one is a
forgery and refused whole.
"""

import json
import re
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.foundation.messages import message
from appliance.web.gateway.answers import refusal

MAX_EVENT_BYTES = 512 * 1024
MAX_DEPTH = 24
_READ = re.compile(
    r"/|/(?:assets|static)/[\w./@+-]+|/svelte/[\w./-]+|/theme\.css|/favicon\.ico|/manifest\.json"
    r"|/gradio_api/(?:startup-events|heartbeat/\w{1,64}|queue/data|theme\.css)",
    re.ASCII,
)
_WRITE = re.compile(r"/gradio_api/(?:queue/join|cancel|reset)/?", re.ASCII)
# Keys by which Gradio recognises a file in a value; it would read a path, and fetch a URL.
_FILE_KEYS = frozenset(
    {"path", "url", "is_file", "is_stream", "_type", "orig_name", "file", "component", "constructor_args"}
)


class PagesGate:
    """Middleware for everything under a mount."""

    def __init__(self, app: ASGIApp, mount: str) -> None:
        self._app = app
        self._mount = mount

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what our pages use; answer the rest with 404."""
        path = scope["path"].removeprefix(self._mount)
        if scope["method"] in {"GET", "HEAD"} and _READ.fullmatch(path):
            await self._app(scope, receive, send)
            return
        if scope["method"] != "POST" or not _WRITE.fullmatch(path):
            await refusal(scope, 404, message("web.closed"))(scope, receive, send)
            return
        body = await _read_all(receive)
        answer = _verify_event(scope, body)
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self._app(scope, _replay(body or b"", receive), send)


def _verify_event(scope: Scope, body: bytes | None) -> Response | None:
    if body is None:
        return refusal(scope, 413, message("web.size"))
    try:
        value = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return refusal(scope, 400, message("web.event"))
    if _names_file(value, 0):
        return refusal(scope, 403, message("web.file"))
    return None


def _names_file(value: Any, depth: int) -> bool:
    """Tell whether a value names a file anywhere, or is nested deeper than any of ours."""
    if depth > MAX_DEPTH:
        return True
    if isinstance(value, dict):
        return not _FILE_KEYS.isdisjoint(value) or any(_names_file(inner, depth + 1) for inner in value.values())
    return isinstance(value, list) and any(_names_file(inner, depth + 1) for inner in value)


async def _read_all(receive: Receive) -> bytes | None:
    """Return the body, or None when it is over `MAX_EVENT_BYTES`."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > MAX_EVENT_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
