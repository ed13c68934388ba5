"""Security headers, and a Content-Security-Policy with a fresh nonce for each answer (https://www.w3.org/TR/CSP3/).

The nonce is written into every `<script` of an HTML answer. That is safe only because no HTML page holds data: the
pages are the same for everybody, and Gradio fetches what it shows as JSON afterwards.
"""

import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.web.page.table import MOUNTS

MAX_HTML_BYTES = 8 * 1024 * 1024
_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; "
    "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; "
    "object-src 'none'"
)
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not `no-referrer`: with it, browsers send `Origin: null` with our own forms.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), usb=(), payment=()"),
]
# Gradio's own scripts and fonts: public, with a hash in the name
_CACHED = tuple(f"{mount}/{folder}/" for mount in MOUNTS for folder in ("assets", "static"))
_OURS = {name for name, _ in _HEADERS} | {b"content-security-policy", b"cache-control", b"server"}
# A compressed page could not be given its nonce; and an origin mirrored by a library must never get through.
_DROPPED = _OURS | {b"access-control-allow-origin", b"access-control-allow-credentials"}


class SecurityHeaders:
    """Middleware: adds the headers to every answer and the nonce to HTML."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, uncompressed, and finish what comes back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self._app({**scope, "headers": headers}, receive, _Answer(send, scope["path"]).send)


class _Answer:
    """One answer on its way out."""

    def __init__(self, send: Send, path: str) -> None:
        self._send = send
        self._path = path
        self._nonce = secrets.token_urlsafe(18)
        self._start: Message | None = None
        self._html = bytearray()

    async def send(self, message: Message) -> None:
        """Hold HTML back until it is whole; pass everything else on."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is None:
            await self._send(message)
        else:
            self._html += message.get("body", b"")
            if len(self._html) > MAX_HTML_BYTES:
                raise ValueError("An HTML answer is over its limit.")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _begin(self, message: Message) -> None:
        cached = self._path.startswith(_CACHED)
        caching = (b"cache-control", b"private, max-age=86400" if cached else b"no-store")
        kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in _DROPPED]
        policy = (b"content-security-policy", _POLICY.format(nonce=self._nonce).encode())
        start = {**message, "headers": [*kept, *_HEADERS, caching, policy]}
        if any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in kept):
            self._start = start
        else:
            await self._send(start)

    async def _finish(self, start: Message) -> None:
        body = bytes(self._html).replace(b"<script", b'<script nonce="' + self._nonce.encode() + b'"')
        headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await self._send({**start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
