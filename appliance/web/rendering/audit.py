"""The auditor's page. Buttons carry what they lead to (`data-entry`, `data-life`, `data-find`) for static/audit.js."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from appliance.audit import EVENTS, ArchivedEntries
from appliance.foundation.messages import has_message, t
from appliance.services.record.object_life import LifeStep, NamedObject, ObjectLife
from appliance.services.record.read_audit import ShownProof
from appliance.services.record.review_audit import OpenEntries, Overview, Refusals, Review, Reviews
from appliance.services.record.search_audit import FoundEntries
from appliance.web.rendering.html import (
    Drawn,
    both,
    figures,
    heading,
    link,
    mark,
    more,
    notice,
    progress_bar,
    quiet,
    row,
    sentence,
    small,
    table,
    text,
)
from appliance.web.rendering.words import decimal, listed, moment, number

SHORT_ID = 12
MAX_CARD_LINE = 2000
MAX_RELATIVES = 24
_RELATIONS = frozenset({"dataset", "model", "adapter", "upload"})  # details of an act that its relatives tell


def action(code: str) -> str:
    """Return what an action is called."""
    return str(EVENTS[code].label) if code in EVENTS else code


def kind(code: str) -> str:
    """Return what a kind of object is called."""
    return t(f"kind-{code}") if has_message(f"kind-{code}") else code


def outcome(code: str) -> str:
    """Return how an act ended."""
    return t(f"outcome-{code}") if has_message(f"outcome-{code}") else code


def who(entry: dict[str, Any]) -> str:
    """Return the name of who acted, or the id when there is no name."""
    return person(str(entry.get("person") or ""), str(entry["actor"]["id"]))


def person(name: str, identifier: str) -> str:
    """Return the name of somebody, or what an actor without a name is called: the operator, nobody who is signed in."""
    named = t(f"actor-{identifier}") if has_message(f"actor-{identifier}") else identifier
    return name or named


def state(found: Overview) -> str:
    """Return how the log is, with the denials and failures of the time that the charts show."""
    pairs = [
        (t("audit-entries"), number(found.entries)),
        (t("audit-unreviewed"), number(sum(each.entries for each in found.reviews.open))),
        (t("audit-denied"), number(sum(found.activity.denied))),
        (t("audit-failed"), number(sum(found.activity.failed))),
    ]
    whole = notice(t("audit-whole", entries=found.entries, root=found.root[:16]), "good")
    return figures(pairs) + (notice(found.damage, "bad") if found.damage else whole)


def refusals(rows: Sequence[Refusals]) -> str:
    """Return who was denied or failed at what, most often first."""
    if not rows:
        return ""
    heads = (t("audit-who"), t("audit-what"), t("audit-outcome"), t("audit-count"), "")
    drawn = "".join(
        row(
            heads,
            person(each.person, each.actor),
            action(each.action),
            _mark(each.outcome),
            number(each.count),
            _find(t("audit-show"), person=each.actor, action=each.action, outcome=each.outcome),
        )
        for each in rows
    )
    return f'<div class="refused">{table(heads, drawn, t("audit-refusals"))}</div>'


def entries(found: FoundEntries) -> str:
    """Return one page of a search."""
    if not found.total:
        return notice(t("audit-nothing-found")) + _archived(found.archived)
    heads = ("#", t("audit-when"), t("audit-who"), t("audit-what"), t("audit-object"), t("audit-outcome"), "")
    rows = "".join(
        row(
            heads,
            each["sequence"],
            moment(each["time_us"]),
            both(who(each), _role(each["actor"]["role"])),
            both(action(each["action"]), each["action"]),
            _object(each["object"], each["object_name"]),
            Drawn(_mark(each["outcome"]) + _reason(each)),
            _proof_link(each["sequence"]),
        )
        for each in found.entries
    )
    caption = t("audit-found", total=found.total, page=found.page + 1, pages=found.pages, shown=len(found.entries))
    return f'<div class="found">{table(heads, rows, caption)}</div>{_archived(found.archived)}'


def life(found: ObjectLife) -> str:
    """Return an object's life: a line for each kind of act, in the order of their begin, the stages at the side."""
    drawn, before = [], ""
    for step in found.steps:
        stage = str(step.stage)
        head = heading(stage) if stage != before else ""
        before = stage
        drawn.append(f'<li class="step {text(step.relation)}">{head}{_step(step)}</li>')
    left = quiet(t("audit-life-more", count=found.left_out)) if found.left_out else ""
    return (
        f'<div class="life">{heading(found.name or found.id, 2)}{quiet(found.id)}'
        f"{_relatives(t('audit-made-from'), found.made_from)}{_relatives(t('audit-makes'), found.makes)}"
        f'<ol class="timeline">{"".join(drawn)}</ol>{left}{_archived(found.archived)}</div>'
    )


