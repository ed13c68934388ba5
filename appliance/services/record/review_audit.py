"""Sign-off of a review of the log (NIST SP 800-53 AU-6): an auditor looked at entries a to b, and says so in a note.

The review is itself an entry: it names a and b and a keyed fingerprint of the note. The note stands in the encrypted
database. What was reviewed is therefore told by the log, not by a table that somebody could fill; and a note that was
changed later shows.
"""

import hmac
from dataclasses import dataclass

from sqlalchemy import insert, select

from appliance.audit import Outcome
from appliance.audit.search_index import OUTCOMES, Query, SearchIndex
from appliance.foundation.errors import InputError
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.record.search_audit import names_of
from appliance.services.sessions import signed_in_as
from appliance.vault.tables import AUDIT_REVIEWS

ACTION = "audit.review"
MAX_NOTE_CHARACTERS = 4000
SHOWN_REVIEWS = 100


@dataclass(frozen=True)
class SignedReview:
    """A review that was just recorded: of which entries, how many they are, and the request that the log has."""

    first: int
    last: int
    entries: int
    request: str


@dataclass(frozen=True, kw_only=True)
class Review:
    """A review as it is listed. `note_state`: the note is "as signed", "changed" since, or "missing"."""

    sequence: int
    time_us: int
    who: str
    first: int
    last: int
    note: str
    note_state: str


@dataclass(frozen=True, kw_only=True)
class OpenEntries:
    """Entries that nobody reviewed, with what one would look at first.

    That is denials and failures, and how much of the rest is only auditors' own `looks`.
    """

    first: int
    last: int
    entries: int
    denied: int
    failed: int
    looks: int


@dataclass(frozen=True)
class Reviews:
    """The latest of `count` reviews, newest first, and the entries of a log of `size` that nobody has reviewed yet."""

    reviews: list[Review]
    count: int
    open: list[OpenEntries]
    size: int


def sign_off(context: ServiceContext, caller: Caller, *, first: int, last: int, note: str) -> SignedReview:
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
    return SignedReview(first, last, last - first + 1, recorded.request)


@operation("audit.sign-off", action="audit.read", on="log")
def sign_off_as(
    context: ServiceContext, caller: Caller, *, name: str, password: str, first: int, last: int, note: str
) -> SignedReview:
    """Do the same for an auditor who is at the machine, not at the page: with their own password.

    So whoever runs the machine does not review themselves. Raises as `sign_off`, and `AuthenticationError`.
    """
    del caller
    with signed_in_as(context, name, password) as auditor:
        return sign_off(context, auditor, first=first, last=last, note=note)


def list_reviews(context: ServiceContext, index: SearchIndex) -> Reviews:
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
    reviews = []
    for entry in shown:
        note = notes.get(entry["request"])
        same = hmac.compare_digest(_fingerprint(context, note or ""), str(entry["details"]["note_hmac"]))
        reviews.append(
            Review(
                sequence=entry["sequence"],
                time_us=entry["time_us"],
                who=names.get(entry["actor"]["id"]) or entry["actor"]["id"],
                first=entry["details"]["first"],
                last=entry["details"]["last"],
                note=note or "",
                note_state="missing" if note is None else "as signed" if same else "changed",
            )
        )
    return Reviews(reviews, len(entries), [_open_entries(index, *gap) for gap in gaps], index.size)


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


def _open_entries(index: SearchIndex, first: int, last: int) -> OpenEntries:
    found = index.find(Query(first=first, last=last))
    outcomes = index.values("outcome", found)
    return OpenEntries(
        first=first,
        last=last,
        entries=len(found),
        denied=int((outcomes == OUTCOMES.index(Outcome.DENIED)).sum()),
        failed=int((outcomes == OUTCOMES.index(Outcome.FAILED)).sum()),
        looks=len(index.find(Query(action="audit.", first=first, last=last))),
    )
