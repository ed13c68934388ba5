"""Accounts: one role each, Argon2id passwords, one-time passwords that must be changed, and growing lock-outs.

Functions take a connection in a transaction. The caller must commit it even if `authenticate` or `change_password`
raises `AuthenticationError`, because the failure is counted.
"""

import re
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from appliance.foundation.clock import Clock
from appliance.foundation.errors import AuthenticationError, ConflictError, InputError, NotFoundError
from appliance.foundation.identifiers import new_id
from appliance.foundation.messages import LANGUAGES
from appliance.foundation.roles import ACCOUNT_ROLES
from appliance.identity.tables import PROJECTS, SESSIONS, USERS
from appliance.vault.passwords import hash_password, verify_password

MIN_PASSWORD_CHARACTERS = 12
MAX_PASSWORD_CHARACTERS = 256
FREE_ATTEMPTS = 5
FIRST_LOCK_S = 30
LONGEST_LOCK_S = 3600
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True)
class User:
    """An account without its password. `must_change`: the password is a one-time password."""

    id: str
    name: str
    role: str
    must_change: bool
    disabled: bool
    language: str = ""


def verify_user_name(name: str) -> None:
    """Raise `InputError` unless this is a valid name for an account."""
    if not _NAME.fullmatch(name):
        raise InputError("user.name")


def create_user(connection: Connection, clock: Clock, name: str, role: str, password: str | None) -> tuple[str, str]:
    """Create an account and return its id and its one-time password, which is "" if `password` is given.

    Raises `InputError` for an invalid name, role or password, `ConflictError` if the name is taken.
    """
    verify_user_name(name)
    if role not in ACCOUNT_ROLES:
        raise InputError("user.role", roles=ACCOUNT_ROLES)
    if connection.execute(select(USERS.c.id).where(USERS.c.name == name)).first() is not None:
        raise ConflictError("user.exists")
    one_time = ""
    if password is None:
        password = one_time = secrets.token_urlsafe(15)
    else:
        _verify_strength(password)
    user_id = new_id("us")
    connection.execute(
        insert(USERS).values(
            id=user_id,
            name=name,
            role=role,
            password_hash=hash_password(password),
            must_change=int(bool(one_time)),
            disabled=0,
            failed_attempts=0,
            locked_until_us=0,
            created_us=clock.now_us(),
        )
    )
    return user_id, one_time


def authenticate(connection: Connection, clock: Clock, name: str, password: str) -> User:
    """Return the account.

    Raises `AuthenticationError`, with the same message and effort for an unknown name as for a wrong password.
    """
    valid = _NAME.fullmatch(name) is not None  # The database cannot look up every text, such as lone surrogates.
    row = connection.execute(select(USERS).where(USERS.c.name == name)).first() if valid else None
    now = clock.now_us()
    if row is not None and row.locked_until_us > now:
        seconds = -(-(row.locked_until_us - now) // 1_000_000)
        raise AuthenticationError("password.locked", seconds=seconds)
    _verify_or_count(connection, row, password, now)
    if row is None or row.disabled:
        raise AuthenticationError("password.wrong")
    connection.execute(update(USERS).where(USERS.c.id == row.id).values(failed_attempts=0, locked_until_us=0))
    return user_of(row)


def change_password(connection: Connection, clock: Clock, user_id: str, old: str, new: str) -> None:
    """Replace the password and end every session.

    Raises `AuthenticationError`, `InputError` for a weak or unchanged password. A wrong old password counts as at
    sign-in, so that a hijacked session cannot be used to guess passwords.
    """
    row = connection.execute(select(USERS).where(USERS.c.id == user_id)).first()
    if row is None:
        raise NotFoundError("not-found:account")
    now = clock.now_us()
    if row.locked_until_us > now:
        raise AuthenticationError("password.locked:later")
    _verify_or_count(connection, row, old, now)
    _verify_strength(new)
    if old == new:
        raise InputError("password.same")
    connection.execute(
        update(USERS).where(USERS.c.id == user_id).values(password_hash=hash_password(new), must_change=0)
    )
    connection.execute(SESSIONS.delete().where(SESSIONS.c.user_id == user_id))


def choose_language(connection: Connection, user_id: str, language: str) -> None:
    """Store the language in which an account wants to read the pages. Raises `InputError` for an unknown one."""
    if language not in LANGUAGES:
        raise InputError("user.language", languages=tuple(LANGUAGES))
    connection.execute(update(USERS).where(USERS.c.id == user_id).values(language=language))


def list_users(connection: Connection) -> list[User]:
    """Return all accounts, sorted by name."""
    return [user_of(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]


def default_project(connection: Connection, clock: Clock) -> str:
    """Return the id of the home's first project, and create one if there is none."""
    row = connection.execute(select(PROJECTS.c.id).order_by(PROJECTS.c.created_us)).first()
    if row is not None:
        return str(row.id)
    project_id = new_id("pr")
    connection.execute(insert(PROJECTS).values(id=project_id, name="default", created_us=clock.now_us()))
    return project_id


def _verify_strength(password: str) -> None:
    if not MIN_PASSWORD_CHARACTERS <= len(password) <= MAX_PASSWORD_CHARACTERS:
        raise InputError(
            "password.weak", min_characters=MIN_PASSWORD_CHARACTERS, max_characters=MAX_PASSWORD_CHARACTERS
        )


def _verify_or_count(connection: Connection, row: Row[Any] | None, password: str, now: int) -> None:
    """Raise `AuthenticationError` for a wrong password, counted with the account where there is one."""
    try:
        verify_password(password[:MAX_PASSWORD_CHARACTERS], row.password_hash if row is not None else _dummy_hash())
    except AuthenticationError:
        if row is not None:
            _count_failure(connection, row, now)
        raise


def _count_failure(connection: Connection, row: Row[Any], now: int) -> None:
    failures = row.failed_attempts + 1
    values = {"failed_attempts": failures, "locked_until_us": 0}
    if failures >= FREE_ATTEMPTS:
        lock_s = min(FIRST_LOCK_S * 2 ** min(failures - FREE_ATTEMPTS, 16), LONGEST_LOCK_S)
        values["locked_until_us"] = now + lock_s * 1_000_000
    connection.execute(update(USERS).where(USERS.c.id == row.id).values(**values))


@cache
def _dummy_hash() -> str:
    """Return the hash of an unknown password, so that an unknown name takes the same time as a known one."""
    return hash_password(secrets.token_urlsafe(32))


def user_of(row: Row[Any]) -> User:
    """Return the account in a row of the table."""
    return User(row.id, row.name, row.role, bool(row.must_change), bool(row.disabled), row.language)
