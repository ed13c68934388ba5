"""Who is signed in: open a session, find out whose it is, end it."""

import contextlib
from collections.abc import Iterator

from appliance.audit import ObjectRef
from appliance.foundation.errors import AuthenticationError
from appliance.identity import User, authenticate, close_session, open_session, resolve_session
from appliance.services.context import NOBODY, Caller, ServiceContext
from appliance.services.pseudonyms import account_ref


def sign_in(context: ServiceContext, name: str, password: str) -> tuple[str, User]:
    """Return a session token and who it is for. A failure is logged under a pseudonym of the name.

    Raises `AuthenticationError`.
    """
    with context.log.action(NOBODY, "session.open", account_ref(context, name)) as recorded:
        refusal: AuthenticationError | None = None
        with context.database.begin() as connection:
            try:
                user = authenticate(connection, context.clock, name, password)
            except AuthenticationError as error:
                refusal = error  # Raised after the transaction, which counts the failure and must be kept.
        if refusal is not None:
            raise refusal
        with context.database.begin() as connection:
            token = open_session(connection, context.clock, user.id)
        recorded.target = ObjectRef("user", user.id)
    return token, user


def caller_of(context: ServiceContext, token: str, *, seen: bool = True) -> tuple[Caller, User] | None:
    """Return who holds the session `token`, or None when it is over. Not logged: it happens at every request.

    `seen`: somebody is there, so the session's idle time begins anew.
    """
    with context.database.begin() as connection:
        user = resolve_session(connection, context.clock, token, seen=seen)
    if user is None:
        return None
    session = context.vault.pseudonym("session", token.encode())[:16]
    return Caller(user.id, user.role, session), user


def sign_out(context: ServiceContext, caller: Caller, token: str) -> None:
    """End the session."""
    target = ObjectRef("user", caller.user_id)
    with context.act(caller, "session.close", target), context.database.begin() as connection:
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
