"""The pages before the others, without scripts: sign in, choose one's own password or a language, sign out."""

import functools
from collections import deque
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from appliance.foundation.errors import ApplianceError, AuthenticationError, InputError
from appliance.foundation.messages import LANGUAGES, t
from appliance.identity.users import MIN_PASSWORD_CHARACTERS
from appliance.services.context import ServiceContext
from appliance.services.people.accounts import set_language, set_password
from appliance.services.sessions import sign_in, sign_out
from appliance.web.gateway.answers import error_refusal, mark_refused, page, see_other, status_of
from appliance.web.gateway.door import COOKIE, resolve_caller
from appliance.web.gateway.languages import LANGUAGE_COOKIE, LANGUAGE_COOKIE_S
from appliance.web.page.table import PAGES
from appliance.web.rendering.html import sentence, text

MAX_FORM_BYTES = 8 * 1024
MAX_HASHES_AT_ONCE = 2  # each takes 64 MiB (Argon2id)
# By everybody together: each is two entries of the log, whoever asks (ADR 0029).
MAX_SIGN_INS, SIGN_INS_US = 60, 60_000_000
# Where the switch between languages leads back to.
KNOWN_PAGES = frozenset({"/sign-in", "/password", *(row.path for row in PAGES)})
_SIGN_IN_FORM = """<form method="post" action="/sign-in">{notice}{fields}<button>{sign_in}</button></form>
<p class="quiet">{account}</p>"""
_CHANGE_FORM = """<form method="post" action="/password">{notice}<p>{why}</p>{fields}<button>{save}</button></form>
<form method="post" action="/sign-out"><button class="plain">{sign_out}</button></form>"""
_T = TypeVar("_T")


