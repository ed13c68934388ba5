"""Accounts are locked after wrong passwords, one-time passwords must be changed, sessions end."""

import pytest

from appliance.foundation.errors import AuthenticationError, ConflictError, InputError, NotFoundError
from appliance.identity import (
    authenticate,
    change_password,
    close_session,
    create_user,
    default_project,
    list_users,
    open_session,
    resolve_session,
)
from appliance.identity.tables import SESSIONS, USERS
from appliance.vault.database import Database

SECOND = 1_000_000
PASSWORD = "three plain words"


class HeldClock:
    def __init__(self) -> None:
        self.now = 1_000_000 * SECOND

    def now_us(self) -> int:
        return self.now

    def monotonic_us(self) -> int:
        return self.now

    def boot_id(self) -> str:
        return "boot"


@pytest.fixture
def clock():
    return HeldClock()


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "x.db", bytes(32))
    yield database
    database.close()


@pytest.fixture
def connection(database):
    with database.begin() as connection:
        yield connection


def test_a_one_time_password_must_be_changed(connection, clock) -> None:
    user_id, one_time = create_user(connection, clock, "anna", "trainer", None)
    assert authenticate(connection, clock, "anna", one_time).must_change
    change_password(connection, clock, user_id, one_time, PASSWORD)
    user = authenticate(connection, clock, "anna", PASSWORD)
    assert (user.must_change, user.role, user.id) == (False, "trainer", user_id)
    with pytest.raises(AuthenticationError):
        authenticate(connection, clock, "anna", one_time)
    assert [user.name for user in list_users(connection)] == ["anna"]


def test_an_unknown_name_and_a_wrong_password_give_the_same_message(connection, clock) -> None:
    create_user(connection, clock, "anna", "trainer", PASSWORD)
    sentences = set()
    for name in ("anna", "nobody"):
        with pytest.raises(AuthenticationError) as caught:
            authenticate(connection, clock, name, "wrong password")
        sentences.add(caught.value.sentence)
    assert len(sentences) == 1


def test_each_lock_lasts_longer(connection, clock) -> None:
    create_user(connection, clock, "anna", "trainer", PASSWORD)
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="wrong"):
            authenticate(connection, clock, "anna", "wrong password")
    with pytest.raises(AuthenticationError, match="30 seconds"):
        authenticate(connection, clock, "anna", PASSWORD)
    clock.now += 31 * SECOND
    with pytest.raises(AuthenticationError, match="wrong"):
        authenticate(connection, clock, "anna", "wrong password")
    with pytest.raises(AuthenticationError, match="60 seconds"):
        authenticate(connection, clock, "anna", PASSWORD)
    clock.now += 61 * SECOND
    assert authenticate(connection, clock, "anna", PASSWORD).name == "anna"


def test_a_locked_account_cannot_change_its_password(connection, clock) -> None:
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    connection.execute(USERS.update().values(locked_until_us=clock.now + SECOND))
    with pytest.raises(AuthenticationError, match="Too many"):
        change_password(connection, clock, user_id, PASSWORD, "another three words")


def test_a_disabled_account_is_refused(connection, clock) -> None:
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    token = open_session(connection, clock, user_id)
    connection.execute(USERS.update().values(disabled=1))
    with pytest.raises(AuthenticationError):
        authenticate(connection, clock, "anna", PASSWORD)
    assert resolve_session(connection, clock, token) is None


@pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 65, "a\n", "ä", "../x"])
def test_invalid_names_are_refused(connection, clock, name) -> None:
    with pytest.raises(InputError, match="name"):
        create_user(connection, clock, name, "trainer", PASSWORD)


def test_invalid_roles_weak_passwords_and_taken_names_are_refused(connection, clock) -> None:
    with pytest.raises(InputError, match="admin, trainer, reviewer and auditor"):
        create_user(connection, clock, "anna", "operator", PASSWORD)
    with pytest.raises(InputError, match="characters"):
        create_user(connection, clock, "anna", "trainer", "short")
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    with pytest.raises(ConflictError, match="already"):
        create_user(connection, clock, "anna", "trainer", PASSWORD)
    for new in ("short", PASSWORD):
        with pytest.raises(InputError):
            change_password(connection, clock, user_id, PASSWORD, new)
    with pytest.raises(NotFoundError):
        change_password(connection, clock, "us_none", PASSWORD, "another three words")


