"""The pages before the wizard: sign in, choose a password of one's own, sign out. Plain forms, no script."""

import functools
import html
from collections import deque
from urllib.parse import parse_qs

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from appliance.foundation.errors import ApplianceError, AuthenticationError, InputError
from appliance.services.context import ServiceContext
from appliance.services.people.accounts import set_password
from appliance.services.sessions import sign_in, sign_out
from appliance.web.answers import mark_refused, page, see_other, status_of
from appliance.web.door import COOKIE

MAX_FORM_BYTES = 8 * 1024
MAX_HASHES_AT_ONCE = 2  # each takes 64 MiB (Argon2id)
MAX_SIGN_INS, SIGN_INS_US = (
    60,
    60_000_000,
)  # by everybody together: each is two entries of the log, whoever asks (ADR 0029)
_SIGN_IN = """<form method="post" action="/sign-in">{notice}
<label>Name <input name="name" autocomplete="username" autocapitalize="none" required autofocus maxlength="120"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="256"></label>
<button>Sign in</button></form><p class="quiet">The operator of this appliance gives you an account.</p>"""
_OWN_FORM = """<form method="post" action="/password">{notice}<p>{why}</p>
<label>Present password <input name="old" type="password" autocomplete="current-password" required
maxlength="256"></label> <label>New password, 12 characters or more <input name="new" type="password"
autocomplete="new-password" required maxlength="256"></label> <label>New password again <input name="again"
type="password" autocomplete="new-password" required maxlength="256"></label>
<button>Keep the new password</button></form><form method="post" action="/sign-out"><button class="plain">Sign
out</button></form>
"""


class AccountPages:
    """The handlers; Argon2 runs in threads, a few at once."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._hashing = anyio.CapacityLimiter(MAX_HASHES_AT_ONCE)
        self._signed_in_us: deque[int] = deque(maxlen=MAX_SIGN_INS)

    async def show_sign_in(self, _request: Request) -> Response:
        """GET /sign-in."""
        return _sign_in_page("", 200)

    async def sign_in(self, request: Request) -> Response:
        """POST /sign-in: open a session, or say why not."""
        if self._too_many():
            mark_refused(request.scope, "web.haste")
            return _sign_in_page("Too many people try to sign in just now. Wait a minute, then try again.", 429)
        try:
            form = await _form(request, "name", "password")
            work = functools.partial(sign_in, self._context, form["name"], form["password"])
            token, user = await anyio.to_thread.run_sync(work, limiter=self._hashing)
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
            work = functools.partial(set_password, self._context, request.state.caller, form["old"], form["new"])
            await anyio.to_thread.run_sync(work, limiter=self._hashing)
            # The change ended every session of the account, this one too.
            again = functools.partial(sign_in, self._context, request.state.user.name, form["new"])
            token, _ = await anyio.to_thread.run_sync(again, limiter=self._hashing)
        except AuthenticationError as error:
            return _password_page(request, error.sentence, 400)
        except ApplianceError as error:
            mark_refused(request.scope, error.code)
            return _password_page(request, error.sentence, status_of(error))
        return _with_cookie(see_other("/"), token)

    async def sign_out(self, request: Request) -> Response:
        """POST /sign-out: end the session."""
        await anyio.to_thread.run_sync(sign_out, self._context, request.state.caller, request.state.token)
        answer = see_other("/sign-in")
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer


async def _form(request: Request, *names: str) -> dict[str, str]:
    """Return the named fields of a small urlencoded form. Raises `InputError`."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            raise InputError("web.size")
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


def _notice(sentence: str) -> str:
    return f'<p class="notice" role="alert">{html.escape(sentence)}</p>' if sentence else ""


def _sign_in_page(sentence: str, status: int) -> Response:
    return page("Sign in", _SIGN_IN.format(notice=_notice(sentence)), status=status)


def _password_page(request: Request, sentence: str, status: int) -> Response:
    why = (
        "Your password was made by somebody else. Choose your own now; nobody else will know it."
        if request.state.user.must_change
        else "Choose a new password."
    )
    return page("Your password", _OWN_FORM.format(notice=_notice(sentence), why=why), status=status)