class AccountPages:
    """The handlers; Argon2 runs in threads, a few at once."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._hashing = anyio.CapacityLimiter(MAX_HASHES_AT_ONCE)
        self._signed_in_us: deque[int] = deque(maxlen=MAX_SIGN_INS)

    async def show_sign_in(self, request: Request) -> Response:
        """GET /sign-in; with `?ended`, for somebody whose session is over."""
        return _sign_in_page(t("web.session-over") if "ended" in request.query_params else "", 200)

    async def sign_in(self, request: Request) -> Response:
        """POST /sign-in: open a session, or say why not."""
        if self._too_many():
            mark_refused(request.scope, "web.haste")
            return _sign_in_page(t("web.haste"), 429)
        try:
            form = await _form(request, "name", "password")
            token, user = await self._hash(sign_in, self._context, form["name"], form["password"])
        except ApplianceError as error:
            mark_refused(request.scope, error.code)
            return _sign_in_page(error.sentence, status_of(error))
        return _with_cookie(see_other("/password" if user.must_change else "/"), token)

    def _too_many(self) -> bool:
        """Count an attempt, and tell whether there were `MAX_SIGN_INS` within `SIGN_INS_US` already."""
        now, tried = self._context.clock.monotonic_us(), self._signed_in_us
        if len(tried) == MAX_SIGN_INS and now - tried[0] < SIGN_INS_US:
            return True
        tried.append(now)
        return False

    async def show_password(self, request: Request) -> Response:
        """GET /password."""
        return _password_page(request, "", 200)

    async def set_password(self, request: Request) -> Response:
        """POST /password: change one's own."""
        try:
            form = await _form(request, "old", "new", "again")
            if form["new"] != form["again"]:
                raise InputError("input:passwords-differ")
            if form["new"] == form["old"]:
                raise InputError("input:same-password")
            await self._hash(set_password, self._context, request.state.caller, form["old"], form["new"])
            # The change ended every session of the account, this one too.
            token, _ = await self._hash(sign_in, self._context, request.state.user.name, form["new"])
        except AuthenticationError as error:
            return _password_page(request, error.sentence, 400)
        except ApplianceError as error:
            mark_refused(request.scope, error.code)
            return _password_page(request, error.sentence, status_of(error))
        return _with_cookie(see_other("/"), token)

    async def set_language(self, request: Request) -> Response:
        """POST /language: keep it in the browser, and with the account of whoever is signed in."""
        try:
            form = await _form(request, "language", "page")
            if form["language"] not in LANGUAGES:
                raise InputError("user.language", languages=tuple(LANGUAGES))
            await anyio.to_thread.run_sync(self._store_language, request.headers.get("cookie", ""), form["language"])
        except ApplianceError as error:
            return error_refusal(request.scope, error)
        # Only to our own pages: `page` comes from the browser, and must not send it to another site.
        answer = see_other(form["page"] if form["page"] in KNOWN_PAGES else "/")
        answer.set_cookie(
            LANGUAGE_COOKIE, form["language"], LANGUAGE_COOKIE_S, path="/", httponly=True, samesite="strict"
        )
        return answer

    def _store_language(self, cookie_header: str, language: str) -> None:
        found = resolve_caller(self._context, cookie_header, seen=True)
        if found is not None:
            set_language(self._context, found[0], language)

    async def sign_out(self, request: Request) -> Response:
        """POST /sign-out: end the session."""
        await anyio.to_thread.run_sync(sign_out, self._context, request.state.caller, request.state.token)
        answer = see_other("/sign-in")
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    async def _hash(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await anyio.to_thread.run_sync(functools.partial(work, *arguments), limiter=self._hashing)


async def _form(request: Request, *names: str) -> dict[str, str]:
    """Return the named fields of a small urlencoded form. Raises `InputError`."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise InputError("web.size:form")
    try:
        fields = parse_qs(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=8
        )
    except ValueError:
        raise InputError("input:form-unreadable") from None
    if any(len(fields.get(name, [])) != 1 for name in names):
        raise InputError("input:form-incomplete")
    return {name: fields[name][0] for name in names}


def _with_cookie(answer: Response, token: str) -> Response:
    # Not `Secure`: over plain HTTP on the loopback some browsers would not keep it; the server listens nowhere else.
    answer.set_cookie(COOKIE, token, path="/", httponly=True, samesite="strict")
    return answer


def _notice(told: str) -> str:
    """Return the notice, which has the focus, so that a screen reader begins with it."""
    shown = '<p class="notice" id="notice" role="alert" tabindex="-1" autofocus>'
    return f"{shown}{sentence(told)}</p>" if told else ""


def _field(label: str, name: str, autocomplete: str, told: str, *, kind: str = "password", more: str = "") -> str:
    described = ' aria-describedby="notice"' if told else ""
    return (
        f'<label>{text(label)} <input name="{name}" type="{kind}" autocomplete="{autocomplete}" required'
        f' maxlength="256"{more}{described}></label>'
    )


def _sign_in_page(told: str, status: int) -> Response:
    focus = "" if told else " autofocus"
    name = _field(t("gateway-name"), "name", "username", told, kind="text", more=f' autocapitalize="none"{focus}')
    body = _SIGN_IN_FORM.format(
        notice=_notice(told),
        fields=name + _field(t("gateway-password"), "password", "current-password", told),
        sign_in=text(t("gateway-sign-in")),
        account=text(t("gateway-account")),
    )
    return page(t("gateway-sign-in"), body, status=status, here="/sign-in")


def _password_page(request: Request, told: str, status: int) -> Response:
    new = t("gateway-new-password", min_characters=MIN_PASSWORD_CHARACTERS)
    fields = (
        _field(t("gateway-current-password"), "old", "current-password", told, more="" if told else " autofocus"),
        _field(new, "new", "new-password", told),
        _field(t("gateway-new-password-again"), "again", "new-password", told),
    )
    body = _CHANGE_FORM.format(
        notice=_notice(told),
        why=text(t("gateway-password-one-time") if request.state.user.must_change else t("gateway-password-own")),
        fields="".join(fields),
        save=text(t("gateway-save-password")),
        sign_out=text(t("gateway-sign-out")),
    )
    return page(t("gateway-password-title"), body, status=status, here="/password")