def test_sessions_end_when_idle_after_twelve_hours_and_on_sign_out(connection, clock) -> None:
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    token = open_session(connection, clock, user_id)
    for _ in range(23):
        clock.now += 29 * 60 * SECOND
        assert resolve_session(connection, clock, token).id == user_id
    clock.now += 31 * 60 * SECOND
    assert resolve_session(connection, clock, token) is None
    assert resolve_session(connection, clock, token) is None
    token = open_session(connection, clock, user_id)
    for _ in range(24):
        clock.now += 29 * 60 * SECOND
        resolve_session(connection, clock, token)
    clock.now += 29 * 60 * SECOND
    assert resolve_session(connection, clock, token) is None
    token = open_session(connection, clock, user_id)
    close_session(connection, token)
    assert resolve_session(connection, clock, token) is None


def test_a_changed_password_ends_every_session(connection, clock) -> None:
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    token = open_session(connection, clock, user_id)
    change_password(connection, clock, user_id, PASSWORD, "another three words")
    assert resolve_session(connection, clock, token) is None


def test_the_token_itself_is_not_stored(connection, clock) -> None:
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    token = open_session(connection, clock, user_id)
    assert token not in str(connection.execute(SESSIONS.select()).all())


def test_there_is_one_default_project(connection, clock) -> None:
    assert default_project(connection, clock) == default_project(connection, clock)


def test_an_old_password_cannot_be_guessed_within_a_session(connection, clock) -> None:
    """Wrong old passwords count and lock as at sign-in; a weak new password does not count."""
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    with pytest.raises(InputError):
        change_password(connection, clock, user_id, PASSWORD, "short")
    assert connection.execute(USERS.select()).one().failed_attempts == 0
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="wrong"):
            change_password(connection, clock, user_id, "wrong password", "another three words")
    with pytest.raises(AuthenticationError, match="Too many"):
        change_password(connection, clock, user_id, PASSWORD, "another three words")
    with pytest.raises(AuthenticationError, match="30 seconds"):
        authenticate(connection, clock, "anna", PASSWORD)


@pytest.mark.parametrize("password", ["\ud800" * 12, "später, viel später", "x" * 256])
def test_any_text_of_the_right_length_is_a_password(connection, clock, password: str) -> None:
    """Lone surrogates are allowed too."""
    create_user(connection, clock, "anna", "trainer", password)
    assert authenticate(connection, clock, "anna", password).name == "anna"


@pytest.mark.parametrize("name", ["\ud800", "anna\x00", "Anna", "anna ", "a" * 10_000])
def test_a_name_is_exact(connection, clock, name: str) -> None:
    """Another spelling, or an invalid name, is an unknown name."""
    create_user(connection, clock, "anna", "trainer", PASSWORD)
    with pytest.raises(AuthenticationError, match="wrong"):
        authenticate(connection, clock, name, PASSWORD)


def test_a_lock_has_an_upper_bound(connection, clock) -> None:
    """It lasts at most an hour, so that nobody can be locked out forever."""
    create_user(connection, clock, "anna", "trainer", PASSWORD)
    connection.execute(USERS.update().values(failed_attempts=10**6))
    with pytest.raises(AuthenticationError, match="wrong"):
        authenticate(connection, clock, "anna", "wrong password")
    with pytest.raises(AuthenticationError, match="60 minutes"):
        authenticate(connection, clock, "anna", PASSWORD)


def test_a_session_seen_again_at_once_is_not_written_again(connection, clock) -> None:
    """Each write is a sync, and idle time is counted in minutes."""
    user_id, _ = create_user(connection, clock, "anna", "trainer", PASSWORD)
    token = open_session(connection, clock, user_id)
    start = clock.now
    for after, seen in ((30, 0), (61, 61), (90, 61)):
        clock.now = start + after * SECOND
        assert resolve_session(connection, clock, token) is not None
        assert connection.execute(SESSIONS.select()).one().last_seen_us == start + seen * SECOND
