"""Who is signed in: open a session, find out whose it is, end it."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.foundation.errors import AuthenticationError
from appliance.identity import User, authenticate, close_session, open_session, resolve_session
from appliance.services.context import NOBODY, Caller, ServiceContext
from appliance.services.pseudonyms import account_ref

REMEMBERED_US = 60_000_000  # as often as the database notes that somebody is there
MAX_REMEMBERED = 1024
T = TypeVar("T")


class OpenSessions:
    """Who holds which session, remembered for a moment: one click of a page asks several times.

    What ends a session or changes an account forgets all of it at once (`forgetting`).
    """

    def __init__(self, context: ServiceContext) -> None:
        self._clock = context.clock
        self._found: dict[tuple[bytes, bool], tuple[int, Caller, User]] = {}
        self.forgotten = 0  # how often: what was looked up before is not remembered afterwards
        context.before_seal.append(self.forget)

    def get(self, token: str, *, seen: bool) -> tuple[Caller, User] | None:
        """Return who holds the session `token`, if that was found out within `REMEMBERED_US`.

        What was found out without a person (`seen`) does not count for one: the database must note that they are there.
        """
        now, key = self._clock.monotonic_us(), _key(token)
        for found in (self._found.get((key, True)), None if seen else self._found.get((key, False))):
            if found is not None and now - found[0] < REMEMBERED_US:
                return found[1], found[2]
        return None

    def remember(self, token: str, caller: Caller, user: User, *, seen: bool, looked_up: int) -> None:
        """Remember what the database said when `forgotten` was `looked_up`."""
        if looked_up != self.forgotten:
            return
        if len(self._found) >= MAX_REMEMBERED:
            self._found.clear()
        self._found[_key(token), seen] = self._clock.monotonic_us(), caller, user

    @contextlib.contextmanager
    def forgetting(self) -> Iterator[None]:
        """Forget all of it after the block, also where it fails: its end may only not have been logged."""
        try:
            yield
        finally:
            self.forget()

    def forget(self) -> None:
        """Ask the database again from now on."""
        self.forgotten += 1
        self._found.clear()


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def sign_in(context: ServiceContext, name: str, password: str) -> tuple[str, User]:
    """Return a session token and its user; a failure is logged by a pseudonym. Raises `AuthenticationError`."""
    with context.log.action(NOBODY, "session.open", account_ref(context, name)) as recorded:
        user = counted(context, lambda connection: authenticate(connection, context.clock, name, password))
        token = context.query(open_session, context.clock, user.id)
        recorded.target = ObjectRef("user", user.id)
    return token, user


def counted(context: ServiceContext, check: Callable[[Connection], T]) -> T:
    """Return what `check` does, in a transaction that keeps the failure it counts. Raises `AuthenticationError`."""
    with context.database.begin() as connection:
        try:
            return check(connection)
        except AuthenticationError as error:
            refusal = error
    raise refusal


def caller_of(context: ServiceContext, token: str, *, seen: bool = True) -> tuple[Caller, User] | None:
    """Return who holds the session `token`, or None when it is over. Not logged: it happens at every request.

    `seen`: a person acts, so the session's idle time begins anew.
    """
    sessions = context.part(OpenSessions)
    if (remembered := sessions.get(token, seen=seen)) is not None:
        return remembered
    looked_up = sessions.forgotten
    user = context.query(resolve_session, context.clock, token, seen=seen)
    if user is None:
        return None
    session = context.vault.pseudonym("session", token.encode())[:16]
    caller = Caller(user.id, user.role, session)
    sessions.remember(token, caller, user, seen=seen, looked_up=looked_up)
    return caller, user


def sign_out(context: ServiceContext, caller: Caller, token: str) -> None:
    """End the session."""
    target = ObjectRef("user", caller.user_id)
    acting = context.act(caller, "session.close", target)
    with context.part(OpenSessions).forgetting(), acting, context.database.begin() as connection:
        close_session(connection, token)


@contextlib.contextmanager
def signed_in_as(context: ServiceContext, name: str, password: str) -> Iterator[Caller]:
    """Give the caller that a person is, with their own password, in a session that ends with the block.

    For what the operator at the machine must not do themselves. Raises `AuthenticationError`.
    """
    token, user = sign_in(context, name, password)
    found = caller_of(context, token)
    if found is None or user.must_change:
        raise AuthenticationError("password.one-time")
    try:
        yield found[0]
    finally:
        sign_out(context, found[0], token)
