"""How much was done and refused: counts over time from the log's index, of each act once it ended or was denied."""

from dataclasses import dataclass, field
from typing import Any

from appliance.audit import Outcome
from appliance.audit.search_index import OUTCOMES, Query, SearchIndex
from appliance.foundation.json_records import SENTENCE
from appliance.foundation.messages import Message
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.notices import LogDamage
from appliance.services.operations import operation
from appliance.services.record.review_audit import Reviews, list_reviews
from appliance.services.record.search_audit import DAY_US, AuditDesk, SearchChoices, choices, names_of

HOUR_US = DAY_US // 24
# The first bucket of which no more than MAX_BUCKETS cover the time; weeks begin on Mondays (1970 began on a Thursday).
BUCKETS = (("hour", HOUR_US, 0), ("day", DAY_US, 0), ("week", 7 * DAY_US, 4 * DAY_US))
MAX_BUCKETS = 75
TOP_REFUSALS = 10
ENDED = (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.DENIED)


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
