"""One object's whole life from the log: what it was made from, what was done with it and made of it, and its end."""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.audit import EVENTS, ArchivedEntries, Details, Outcome, Stage
from appliance.audit.search_index import OUTCOMES, Query, SearchIndex
from appliance.foundation.errors import NotFoundError
from appliance.foundation.messages import Message, message, sentences
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.job_kinds import job_kinds
from appliance.services.object_names import resolve_any
from appliance.services.operations import operation
from appliance.services.record.search_audit import AuditDesk, loggable, names_of

MAX_STEPS = 200  # kinds of acts on one object, or on what hangs on it, that are shown


@dataclass(frozen=True)
class NamedObject:
    """An object by its id and its name ("" where it has none)."""

    id: str
    name: str


@dataclass(frozen=True)
class Moment:
    """An entry of the log: when it was, and who acted."""

    sequence: int
    time_us: int
    who: str


@dataclass(frozen=True, kw_only=True)
class LifeStep:
    """All acts of one kind on the object or on one of its relatives.

    `relation` is "itself", "source" or "product"; then how often it was done, how that ended, the first of these acts,
    the last, and the details of the last.
    """

    stage: Message
    action: str
    object: Mapping[str, str]
    object_name: str
    relation: str
    times: int
    succeeded: int
    failed: int
    denied: int
    first: Moment
    last: Moment
    details: Details


@dataclass(frozen=True, kw_only=True)
class ObjectLife:
    """The life of one object: what it was made from, what was made from it, and the steps, oldest first.

    Of steps beyond `MAX_STEPS`, `left_out` is the number.
    """

    id: str
    name: str
    made_from: list[NamedObject]
    makes: list[NamedObject]
    steps: list[LifeStep]
    left_out: int
    archived: ArchivedEntries | None


@dataclass(frozen=True)
class _Step:
    """All acts of one kind on one object: how they ended, the first of them and the last."""

    object_id: str
    action: str
    counts: dict[str, int]
    first: int
    last: int


@operation("audit.life", action="audit.read", on="log")
def object_life(context: ServiceContext, caller: Caller, *, object_id: str) -> ObjectLife:
    """Return the life of one object and its relatives: all that it was made from, and all that was made from it.

    It may be named by its name or by the beginning of its id. Raises `NotFoundError` when the log never names it.
    """
    desk = context.part(AuditDesk)
    context.verify_allowed(caller, "audit.read", LOG)
    object_id = resolve_any(context, object_id)
    with context.act(caller, "audit.read", LOG, {"look": "life", "object": loggable(object_id)}):
        index = desk.index()
        archived = context.log.archives.archived
        if object_id not in index.ids.numbers:
            told = message("not-found:object")
            raise NotFoundError(sentences(told, archived.sentence) if archived else told, code="not-found")
        sources, products = index.made_from(object_id), index.makes(object_id)
        steps = [
            step
            for step in _steps(index, {object_id, *sources, *products})
            if step.action not in EVENTS or not EVENTS[step.action].look
        ]
        shown = steps[:MAX_STEPS]
        drawn = _described(context, index, shown, object_id, sources)
    names = names_of(context, {object_id, *sources, *products})
    made_from, makes = (
        [NamedObject(each, names.get(each, "")) for each in sorted(relatives)] for relatives in (sources, products)
    )
    return ObjectLife(
        id=object_id,
        name=names.get(object_id, ""),
        made_from=made_from,
        makes=makes,
        steps=drawn,
        left_out=len(steps) - len(shown),
        archived=archived,
    )


def _steps(index: SearchIndex, objects: set[str]) -> list[_Step]:
    """Group all entries on these objects by object and action, in the order of their first."""
    import numpy as np  # noqa: PLC0415 - starts threads

    found = index.find(Query(objects=frozenset(objects)))
    kinds = len(index.actions.texts)
    groups = index.values("object", found).astype(np.int64) * kinds + index.values("action", found)
    every, firsts, numbers = np.unique(groups, return_index=True, return_inverse=True)
    lasts = len(found) - 1 - np.unique(groups[::-1], return_index=True)[1]
    places = numbers * len(OUTCOMES) + index.values("outcome", found)
    counts = np.bincount(places, minlength=len(every) * len(OUTCOMES)).reshape(-1, len(OUTCOMES)).tolist()
    steps = [
        _Step(
            object_id=index.ids.texts[group // kinds],
            action=index.actions.texts[group % kinds],
            counts={str(outcome): count for outcome, count in zip(OUTCOMES, counts[number], strict=True)},
            first=int(found[firsts[number]]),
            last=int(found[lasts[number]]),
        )
        for number, group in enumerate(every.tolist())
    ]
    return sorted(steps, key=lambda step: step.first)


def _described(
    context: ServiceContext, index: SearchIndex, steps: list[_Step], object_id: str, sources: set[str]
) -> list[LifeStep]:
    """Read the first and the last entry of each step from the log, and say what they say."""
    read = {entry["sequence"]: entry for entry in index.read({at for step in steps for at in (step.first, step.last)})}
    names = names_of(context, {entry["actor"]["id"] for entry in read.values()} | {step.object_id for step in steps})
    kinds = {
        entry["object"]["id"]: str(entry["details"].get("kind", ""))
        for entry in read.values()
        if entry["action"] == "job.submit"
    }

    def moment(sequence: int) -> Moment:
        entry = read[sequence]
        return Moment(sequence, entry["time_us"], names.get(entry["actor"]["id"]) or entry["actor"]["id"])

    def relation(step: _Step) -> str:
        if step.object_id == object_id:
            return "itself"
        return "source" if step.object_id in sources else "product"

    return [
        LifeStep(
            stage=_stage(step.action, kinds.get(step.object_id, "")).label,
            action=step.action,
            object=read[step.first]["object"],
            object_name=names.get(step.object_id, ""),
            relation=relation(step),
            times=max(
                step.counts[Outcome.REQUESTED] + step.counts[Outcome.DENIED],
                step.counts[Outcome.SUCCEEDED] + step.counts[Outcome.FAILED],
            ),
            succeeded=step.counts[Outcome.SUCCEEDED],
            failed=step.counts[Outcome.FAILED],
            denied=step.counts[Outcome.DENIED],
            first=moment(step.first),
            last=moment(step.last),
            details=read[step.last]["details"],
        )
        for step in steps
    ]


def _stage(action: str, kind: str) -> Stage:
    """Return the stage of an event, or of the kind of job that it is about."""
    if action.startswith("job.") and kind in job_kinds():
        return job_kinds()[kind].stage
    return EVENTS[action].stage if action in EVENTS else Stage.USE
