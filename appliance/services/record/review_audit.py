"""Sign-off of a review of the log (NIST SP 800-53 AU-6): an auditor says that he looked at entries a to b, with a note.

The review is itself an entry: it names a and b and a keyed fingerprint of the note. The note stands in the encrypted
database. What was reviewed is therefore told by the log, not by a table that somebody could fill; and a note that was
changed later shows.
"""

import hmac
from typing import Any

from sqlalchemy import insert, select

from appliance.audit import Outcome
from appliance.audit.search_index import OUTCOMES, Query, SearchIndex
from appliance.foundation.errors import InputError
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.record.read_audit import LOG
from appliance.services.record.search_audit import names_of
from appliance.services.sessions import signed_in_as
from appliance.vault.tables import AUDIT_REVIEWS

ACTION = "audit.review"
MAX_NOTE_CHARACTERS = 4000
SHOWN_REVIEWS = 100


def sign_off(context: ServiceContext, caller: Caller, *, first: int, last: int, note: str) -> dict[str, Any]:
    """Record that the caller reviewed the entries `first` to `last`, both included. Raises `InputError`."""
    note = note.strip()
    context.verify_allowed(caller, ACTION, LOG)
    size = context.log.size
    if not 0 <= first <= last < size:
        raise InputError("input:review-entries", size=size - 1)
    if not 0 < len(note) <= MAX_NOTE_CHARACTERS:
        raise InputError("input:review-note", max_note_characters=MAX_NOTE_CHARACTERS)
    details: dict[str, str | int | bool] = {"first": first, "last": last, "note_hmac": _fingerprint(context, note)}
    with context.act(caller, ACTION, LOG, details) as recorded, context.database.begin() as connection:
        connection.execute(
            insert(AUDIT_REVIEWS).values(request=recorded.request, note=note, created_us=context.clock.now_us())
        )
    return {"first": first, "last": last, "entries": last - first + 1, "request": recorded.request}


@operation("audit.sign-off", action="audit.read", on="log")
def sign_off_as(
    context: ServiceContext, caller: Caller, *, name: str, password: str, first: int, last: int, note: str
) -> dict[str, Any]:
    """Do the same for an auditor who is at the machine, not at the page: with their own password.

    So whoever runs the machine does not review themselves. Raises as `sign_off`, and `AuthenticationError`.
    """
    del caller
    with signed_in_as(context, name, password) as auditor:
        return sign_off(context, auditor, first=first, last=last, note=note)


def list_reviews(context: ServiceContext, index: SearchIndex) -> dict[str, Any]:
    """Return the latest reviews, newest first, with their notes, and which entries nobody has reviewed yet."""
    written = index.read(index.find(Query(action=ACTION)).tolist())
    # What is reviewed stands in the request: an outcome that a crash left to the next start does not repeat it.
    asked = {entry["request"]: entry["details"] for entry in written if entry["outcome"] == Outcome.REQUESTED}
    entries = [
        {**entry, "details": asked[entry["request"]]} for entry in written if entry["outcome"] == Outcome.SUCCEEDED
    ]
    gaps = _gaps([(entry["details"]["first"], entry["details"]["last"]) for entry in entries], index.size)
    shown = entries[: -SHOWN_REVIEWS - 1 : -1]
    with context.database.begin() as connection:
        query = select(AUDIT_REVIEWS.c.request, AUDIT_REVIEWS.c.note).where(
            AUDIT_REVIEWS.c.request.in_([entry["request"] for entry in shown])
        )
        notes = {row.request: row.note for row in connection.execute(query)}
    names = names_of(context, {entry["actor"]["id"] for entry in shown})
    return {
        "reviews": [
            {
                "sequence": entry["sequence"],
                "time_us": entry["time_us"],
                "who": names.get(entry["actor"]["id"]) or entry["actor"]["id"],
                "first": entry["details"]["first"],
                "last": entry["details"]["last"],
                **_note(context, entry, notes.get(entry["request"])),
            }
            for entry in shown
        ],
        "count": len(entries),
        "open": [{"first": first, "last": last, **_worth_a_look(index, first, last)} for first, last in gaps],
        "size": index.size,
    }


def _note(context: ServiceContext, entry: dict[str, Any], note: str | None) -> dict[str, Any]:
    """Return the note, and whether it is the one that was signed off."""
    if note is None:
        return {"note": "", "note_state": "missing"}
    same = hmac.compare_digest(_fingerprint(context, note), str(entry["details"]["note_hmac"]))
    return {"note": note, "note_state": "as signed" if same else "changed"}


def _fingerprint(context: ServiceContext, note: str) -> str:
    return context.vault.pseudonym("audit-review", note.encode("utf-8", "replace"))


def _gaps(reviewed: list[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """Return the runs of entries (first, last) of a log of `size` that no review covers."""
    gaps, place = [], 0
    for first, last in sorted(reviewed):
        if first > place:
            gaps.append((place, first - 1))
        place = max(place, last + 1)
    return [*gaps, (place, size - 1)] if place < size else gaps


def _worth_a_look(index: SearchIndex, first: int, last: int) -> dict[str, int]:
    """Count what one would look at first: denials, failures, and how much of the rest is only auditors' own looking."""
    found = index.find(Query(first=first, last=last))
    outcomes = index.values("outcome", found)
    return {
        "entries": len(found),
        "denied": int((outcomes == OUTCOMES.index(Outcome.DENIED)).sum()),
        "failed": int((outcomes == OUTCOMES.index(Outcome.FAILED)).sum()),
        "looks": len(index.find(Query(action="audit.", first=first, last=last))),
    }
