"""Sessions: a random token in the browser, its SHA-256 in the database; they end after 30 idle minutes or 12 hours."""

import hashlib
import secrets

from sqlalchemy import Connection, insert, select, update

from appliance.foundation.clock import Clock
from appliance.identity.tables import SESSIONS, USERS
from appliance.identity.users import User, user_of

TOKEN_BYTES = 32
IDLE_US = 30 * 60 * 1_000_000
LONGEST_US = 12 * 3600 * 1_000_000
SEEN_INTERVAL_US = 60 * 1_000_000


def open_session(connection: Connection, clock: Clock, user_id: str) -> str:
    """Open a session and return its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = clock.now_us()
    connection.execute(
        insert(SESSIONS).values(token_hash=_hash(token), user_id=user_id, created_us=now, last_seen_us=now)
    )
    return token


def resolve_session(connection: Connection, clock: Clock, token: str, *, seen: bool = True) -> User | None:
    """Return the user of a token, None if it is unknown or expired or the account disabled. `seen`: it is activity."""
    query = select(USERS, SESSIONS.c.last_seen_us, SESSIONS.c.created_us.label("opened_us"))
    query = query.join(SESSIONS, USERS.c.id == SESSIONS.c.user_id).where(SESSIONS.c.token_hash == _hash(token))
    row = connection.execute(query).first()
    if row is None or row.disabled:
        return None
    now, last_seen = clock.now_us(), row.last_seen_us
    if now - last_seen > IDLE_US or now - row.opened_us > LONGEST_US:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.token_hash == _hash(token)))
        return None
    if seen and now - last_seen > SEEN_INTERVAL_US:  # Not at every request, because each write is a sync.
        connection.execute(update(SESSIONS).where(SESSIONS.c.token_hash == _hash(token)).values(last_seen_us=now))
    return user_of(row)


def close_session(connection: Connection, token: str) -> None:
    """End the session."""
    connection.execute(SESSIONS.delete().where(SESSIONS.c.token_hash == _hash(token)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
