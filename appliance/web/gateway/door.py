"""The door: a middleware in front of every route. Whatever a route or a library forgets to check, was checked here.

In this order: a known Host (against DNS rebinding), no other way to authenticate than the session cookie, our own
Origin on whatever changes something, an open vault, a session, and a password that is the person's own. SECURITY.md,
Web.

What is refused, here or behind it, is logged before the answer leaves, floods as counts (services/refused_requests.py).
The door also chooses the language of each answer, its own refusals included.
"""

import functools
from collections.abc import Callable

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from appliance.foundation.errors import ApplianceError
from appliance.foundation.messages import Message, message, t, use_language
from appliance.identity import User
from appliance.services.context import Caller, ServiceContext
from appliance.services.record.refused_requests import KINDS, Refused, RefusedRequests
from appliance.services.sessions import caller_of
from appliance.web.gateway.answers import fault_message, mark_refused, page, refusal, see_other, wants_page
from appliance.web.gateway.languages import chosen_language, cookie
from appliance.web.gateway.mounts import mount_of
from appliance.web.rendering.html import sentence

COOKIE = "appliance_session"
WHILE_SEALED = frozenset({"/healthz", "/readyz", "/static/pages.css", "/static/favicon.svg", "/favicon.ico"})
OPEN_PATHS = WHILE_SEALED | {"/sign-in", "/language"}
BEFORE_OWN_PASSWORD = frozenset({"/password", "/sign-out"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
SIGN_IN_AGAIN = "/sign-in?ended"
# Where a person goes on who is refused for this reason.
_LEADS_TO = {"web.session": "/sign-in", "web.session-over": SIGN_IN_AGAIN, "web.password": "/password"}


class RefusedError(Exception):
    """The door does not let a request in."""

    def __init__(self, status: int, told: Message) -> None:
        super().__init__(told.id)
        self._status = status
        self._told = told

    def answer(self, scope: Scope) -> Response:
        """Return the refusal: for a person the page to go on with, where there is one."""
        answer, code = refusal(scope, self._status, self._told), scope["state"]["refused"]
        if not wants_page(scope):
            return answer
        if code == "sealed":
            return _sealed_page()
        return see_other(_LEADS_TO[code]) if code in _LEADS_TO else answer


def shown_host(host: str) -> str:
    """Return a host as it stands in an address (RFC 3986, section 3.2.2)."""
    return f"[{host}]" if ":" in host else host


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """Return the values of the Host header under which this machine alone reaches the pages."""
    return frozenset(f"{name}:{port}" for name in (shown_host(host), "localhost", "127.0.0.1", "[::1]"))


class Door:
    """Middleware: lets a request in or answers it here.

    Puts `language`, and of who is signed in `caller`, `user` and `token`, into the request's state.
    """

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
        state = scope.setdefault("state", {})
        state["language"] = self._language(scope, None)
        answered = False

        async def noted(part: AsgiMessage) -> None:
            nonlocal answered
            if not answered:
                await self._note(scope)
            answered = True
            await send(part)

        try:
            await self._serve(scope, receive, noted)
        except Exception as error:
            told = fault_message(error)
            if answered:
                return  # Too late to say it: the answer had begun. The server closes the connection.
            with use_language(state["language"]):
                answer = refusal(scope, 500, told)
            await answer(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer the refusal. Threads and tasks begun behind it inherit the language."""
        refused: RefusedError | None = None
        try:
            await self._verify_request(scope)
        except RefusedError as error:
            refused = error
        with use_language(scope["state"]["language"]):
            await (self._app if refused is None else refused.answer(scope))(scope, receive, send)

    async def _note(self, scope: Scope) -> None:
        """Log that a request is refused, if it is: of the account behind a session, else of the peer's address."""
        state = scope.get("state", {})
        code = state.get("refused", "")
        if code in KINDS:
            address = (scope.get("client") or ("",))[0]
            first = self._refused.count(Refused.of(code, address, state.get("caller")))
            if first is not None:
                await anyio.to_thread.run_sync(self._refused.write_first, first)

    async def _verify_request(self, scope: Scope) -> None:
        """Raise `RefusedError` unless the request may pass."""
        headers, path = Headers(scope=scope), scope["path"]
        host = headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in self._hosts:
            raise RefusedError(421, message("web.host"))
        if "authorization" in headers:
            raise RefusedError(400, message("web.authorization"))
        if _suspicious(scope):
            raise RefusedError(400, message("web.path"))
        token = session_token(headers.get("cookie", ""))
        if scope["method"] not in SAFE_METHODS and headers.getlist("origin") != [f"http://{host[0].lower()}"]:
            forged = await self._holds_session(scope, token)
            raise RefusedError(403, message("web.forgery") if forged else message("web.origin"))
        if self._context.sealed:
            if path not in WHILE_SEALED:
                raise RefusedError(503, message("sealed:vault"))
        elif path not in OPEN_PATHS:
            await self._verify_session(scope, token)

    async def _verify_session(self, scope: Scope, token: str) -> None:
        # The events of a page decide themselves whether a person acts (web/page/events.py).
        person = wants_page(scope) or mount_of(scope["path"]) is None
        try:
            work = functools.partial(caller_of, self._context, token, seen=person)
            found = await anyio.to_thread.run_sync(work) if token else None
        except ApplianceError:
            raise RefusedError(503, message("sealed:vault")) from None  # Sealed between the two looks.
        if found is None:
            raise RefusedError(401, message("web.session-over") if token else message("web.session"))
        caller, user = found
        scope["state"].update(caller=caller, user=user, token=token, language=self._language(scope, user))
        if user.must_change and scope["path"] not in BEFORE_OWN_PASSWORD:
            raise RefusedError(403, message("web.password"))

    async def _holds_session(self, scope: Scope, token: str) -> bool:
        """Tell whether the cookie is an open session's, which the request would have abused; remember whose."""
        if not token or self._context.sealed:
            return False
        try:
            found = await anyio.to_thread.run_sync(functools.partial(caller_of, self._context, token, seen=False))
        except ApplianceError:
            return False  # Sealed between the two looks.
        if found is not None:
            scope["state"].update(caller=found[0], language=self._language(scope, found[1]))
        return found is not None

    def _language(self, scope: Scope, user: User | None) -> str:
        return chosen_language(self._context, Headers(scope=scope), user)


def session_token(cookie_header: str) -> str:
    """Return the session token of a Cookie header, or the empty string."""
    return cookie(cookie_header, COOKIE)


def resolve_caller(context: ServiceContext, cookie_header: str, *, seen: bool) -> tuple[Caller, User] | None:
    """Return who sends this Cookie header, for checks after the door (each event of the pages looks again).

    `seen`: a person acts, so the session's idle time begins anew.
    """
    token = session_token(cookie_header)
    found = caller_of(context, token, seen=seen) if token else None
    return None if found is None or found[1].must_change else found


def _suspicious(scope: Scope) -> bool:
    """Tell whether the path tries to leave its place: dots, backslashes, `//`, control characters, double encoding."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = scope["path"]
    tests: tuple[Callable[[], bool], ...] = (
        lambda: ".." in path or "//" in path or "\\" in path or "%" in path,
        lambda: any(ord(character) < 0x20 or ord(character) == 0x7F for character in path),
        lambda: any(code in raw.lower() for code in (b"%2e", b"%2f", b"%5c", b"%00")),
    )
    return any(test() for test in tests)


def _sealed_page() -> Response:
    body = f"<p>{sentence(t('gateway-sealed'))}</p>"
    return page(t("gateway-sealed-title"), body, status=503, head='<meta http-equiv="refresh" content="5">')
