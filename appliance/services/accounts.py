"""Accounts and sign-in."""

from dataclasses import asdict
from typing import Any

from appliance.audit import Actor, ObjectRef
from appliance.foundation.errors import AuthenticationError
from appliance.identity import (
    User,
    authenticate,
    change_password,
    close_session,
    create_user,
    list_users,
    open_session,
    resolve_session,
)
from appliance.services.context import Caller, ServiceContext

NOBODY = Actor("nobody", "none")


def account_ref(context: ServiceContext, name: str) -> ObjectRef:
    """Return the name that was typed to sign in as the log has it, whether there is such an account or not: a keyed
    fingerprint.
    """
    return ObjectRef("account", context.vault.pseudonym("account-name", name.encode("utf-8", "replace"))[:32])


def sign_in(context: ServiceContext, name: str, password: str) -> tuple[str, User]:
    """Return a session token and who it is for.

    A failure is logged by a pseudonym of the name. Raises `AuthenticationError`.
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

    `seen`: the session goes on, as somebody is there.
    """
    with context.database.begin() as connection:
        user = resolve_session(connection, context.clock, token, seen=seen)
    if user is None:
        return None
    session = context.vault.pseudonym("session", token.encode())[:16]
    return Caller(user.id, user.role, session), user


def sign_out(context: ServiceContext, caller: Caller, token: str) -> None:
    """End the session."""
    with (
        context.act(caller, "session.close", ObjectRef("user", caller.user_id)),
        context.database.begin() as connection,
    ):
        close_session(connection, token)


def set_password(context: ServiceContext, caller: Caller, old: str, new: str) -> None:
    """Change one's own password. Raises `AuthenticationError`, `InputError` for a weak one."""
    with context.act(caller, "password.change", ObjectRef("user", caller.user_id)):
        refusal: AuthenticationError | None = None
        with context.database.begin() as connection:
            try:
                change_password(connection, context.clock, caller.user_id, old, new)
            except AuthenticationError as error:
                refusal = error  # As above: the failure counts.
        if refusal is not None:
            raise refusal


def add_user(context: ServiceContext, caller: Caller, *, name: str, role: str) -> dict[str, Any]:
    """Create an account; returns its one-time password, shown once."""
    with context.act(caller, "user.create", ObjectRef("user", "new"), {"role": role}) as recorded:
        with context.database.begin() as connection:
            user_id, password = create_user(connection, context.clock, name, role, None)
        recorded.target = ObjectRef("user", user_id)
    return {"id": user_id, "name": name, "role": role, "password": password}


def all_users(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return the accounts, without anything secret."""
    context.look(caller, "user.list", ObjectRef("user", "all"))
    with context.database.begin() as connection:
        return [asdict(user) for user in list_users(connection)]