def card(markdown: str) -> str:
    """Return a model card, whose Markdown has titles, paragraphs and points, one a line (reports/model_card.py)."""
    drawn, points = [], []
    for line in [*markdown.split("\n"), "#"]:
        sign, _, words = line.partition(" ")
        if sign == "-":
            points.append(f"<li>{text(words, MAX_CARD_LINE)}</li>")
            continue
        if points and line:
            drawn.append(f"<ul>{''.join(points)}</ul>")
            points = []
        if sign in {"#", "##"} and words:
            drawn.append(f"<h{len(sign) + 1}>{text(words)}</h{len(sign) + 1}>")
        elif line and words:
            drawn.append(f"<p>{sentence(line)}</p>")
    return f'<section class="card" aria-label="{text(t("audit-card"))}">{"".join(drawn)}</section>'


def reviews(found: Reviews) -> str:
    """Return what nobody has reviewed yet, and the reviews there are."""
    heads = (t("audit-range"), t("audit-count"), t("audit-denied"), t("audit-failed"), t("audit-looks"), "")
    opened = "".join(
        row(
            heads,
            _range(each),
            *(number(getattr(each, name)) for name in ("entries", "denied", "failed", "looks")),
            _find(t("audit-show"), first=each.first, last=each.last),
        )
        for each in found.open
    )
    drawn = f'<div class="open-runs">{table(heads, opened, t("audit-open-runs"))}</div>'
    if not found.reviews:
        return drawn + notice(t("audit-no-reviews"))
    signed = (t("audit-when"), t("audit-who"), t("audit-range"), t("audit-note"), "")
    rows = "".join(
        row(signed, moment(each.time_us), person("", each.who), _range(each), _note(each), _proof_link(each.sequence))
        for each in found.reviews
    )
    caption = t("audit-signed", count=found.count, shown=len(found.reviews))
    return f'{drawn}<div class="signed">{table(signed, rows, caption)}</div>'


def progress(share: float) -> str:
    """Return how much of the log was taken in."""
    return notice(t("audit-progress", share=share)) + progress_bar(share, 1)


def proof(found: ShownProof) -> str:
    """Return an entry whole, what proves it in plain words, and where to take the proof away."""
    entry, path = found.entry, found.path
    sequence = entry["sequence"]
    steps = "".join(f"<li><code>{text(each)}</code></li>" for each in path)
    fingerprints = "".join(
        f"<p>{text(label)} <code>{text(value)}</code></p>"
        for label, value in (
            (t("proof-leaf"), found.leaf_hash),
            (t("proof-root"), found.root),
            (t("proof-key"), found.key),
        )
    )
    together = _find(t("proof-together"), request=entry["request"]) if entry["request"] else ""
    explained = t("proof-explained", sequence=sequence, size=found.size, others=len(path))
    download = f'<a class="download" href="/audit-proof/{sequence}" download>{text(t("proof-download"))}</a>'
    return (
        f'<section class="proof" aria-label="{text(t("proof-entry", sequence=sequence))}">'
        f"{heading(t('proof-entry', sequence=sequence), 2)}"
        f'<table class="fields"><tbody>{_fields(entry)}</tbody></table><p>{together}</p>{notice(explained, "good")}'
        f"<p>{download} {small(t('proof-download-what'))}</p>"
        f"<details><summary>{text(t('proof-fingerprints'))}</summary>{fingerprints}<ol>{steps}</ol></details></section>"
    )


def _fields(entry: dict[str, Any]) -> str:
    actor, target = entry["actor"], entry["object"]
    none = t("audit-none")
    named = f"{target['kind']} {target['id']}" + (f" ({entry['object_name']})" if entry["object_name"] else "")
    fields = [
        (t("audit-what"), f"{action(entry['action'])} ({entry['action']})"),
        (t("proof-meaning"), _meaning(entry["action"])),
        (t("audit-outcome"), outcome(entry["outcome"]) + (f": {entry['reason']}" if entry["reason"] else "")),
        (t("audit-who"), f"{who(entry)}, {_role(actor['role'])}" + (f" ({actor['id']})" if entry["person"] else "")),
        (t("proof-session"), actor["session"] or none),
        (t("audit-object"), named),
        (t("proof-digest"), target["digest"] or none),
        (t("audit-when"), moment(entry["time_us"])),
        (t("proof-boot"), t("proof-boot-time", boot=entry["boot_id"], seconds=decimal(entry["monotonic_us"] / 1e6, 1))),
        (t("proof-details"), ", ".join(f"{name} = {value}" for name, value in entry["details"].items()) or none),
    ]
    return "".join(
        f'<tr><th scope="row">{text(name)}</th><td>{value if isinstance(value, Drawn) else sentence(value)}</td></tr>'
        for name, value in fields
    )


