"""Sign-in: one-time passwords must be changed, wrong ones lock, and the log knows of each without learning names."""

import contextlib
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from appliance.foundation.errors import AuthenticationError, InputError, StorageError
from appliance.foundation.messages import verbatim
from appliance.services.context import OPERATOR
from appliance.services.people.accounts import add_user, all_users, set_password
from appliance.services.sessions import OpenSessions, caller_of, sign_in, sign_out

PASSWORD = "three plain words"


def fresh(world: Any, name: str) -> tuple[str, str]:
    """Create an account; return its id and its one-time password."""
    made = add_user(world.context, OPERATOR, name=name, role="reviewer")
    return made.id, made.password


@pytest.mark.slow
def test_a_one_time_password_signs_in_and_must_be_changed(world: Any) -> None:
    """Until then the session says so; then the old one opens nothing."""
    context = world.context
    user_id, one_time = fresh(world, "bela")
    token, user = sign_in(context, "bela", one_time)
    assert (user.id, user.must_change, user.role) == (user_id, True, "reviewer")
    found = caller_of(context, token)
    assert found is not None
    set_password(context, found[0], one_time, PASSWORD)
    assert caller_of(context, token) is None
    with pytest.raises(AuthenticationError):
        sign_in(context, "bela", one_time)
    assert not sign_in(context, "bela", PASSWORD)[1].must_change


def test_a_session_names_its_holder_until_sign_out(world: Any) -> None:
    """A pseudonym of the token is the session in the log; the token itself is nowhere."""
    context = world.context
    _, one_time = fresh(world, "cara")
    token, user = sign_in(context, "cara", one_time)
    found = caller_of(context, token)
    assert found is not None
    caller, _ = found
    assert (caller.user_id, caller.role) == (user.id, "reviewer")
    assert caller.session
    sign_out(context, caller, token)
    assert caller_of(context, token) is None
    assert caller_of(context, "no such token") is None
    assert token not in str(world.entries(0))


@pytest.mark.slow
def test_wrong_passwords_lock_the_account_and_each_is_logged(world: Any) -> None:
    """Five are free; the count survives the refusals; then even the right one is refused for a while."""
    _, one_time = fresh(world, "dora")
    before = world.context.log.size
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="wrong"):
            sign_in(world.context, "dora", "not the password")
    with pytest.raises(AuthenticationError, match="Too many"):
        sign_in(world.context, "dora", one_time)
    failed = [entry["reason"] for entry in world.entries(before) if entry["outcome"] == "failed"]
    assert failed == ["password.wrong"] * 5 + ["password.locked"]
    assert "dora" not in str(world.entries(before))


@pytest.mark.slow
def test_a_session_is_no_place_to_guess_the_password(world: Any) -> None:
    """Wrong old passwords count as they do at sign-in."""
    _, one_time = fresh(world, "edda")
    found = caller_of(world.context, sign_in(world.context, "edda", one_time)[0])
    assert found is not None
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="wrong"):
            set_password(world.context, found[0], "not the password", PASSWORD)
    with pytest.raises(AuthenticationError, match="Too many"):
        set_password(world.context, found[0], one_time, PASSWORD)
    with pytest.raises(AuthenticationError, match="Too many"):
        sign_in(world.context, "edda", one_time)


@pytest.mark.slow
def test_a_weak_new_password_is_refused_and_the_old_one_stays(world: Any) -> None:
    """Nothing changes, and it counts as no wrong password."""
    _, one_time = fresh(world, "fina")
    found = caller_of(world.context, sign_in(world.context, "fina", one_time)[0])
    assert found is not None
    with pytest.raises(InputError, match="characters"):
        set_password(world.context, found[0], one_time, "short")
    assert sign_in(world.context, "fina", one_time)[1].must_change


@pytest.mark.parametrize("name", ["", "nobody", "\ud800", "x" * 10_000, "' OR 1=1 --"])
def test_an_unknown_or_odd_name_is_refused_as_a_wrong_password_is(world: Any, name: str) -> None:
    """The same sentence, and an entry under a pseudonym."""
    before = world.context.log.size
    with pytest.raises(AuthenticationError, match=r"^The name or the password is wrong\.$"):
        sign_in(world.context, name, "\ud800")
    (requested, failed) = world.entries(before)
    assert (failed["outcome"], failed["actor"]["id"]) == ("failed", "nobody")
    assert requested["object"]["kind"] == "account"


def test_accounts_are_listed_without_anything_secret(world: Any) -> None:
    """No hash, no counter."""
    rows = all_users(world.context, OPERATOR)
    assert "anna" in [row.name for row in rows]
    assert {field.name for row in rows for field in fields(row)} == {
        "id",
        "name",
        "role",
        "must_change",
        "disabled",
        "language",
    }


def test_a_session_that_ended_while_it_was_looked_up_is_not_remembered(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder signs out between the look into the database and the remembering."""
    context = world.context
    _, one_time = fresh(world, "gerda")
    token, _ = sign_in(context, "gerda", one_time)
    found = caller_of(context, token)
    assert found is not None
    sessions = context.part(OpenSessions)
    sessions.forget()
    remember = sessions.remember

    def late(*values: Any, **more: Any) -> None:
        sign_out(context, found[0], token)
        remember(*values, **more)

    monkeypatch.setattr(sessions, "remember", late)
    caller_of(context, token)
    monkeypatch.undo()
    assert caller_of(context, token) is None


def test_a_session_is_forgotten_where_its_end_could_not_be_logged(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database ended it, and the log's entry of the outcome failed."""
    context = world.context
    _, one_time = fresh(world, "hanna")
    token, _ = sign_in(context, "hanna", one_time)
    found = caller_of(context, token)
    assert found is not None
    act = context.act

    @contextlib.contextmanager
    def failing(*values: Any) -> Iterator[Any]:
        with act(*values) as recorded:
            yield recorded
        raise StorageError(verbatim("The disk is full."))

    monkeypatch.setattr(context, "act", failing)
    with pytest.raises(StorageError):
        sign_out(context, found[0], token)
    monkeypatch.undo()
    assert caller_of(context, token) is None
