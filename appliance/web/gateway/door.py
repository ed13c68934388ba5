"""The door: a middleware in front of every route. Whatever a route or a library forgets to check, was checked here.

In this order: a known Host (against DNS rebinding), no other way to authenticate than the session cookie, our own
Origin on whatever changes something, an open vault, a session, and a password that is the person's own. SECURITY.md,
Web.

What is refused, here or behind it, is logged before the answer leaves, floods as counts (services/refused_requests.py).
"""

import functools
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

import anyio.to_thread
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.foundation.errors import ApplianceError
from appliance.identity import User
from appliance.services.context import Caller, ServiceContext
from appliance.services.record.refused_requests import KINDS, Refused, RefusedRequests
from appliance.services.sessions import caller_of
from appliance.web.answers import fault_sentence, mark_refused, page, refusal, see_other, wants_page

COOKIE = "appliance_session"
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/sign-in", "/static/pages.css", "/static/favicon.svg", "/favicon.ico"})
WHILE_SEALED = frozenset({"/healthz", "/readyz", "/static/pages.css", "/static/favicon.svg", "/favicon.ico"})
BEFORE_OWN_PASSWORD = frozenset({"/password", "/sign-out"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
_SEALED = (
    "The vault is sealed: its keys are not in memory, so nobody can sign in. The operator opens it with "
    "<code>appliance unseal</code>."
)


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """Return the values of the Host header under which this machine alone reaches the pages."""
    shown = f"[{host}]" if ":" in host else host
    return frozenset(f"{name}:{port}" for name in (shown, "localhost", "127.0.0.1", "[::1]"))


def session_token(cookie_header: str) -> str:
    """Return the session token of a Cookie header, or the empty string."""
    try:
        morsel = SimpleCookie(cookie_header).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


class Door:
    """Middleware: lets a request in or answers it here. Puts `caller`, `user` and `token` into the request's state."""

    def __init__(self, app: ASGIApp, context: ServiceContext, refused: RefusedRequests, hosts: frozenset[str]) -> None:
        self._app = app
        self._context = context
        self._refused = refused
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on. There is no WebSocket route, so every WebSocket is refused."""
        if scope["type"] == "websocket":
            await receive()
            mark_refused(scope, "web.websocket")
            await self._note(scope)
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = False

        async def noted(message: Message) -> None:
            nonlocal answered
            if not answered:
                await self._note(scope)
            answered = True
            await send(message)

        try:
            answer = await self._check(scope)
            await (answer or self._app)(scope, receive, noted)
        except Exception as error:
            sentence = fault_sentence(error)
            if answered:
                return  # Too late to say it: the answer had begun. The server closes the connection.
            await refusal(scope, 500, "fault", sentence)(scope, receive, send)

    async def _note(self, scope: Scope) -> None:
        """Log that the request is refused, if it is.

        Behind a session the account is who was refused, else the peer's address.
        """
        state = scope.get("state", {})
        code = state.get("refused", "")
        if code in KINDS:
            address = (scope.get("client") or ("",))[0]
            first = self._refused.count(Refused.of(code, address, state.get("caller")))
            if first is not None:
                await anyio.to_thread.run_sync(self._refused.write_first, first)

    async def _check(self, scope: Scope) -> Response | None:  # noqa: PLR0911 - one answer a check, in their order
        connection = HTTPConnection(scope)
        headers, path = connection.headers, scope["path"]
        host = headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in self._hosts:
            return refusal(
                scope,
                421,
                "web.host",
                "This name is not ours. Open http://127.0.0.1 or http://localhost with the port that was announced.",
            )
        if "authorization" in headers:
            return refusal(
                scope,
                400,
                "web.authorization",
                "Only the session cookie signs in here. Leave the Authorization header away.",
            )
        if _suspicious(scope):
            return refusal(scope, 400, "web.path", "This address has a form that no page of ours has.")
        if scope["method"] not in SAFE_METHODS and headers.getlist("origin") != [f"http://{host[0].lower()}"]:
            forged = await self._holds_session(scope, session_token(headers.get("cookie", "")))
            code = "web.forgery" if forged else "web.origin"
            return refusal(
                scope, 403, code, "The request does not come from our own pages, so it was refused. Reload the page."
            )
        if self._context.sealed:
            return None if path in WHILE_SEALED else _sealed_answer(scope)
        if path in OPEN_PATHS:
            return None
        return await self._check_session(scope, session_token(headers.get("cookie", "")))

    async def _check_session(self, scope: Scope, token: str) -> Response | None:
        try:
            found = await anyio.to_thread.run_sync(caller_of, self._context, token) if token else None
        except ApplianceError:
            return _sealed_answer(scope)  # Sealed between the two looks.
        if found is None:
            code = "web.session-over" if token else "web.session"
            answer = refusal(scope, 401, code, "You are not signed in, or the session is over. Sign in again.")
            return see_other("/sign-in") if wants_page(scope) else answer
        caller, user = found
        scope.setdefault("state", {}).update(caller=caller, user=user, token=token)
        if user.must_change and scope["path"] not in BEFORE_OWN_PASSWORD:
            answer = refusal(scope, 403, "web.password", "Choose a password of your own first.")
            return see_other("/password") if wants_page(scope) else answer
        return None

    async def _holds_session(self, scope: Scope, token: str) -> bool:
        """Tell whether the cookie is that of an open session, which the request would have abused, and remember
        whose.
        """
        if not token or self._context.sealed:
            return False
        try:
            found = await anyio.to_thread.run_sync(functools.partial(caller_of, self._context, token, seen=False))
        except ApplianceError:
            return False  # Sealed between the two looks.
        if found is not None:
            scope.setdefault("state", {})["caller"] = found[0]
        return found is not None


def resolve_caller(context: ServiceContext, cookie_header: str) -> tuple[Caller, User] | None:
    """Return who sends this Cookie header, for checks after the door (each event of the pages looks again)."""
    token = session_token(cookie_header)
    found = caller_of(context, token) if token else None
    return None if found is None or found[1].must_change else found


def _suspicious(scope: Scope) -> bool:
    """Tell whether the path tries to leave its place: dots, backslashes, doubled slashes, control characters, or these
    encoded twice.
    """
    raw = scope.get("raw_path") or scope["path"].encode()
    path = scope["path"]
    tests: tuple[Callable[[], bool], ...] = (
        lambda: ".." in path or "//" in path or "\\" in path or "%" in path,
        lambda: any(ord(character) < 0x20 or ord(character) == 0x7F for character in path),
        lambda: any(code in raw.lower() for code in (b"%2e", b"%2f", b"%5c", b"%00")),
    )
    return any(test() for test in tests)


def _sealed_answer(scope: Scope) -> Response:
    if wants_page(scope):
        return page(
            "The vault is sealed", f"<p>{_SEALED}</p>", status=503, head='<meta http-equiv="refresh" content="5">'
        )
    return refusal(scope, 503, "sealed", "The vault is sealed. The operator opens it with `appliance unseal`.")
