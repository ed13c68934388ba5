"""Sign-off of a review of the log (NIST SP 800-53 AU-6): an auditor looked at entries a to b, and says so in a note.

The review is itself an entry: it names a and b and a keyed fingerprint of the note. The note stands in the encrypted
database. What was reviewed is therefore told by the log, not by a table that somebody could fill; and a note that was
changed later shows.

The overview tells how much was done and refused: counts over time from the log's index, of each act once it ended or
was denied.
"""

import hmac
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select

from appliance.audit import Outcome
from appliance.audit.search_index import OUTCOMES, Query, SearchIndex
from appliance.foundation.errors import InputError
from appliance.foundation.json_records import SENTENCE
from appliance.foundation.messages import Message
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.notices import LogDamage
from appliance.services.operations import operation
from appliance.services.record.search_audit import DAY_US, AuditDesk, SearchChoices, choices, names_of
from appliance.services.sessions import signed_in_as
from appliance.vault.tables import AUDIT_REVIEWS

ACTION = "audit.review"
MAX_NOTE_CHARACTERS = 4000
SHOWN_REVIEWS = 100
HOUR_US = DAY_US // 24
# The first bucket of which no more than MAX_BUCKETS cover the time; weeks begin on Mondays (1970 began on a Thursday).
BUCKETS = (("hour", HOUR_US, 0), ("day", DAY_US, 0), ("week", 7 * DAY_US, 4 * DAY_US))
MAX_BUCKETS = 75
TOP_REFUSALS = 10
ENDED = (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.DENIED)


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


@dataclass(frozen=True)
class Activity:
    """How many acts ended in each way in each hour, day or week (`unit`) that begins at one of `starts_us`."""

    unit: str
    starts_us: list[int]
    succeeded: list[int]
    failed: list[int]
    denied: list[int]


@dataclass(frozen=True)
class Refusals:
    """How often somebody was denied, or failed at, something; `person` is their name ("" where there is none)."""

    actor: str
    action: str
    outcome: str
    count: int
    person: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What the page opens with: the log's size and root, damage that was noticed in it, and what was done lately."""

    entries: int
    root: str
    damage: Message | None = field(metadata=SENTENCE)
    activity: Activity
    refused: list[Refusals]
    reviews: Reviews
    choices: SearchChoices


@operation("audit.overview", action="audit.read", on="log")
def audit_overview(context: ServiceContext, caller: Caller, *, days: int = 30) -> Overview:
    """Return all that the page opens with, in one look: what was done in the last `days` (0: in the whole log)."""
    desk = context.part(AuditDesk)
    with context.act(caller, "audit.read", LOG, {"look": "overview", "days": days}):
        index = desk.index()
        activity, refused = _count(context, index, days)
        return Overview(
            entries=index.size,
            root=index.root.hex(),
            damage=context.part(LogDamage).found,
            activity=activity,
            refused=refused,
            reviews=list_reviews(context, index),
            choices=choices(context, index),
        )


def _count(context: ServiceContext, index: SearchIndex, days: int) -> tuple[Activity, list[Refusals]]:
    """Return the acts by hour, day or week and by how they ended, and what was refused most."""
    import numpy as np  # noqa: PLC0415 - starts threads

    now = context.clock.now_us()
    found = index.find(Query(since_us=now - days * DAY_US if days > 0 else None, until_us=now + 1))
    times, outcomes = index.values("time_us", found), index.values("outcome", found)
    begin = now - days * DAY_US if days > 0 else int(times.min()) if len(found) else now
    unit, width, offset = next((each for each in BUCKETS if (now - begin) // each[1] < MAX_BUCKETS), BUCKETS[-1])
    start = (begin - offset) // width * width + offset
    count = (now - start) // width + 1
    places = (times - start) // width
    series = {
        str(outcome): np.bincount(places[outcomes == OUTCOMES.index(outcome)], minlength=count).tolist()
        for outcome in ENDED
    }
    refused = (outcomes == OUTCOMES.index(Outcome.DENIED)) | (outcomes == OUTCOMES.index(Outcome.FAILED))
    activity = Activity(unit, [start + number * width for number in range(count)], **series)
    return activity, _refusals(context, index, found[refused])


def _refusals(context: ServiceContext, index: SearchIndex, found: Any) -> list[Refusals]:
    """Return who was denied or failed at what, most often first."""
    import numpy as np  # noqa: PLC0415 - starts threads

    columns = [index.values(name, found) for name in ("actor", "action", "outcome")]
    groups, counts = np.unique(np.stack(columns), axis=1, return_counts=True)
    top = np.argsort(-counts, kind="stable")[:TOP_REFUSALS]
    actors = [index.actors.texts[group] for group in groups[0, top]]
    names = names_of(context, actors)
    return [
        Refusals(
            actor=actor,
            action=index.actions.texts[groups[1, number]],
            outcome=str(OUTCOMES[groups[2, number]]),
            count=int(counts[number]),
            person=names.get(actor, ""),
        )
        for actor, number in zip(actors, top, strict=True)
    ]


@operation("audit.reviews", action="audit.read", on="log")
def show_reviews(context: ServiceContext, caller: Caller) -> Reviews:
    """Return the latest reviews, and which entries nobody has reviewed yet."""
    return audit_overview(context, caller).reviews