def _meaning(code: str) -> Drawn:
    """Return what an event means as the catalogue of events defines it, in English."""
    if code not in EVENTS:
        return Drawn(text(t("proof-unknown-event")))
    return Drawn(f'<span lang="en">{sentence(EVENTS[code].meaning)}</span>')


def _archived(archived: ArchivedEntries | None) -> str:
    """Say which entries could not be looked at."""
    return quiet(archived.sentence) if archived else ""


def _step(step: LifeStep) -> str:
    first, last, times = step.first, step.last, step.times
    target = f" · {_object(step.object, step.object_name)}" if step.relation != "itself" else ""
    ended = listed(
        outcome(name) if times == 1 else t("activity-count", count=getattr(step, name), outcome=outcome(name))
        for name in ("succeeded", "failed", "denied")
        if getattr(step, name)
    ) or t("audit-no-outcome")
    said = t("audit-times", times=times, ended=ended) if times > 1 else ended
    span = moment(first.time_us)
    if times > 1:
        span = t("audit-span", first=span, last=moment(last.time_us))
    begun, ended_by = person("", first.who), person("", last.who)
    people = begun if begun == ended_by else t("audit-people", first=begun, last=ended_by)
    details = ", ".join(
        f"{name} {_short(str(value))}" for name, value in step.details.items() if name not in _RELATIONS
    )
    bad = " bad" if step.failed or step.denied else ""
    return (
        f'<p class="act{bad}"><strong>{text(action(step.action))}</strong>{target}<br>'
        f"{text(said)} · {text(people)} · <span class='time'>{text(span)}</span>"
        f"{f'<br>{small(details)}' if details else ''}</p>"
        f'<p class="ways">{_proof_link(last.sequence)} '
        f"{_find(t('audit-all-entries'), object_id=step.object['id'], action=step.action)}</p>"
    )


def _relatives(title: str, relatives: Sequence[NamedObject]) -> str:
    if not relatives:
        return ""
    links = ", ".join(link(each.name or _short(each.id), life=each.id) for each in relatives[:MAX_RELATIVES])
    return f"<p>{text(title)} {links}</p>{more(len(relatives) - MAX_RELATIVES)}"


def _object(target: Mapping[str, str], name: str) -> Drawn:
    """Return an object by its name or its id, which leads to its life when it can have one."""
    shown = name or _short(target["id"])
    drawn = link(shown, life=target["id"]) if "_" in target["id"] else Drawn(text(shown))
    return Drawn(drawn + small(kind(target["kind"])))


def _find(label: str, **query: Any) -> Drawn:
    """Return a button that fills the search form and searches."""
    return link(label, find=json.dumps(query))


def _proof_link(sequence: int) -> Drawn:
    return link(t("audit-proof"), hidden=t("audit-of-entry", sequence=sequence), entry=sequence)


def _range(run: Review | OpenEntries) -> str:
    return t("audit-from-to", first=run.first, last=run.last)


def _note(review: Review) -> Drawn:
    if review.note_state == "missing":
        return mark(t("audit-note-missing"), "wrong")
    changed = mark(t("audit-note-changed"), "wrong") if review.note_state == "changed" else ""
    return Drawn(text(review.note, 4000) + changed)


def _mark(code: str) -> Drawn:
    return mark(outcome(code), {"succeeded": "right", "denied": "wrong", "failed": "wrong"}.get(code, ""))


def _reason(entry: dict[str, Any]) -> Drawn:
    """Return why, and how often where one entry is for many requests (services/record/refused_requests.py)."""
    count = entry["details"].get("count", 1)
    if not entry["reason"]:
        return Drawn("")
    if count == 1:
        return small(entry["reason"])
    return small(t("audit-reason-often", reason=entry["reason"], count=count, seconds=entry["details"]["seconds"]))


def _role(code: str) -> str:
    return t(f"role-{code}") if has_message(f"role-{code}") else code


def _short(identifier: str) -> str:
    return identifier if len(identifier) <= SHORT_ID + 1 else f"{identifier[:SHORT_ID]}…"
