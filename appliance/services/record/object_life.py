"""One object's whole life from the log: what it was made from, what was done with it, what was made of it, and its
end.
"""

from dataclasses import dataclass
from typing import Any

from appliance.audit import EVENTS, Outcome, Stage
from appliance.audit.search_index import OUTCOMES, Query, SearchIndex
from appliance.foundation.errors import NotFoundError
from appliance.foundation.messages import message, sentences, verbatim
from appliance.services.context import Caller, ServiceContext
from appliance.services.job_kinds import job_kinds
from appliance.services.object_names import resolve_any
from appliance.services.operations import operation
from appliance.services.record.read_audit import LOG
from appliance.services.record.search_audit import AuditDesk, names_of

MAX_STEPS = 200  # kinds of acts on one object, or on what hangs on it, that are shown


@dataclass(frozen=True)
class _Step:
    """All acts of one kind on one object: how they ended, the first of them and the last."""

    object_id: str
    action: str
    counts: dict[str, int]
    first: int
    last: int


@operation("audit.life", action="audit.read", on="log")
def object_life(context: ServiceContext, caller: Caller, *, object_id: str) -> dict[str, Any]:
    """Return the life of one object: `steps` in the order in which they began, each a kind of act on it or on one of
    its relatives.

    Its relatives are what it was made from (by all steps back) and what was made from it (by all steps onward). A step
    tells how often it was done, how it ended, who did it first and last, and the entries that prove it. Raises
    `NotFoundError` when the log never names it.
    """
    desk = context.part(AuditDesk)
    object_id = resolve_any(context, object_id.strip()) if object_id.strip() else ""
    with context.act(caller, "audit.read", LOG, {"look": "life", "object": object_id[:64]}):
        index = desk.index()
        archived = context.log.archives.told()
        if object_id not in index.ids.numbers:
            told = message("not-found:object")
            raise NotFoundError(sentences(told, verbatim(archived["sentence"])) if archived else told, code="not-found")
        sources, products = index.made_from(object_id), index.makes(object_id)
        steps = [
            step
            for step in _steps(index, {object_id, *sources, *products})
            if step.action not in EVENTS or not EVENTS[step.action].look
        ]
        shown = steps[:MAX_STEPS]
        drawn = _described(context, index, shown, object_id, sources)
    names = names_of(context, {object_id, *sources, *products})
    return {
        "id": object_id,
        "name": names.get(object_id, ""),
        "made_from": [{"id": each, "name": names.get(each, "")} for each in sorted(sources)],
        "makes": [{"id": each, "name": names.get(each, "")} for each in sorted(products)],
        "steps": drawn,
        "left_out": len(steps) - len(shown),
        "archived": archived,
    }


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
) -> list[dict[str, Any]]:
    """Read the first and the last entry of each step from the log, and say what they say."""
    read = {entry["sequence"]: entry for entry in index.read({at for step in steps for at in (step.first, step.last)})}
    people = names_of(context, {entry["actor"]["id"] for entry in read.values()} | {step.object_id for step in steps})
    kinds = {
        entry["object"]["id"]: entry["details"].get("kind", "")
        for entry in read.values()
        if entry["action"] == "job.submit"
    }
    described = []
    for step in steps:
        first, last = read[step.first], read[step.last]
        counts = step.counts
        described.append(
            {
                "stage": _stage(step.action, str(kinds.get(step.object_id, ""))).label,
                "action": step.action,
                "object": first["object"],
                "object_name": people.get(step.object_id, ""),
                "relation": "itself"
                if step.object_id == object_id
                else "source"
                if step.object_id in sources
                else "product",
                "times": max(
                    counts[Outcome.REQUESTED] + counts[Outcome.DENIED],
                    counts[Outcome.SUCCEEDED] + counts[Outcome.FAILED],
                ),
                **{outcome: counts[outcome] for outcome in ("succeeded", "failed", "denied")},
                "first": {"sequence": step.first, "time_us": first["time_us"], "who": _who(first, people)},
                "last": {"sequence": step.last, "time_us": last["time_us"], "who": _who(last, people)},
                "details": last["details"],
            }
        )
    return described


def _stage(action: str, kind: str) -> Stage:
    """Return the stage of an event, or of the kind of job that it is about."""
    if action.startswith("job.") and kind in job_kinds():
        return job_kinds()[kind].stage
    return EVENTS[action].stage if action in EVENTS else Stage.USE


def _who(entry: dict[str, Any], people: dict[str, str]) -> str:
    return people.get(entry["actor"]["id"]) or str(entry["actor"]["id"])
