"""A review is signed off by an auditor alone, covers what it says, and its note cannot be changed unseen."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from appliance.audit import Outcome
from appliance.foundation.errors import AuthorizationError, InputError
from appliance.foundation.json_records import shown
from appliance.services.context import Caller
from appliance.services.record.review_audit import MAX_NOTE_CHARACTERS, _gaps, audit_overview, sign_off
from appliance.services.recover import HomeRecovery
from appliance.vault.tables import AUDIT_REVIEWS

AUDITOR = Caller("us_auditor", "auditor", "s1")
NOTE = "Looked at all denials; none of Jane's was hers."


def _reviews(world: Any) -> Any:
    return shown(audit_overview(world.context, AUDITOR))["reviews"]


def test_what_was_signed_off_is_no_longer_open(world: Any) -> None:
    """The rest is, what came meanwhile too."""
    signed = shown(sign_off(world.context, AUDITOR, first=2, last=9, note=NOTE))
    assert signed["entries"] == 8
    found = _reviews(world)
    assert (found["open"][0]["first"], found["open"][0]["last"], found["open"][0]["entries"]) == (0, 1, 2)
    assert (found["open"][1]["first"], found["open"][1]["last"]) == (10, found["size"] - 1)
    assert found["open"][1]["looks"] >= 2
    latest = found["reviews"][0]
    assert (latest["who"], latest["first"], latest["last"], latest["note"], latest["note_state"]) == (
        "us_auditor",
        2,
        9,
        NOTE,
        "as signed",
    )


def test_the_log_has_the_review_and_not_the_note(world: Any) -> None:
    """Before it is kept, and after; by a keyed fingerprint."""
    size = world.context.log.size
    sign_off(world.context, AUDITOR, first=0, last=3, note=NOTE)
    written = world.entries(size)
    assert [(entry["action"], entry["outcome"]) for entry in written] == [
        ("audit.review", "requested"),
        ("audit.review", "succeeded"),
    ]
    assert {name: written[0]["details"][name] for name in ("first", "last")} == {"first": 0, "last": 3}
    assert len(written[0]["details"]["note_hmac"]) == 64
    assert "Jane" not in str(written)


def test_a_note_that_was_changed_or_removed_shows(world: Any) -> None:
    """The database is not believed: the log says what was signed."""
    made = shown(sign_off(world.context, AUDITOR, first=0, last=3, note=NOTE))
    of_it = AUDIT_REVIEWS.c.request == made["request"]
    with world.context.database.begin() as connection:
        connection.execute(update(AUDIT_REVIEWS).where(of_it).values(note="Nothing to see."))
    assert _reviews(world)["reviews"][0]["note_state"] == "changed"
    with world.context.database.begin() as connection:
        connection.execute(delete(AUDIT_REVIEWS).where(of_it))
    latest = _reviews(world)["reviews"][0]
    assert (latest["note"], latest["note_state"], latest["first"], latest["last"]) == ("", "missing", 0, 3)


@pytest.mark.parametrize("role", ["operator", "admin", "trainer", "reviewer", "stranger"])
def test_nobody_but_an_auditor_signs_off(world: Any, role: str) -> None:
    """Whoever runs the machine does not review himself. The attempt is in the log."""
    size = world.context.log.size
    with pytest.raises(AuthorizationError):
        sign_off(world.context, Caller("us_1", role), first=0, last=1, note=NOTE)
    assert [(entry["action"], entry["outcome"]) for entry in world.entries(size)] == [("audit.review", "denied")]


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (4, 3), (0, 10**9)])
def test_a_review_covers_entries_that_are_there(world: Any, first: int, last: int) -> None:
    size = world.context.log.size
    with pytest.raises(InputError, match="covers a range of entries"):
        sign_off(world.context, AUDITOR, first=first, last=last, note=NOTE)
    assert world.context.log.size == size


@pytest.mark.parametrize("note", ["", "  \n", "x" * (MAX_NOTE_CHARACTERS + 1)])
def test_a_review_needs_a_note(world: Any, note: str) -> None:
    with pytest.raises(InputError, match="Add a note"):
        sign_off(world.context, AUDITOR, first=0, last=1, note=note)


@pytest.mark.parametrize(
    ("reviewed", "open_runs"),
    [
        ([], [(0, 9)]),
        ([(0, 9)], []),
        ([(3, 5)], [(0, 2), (6, 9)]),
        ([(5, 9), (0, 4)], []),
        ([(2, 6), (4, 5), (6, 7)], [(0, 1), (8, 9)]),
    ],
)
def test_gaps_are_what_no_review_covers(reviewed: list[tuple[int, int]], open_runs: list[tuple[int, int]]) -> None:
    assert _gaps(reviewed, 10) == open_runs


def test_a_review_that_a_crash_cut_off_after_it_was_kept_is_done(world: Any) -> None:
    """Killed between keeping the note and the outcome: the next start finds the note, and says that it was done."""
    log = world.context.log
    target = shown(sign_off(world.context, AUDITOR, first=0, last=1, note=NOTE))
    from appliance.services.record.read_audit import LOG

    details = {"first": 4, "last": 5, "note_hmac": "00" * 32}
    log.append(AUDITOR.actor, "audit.review", LOG, Outcome.REQUESTED, request="rq_" + "5" * 20, details=details)
    with world.context.database.begin() as connection:
        connection.execute(
            update(AUDIT_REVIEWS).where(AUDIT_REVIEWS.c.request == target["request"]).values(request="rq_" + "5" * 20)
        )
    HomeRecovery(world.context).run([])
    last = [entry for entry in world.entries(0) if entry["request"] == "rq_" + "5" * 20][-1]
    assert (last["outcome"], last["reason"]) == ("succeeded", "interrupted")
    assert (_reviews(world)["reviews"][0]["first"], _reviews(world)["reviews"][0]["note_state"]) == (4, "changed")
