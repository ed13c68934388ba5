"""The page's HTML, escaped here.

Buttons in it carry what they lead to (`data-entry`, `data-life`, `data-find`); static/audit.js listens.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from appliance.audit import EVENTS
from appliance.web.audit import words
from appliance.web.drawing import figures, notice, progress_bar, table, text

SHORT_ID = 12
_CODE = re.compile(r"`([^`]*)`")
MAX_CARD_LINE = 2000


def state(found: dict[str, Any]) -> str:
    """Return how the log is:

    `entries`, `root`, `unreviewed`, `damage`, and the denials and failures of the time that the charts show.
    """
    opened = found["unreviewed"]
    whole = (
        f"All {words.many(found['entries'], 'entry', 'entries')}, as they were read for this page, give the root "
        f"{found['root'][:16]}…: "
        "the one that the appliance signs. So none was changed, cut out or put in."
    )
    return figures(
        [
            ("Entries in the log", words.number(found["entries"])),
            ("Not reviewed yet", words.number(opened)),
            ("Denied in this time", words.number(found["denied"])),
            ("Failed in this time", words.number(found["failed"])),
        ]
    ) + (notice(found["damage"], "bad") if found["damage"] else notice(whole, "good"))


def refusals(rows: Sequence[dict[str, Any]]) -> str:
    """Return who was denied or failed at what, most often first."""
    if not rows:
        return ""
    drawn = "".join(
        f"<tr><td>{text(words.who({**row, 'actor': {'id': row['actor']}}))}</td>"
        f"<td>{text(words.action(row['action']))}</td>"
        f"<td>{_mark(row['outcome'])}</td><td data-head='Entries'>{words.number(row['count'])}</td>"
        f"<td>{_find('Show', person=row['actor'], action=row['action'], outcome=row['outcome'])}</td></tr>"
        for row in rows
    )
    shown = table(("Who", "What", "How it ended", "Entries", ""), drawn, "Denied and failed most often in this time")
    return f'<div class="refused">{shown}</div>'


def entries(found: dict[str, Any]) -> str:
    """Return one page of a search."""
    total = found["total"]
    if not total:
        return notice("No entry is like that. Leave a field empty to widen the search.") + _archived(found)
    rows = "".join(
        f'<tr><td class="figure">{each["sequence"]}</td><td class="time">{text(words.when(each["time_us"]))}</td>'
        f"<td>{text(words.who(each))}<span class='quiet'>{text(each['actor']['role'])}</span></td>"
        f"<td>{text(words.action(each['action']))}<span class='quiet'>{text(each['action'])}</span></td>"
        f"<td>{_object(each['object'], each['object_name'])}</td><td>{_mark(each['outcome'])}{_reason(each)}</td>"
        f'<td><button type="button" class="link" data-entry="{each["sequence"]}">Proof<span class="visually-hidden"> '
        "of entry "
        f"{each['sequence']}</span></button></td></tr>"
        for each in found["entries"]
    )
    heads = ("#", "When (UTC)", "Who", "What", "On what", "How it ended", "")
    size = len(found["entries"])
    said = f"{words.many(total, 'entry', 'entries')}, newest first"
    if found["pages"] > 1:
        said += f". Page {words.number(found['page'] + 1)} of {words.number(found['pages'])}, {size} on it"
    return f'<div class="found">{table(heads, rows, said)}</div>{_archived(found)}'


def life(found: dict[str, Any]) -> str:
    """Return an object's life: one line a kind of act, in the order in which they began, with the stages at the
    side.
    """
    name = found["name"] or found["id"]
    kept, before = [], ""
    for step in found["steps"]:
        head = f"<h3>{text(step['stage'])}</h3>" if step["stage"] != before else ""
        before = step["stage"]
        kept.append(f'<li class="step {text(step["relation"])}">{head}{_step(step)}</li>')
    more = (
        f'<p class="quiet">{words.many(found["left_out"], "more kind of act", "more kinds of acts")} later.</p>'
        if found["left_out"]
        else ""
    )
    return (
        f'<div class="life"><h2>{text(name)}</h2><p class="quiet">{text(found["id"])}</p>'
        f"{_relatives('Made from', found['made_from'])}{_relatives('Made of it', found['makes'])}"
        f'<ol class="timeline">{"".join(kept)}</ol>{more}{_archived(found)}</div>'
    )


def card(markdown: str) -> str:
    """Return a model card, of whose Markdown there are titles, paragraphs and points, one a line
    (reports/model_card.py).
    """
    drawn, points = [], []
    for line in [*markdown.split("\n"), "#"]:
        mark, _, said = line.partition(" ")
        if mark == "-":
            points.append(f"<li>{text(said, MAX_CARD_LINE)}</li>")
            continue
        if points and line:
            drawn.append(f"<ul>{''.join(points)}</ul>")
            points = []
        if mark in {"#", "##"} and said:
            drawn.append(f"<h{len(mark) + 1}>{text(said)}</h{len(mark) + 1}>")
        elif line and said:
            drawn.append(_CODE.sub(r"<code>\1</code>", f"<p>{text(line, MAX_CARD_LINE)}</p>"))
    return f'<section class="card" aria-label="Model card">{"".join(drawn)}</section>'


def reviews(found: dict[str, Any]) -> str:
    """Return what nobody has reviewed yet, and the reviews there are."""
    opened = "".join(
        f"<tr><td class='figure'>{each['first']} to {each['last']}</td><td data-head='How "
        f"many'>{words.number(each['entries'])}</td>"
        f"<td data-head='Denied'>{words.number(each['denied'])}</td><td "
        f"data-head='Failed'>{words.number(each['failed'])}</td>"
        f"<td data-head='Looks at the log'>{words.number(each['looks'])}</td>"
        f"<td>{_find('Show', first=each['first'], last=each['last'])}</td></tr>"
        for each in found["open"]
    )
    heads = ("Entries", "How many", "Denied", "Failed", "Looks at the log itself", "")
    drawn = f'<div class="open-runs">{table(heads, opened, "Not reviewed yet")}</div>'
    if not found["reviews"]:
        return drawn + notice("Nobody has signed off a review yet.")
    rows = "".join(
        f'<tr><td class="time">{text(words.when(each["time_us"]))}</td><td>{text(each["who"])}</td>'
        f"<td class='figure'>{each['first']} to {each['last']}</td><td>{_note(each)}</td>"
        f'<td><button type="button" class="link" data-entry="{each["sequence"]}">Proof<span class="visually-hidden"> '
        "of entry "
        f"{each['sequence']}</span></button></td></tr>"
        for each in found["reviews"]
    )
    signed = ("When (UTC)", "Who", "Entries", "Note", "")
    shown = len(found["reviews"])
    said = words.many(found["count"], "review") + (f", the latest {shown} of them" if shown < found["count"] else "")
    return f'{drawn}<div class="signed">{table(signed, rows, said)}</div>'


def progress(share: float) -> str:
    """Return how much of the log was taken in."""
    said = notice(f"The log is being read: {100 * share:.0f} % so far. Search and charts are there when all of it was.")
    return said + progress_bar(round(100 * share), 100)


def _archived(found: dict[str, Any]) -> str:
    """Say which entries could not be looked at."""
    return f'<p class="quiet">{text(found["archived"]["sentence"])}</p>' if found.get("archived") else ""


def _step(step: dict[str, Any]) -> str:
    first, last = step["first"], step["last"]
    relation = {"source": "before it", "product": "made of it"}.get(step["relation"], "")
    target = f" · {_object(step['object'], step['object_name'])}" if relation else ""
    ended = [
        f"{words.number(step[name])} {words.outcome(name)}" for name in ("succeeded", "failed", "denied") if step[name]
    ]
    ended = ended or ["no outcome yet"]
    said = (
        f"{words.many(step['times'], 'time')}: {', '.join(ended)}"
        if step["times"] > 1
        else ", ".join(ended).removeprefix("1 ")
    )
    span = words.when(first["time_us"])
    if step["times"] > 1:
        span += f" to {words.when(last['time_us'])}"
    people = first["who"] if first["who"] == last["who"] else f"{first['who']}, last {last['who']}"
    details = ", ".join(f"{name} {_short(str(value))}" for name, value in step["details"].items() if name not in _TOLD)
    bad = " bad" if step["failed"] or step["denied"] else ""
    return (
        f'<p class="act{bad}"><strong>{text(words.action(step["action"]))}</strong>{target}<br>'
        f"{text(said)} · {text(people)} · <span class='time'>{text(span)}</span>"
        f"{f'<br><span class=quiet>{text(details, 200)}</span>' if details else ''}</p>"
        f'<p class="ways"><button type="button" class="link" data-entry="{last["sequence"]}">Proof<span '
        'class="visually-hidden"> of entry '
        f"{last['sequence']}</span></button> "
        f"{_find('All entries', object_id=step['object']['id'], action=step['action'])}</p>"
    )


def _relatives(title: str, relatives: Sequence[dict[str, str]]) -> str:
    if not relatives:
        return ""
    links = ", ".join(
        '<button type="button" class="link" '
        f'data-life="{text(each["id"])}">{text(each["name"] or _short(each["id"]))}</button>'
        for each in relatives[:24]
    )
    more = f" and {len(relatives) - 24} more" if len(relatives) > 24 else ""
    return f"<p>{title}: {links}{more}</p>"


def _object(target: dict[str, str], name: str) -> str:
    """Return an object by its name or its id, which leads to its life when it can have one."""
    shown = text(name or _short(target["id"]))
    if "_" in target["id"]:
        identifier = text(target["id"])
        shown = f'<button type="button" class="link" data-life="{identifier}" title="{identifier}">{shown}</button>'
    return f"{shown}<span class='quiet'>{text(words.kind(target['kind']))}</span>"


def _find(label: str, **asked: Any) -> str:
    """Return a button that fills the search form and searches."""
    return f'<button type="button" class="link" data-find="{text(json.dumps(asked))}">{text(label)}</button>'


def _note(review: dict[str, Any]) -> str:
    if review["note_state"] == "missing":
        return '<span class="mark wrong">The note is not there any more.</span>'
    said = text(review["note"], 4000)
    if review["note_state"] == "changed":
        said += '<span class="mark wrong">This is not the note that was signed off: it was changed since.</span>'
    return said


def _mark(outcome: str) -> str:
    kind = {"succeeded": "right", "denied": "wrong", "failed": "wrong"}.get(outcome, "")
    return f'<span class="mark {kind}">{text(words.outcome(outcome))}</span>'


def _reason(entry: dict[str, Any]) -> str:
    """Return why, and how often where one entry is for many requests (services/refused_requests.py)."""
    count = entry["details"].get("count", 1)
    many = f", {words.number(count)} times in {entry['details']['seconds']} s" if count > 1 else ""
    return f"<span class='quiet'>{text(entry['reason'] + many)}</span>" if entry["reason"] else ""


def _short(identifier: str) -> str:
    return identifier if len(identifier) <= SHORT_ID + 1 else f"{identifier[:SHORT_ID]}…"


_TOLD = frozenset({"dataset", "model", "adapter", "upload"})  # the relatives say it


def proof(found: dict[str, Any]) -> str:
    """Return an entry whole, what proves it in plain words, and where to take the proof away."""
    entry, path = found["entry"], found["path"]
    sequence = entry["sequence"]
    actor, target = entry["actor"], entry["object"]
    named = f"{target['kind']} {target['id']}" + (f" ({entry['object_name']})" if entry["object_name"] else "")
    rows = [
        ("What", f"{words.action(entry['action'])} ({entry['action']})"),
        (
            "What it means",
            EVENTS[entry["action"]].meaning if entry["action"] in EVENTS else "not in this version's catalogue",
        ),
        ("How it ended", words.outcome(entry["outcome"]) + (f": {entry['reason']}" if entry["reason"] else "")),
        ("Who", f"{words.who(entry)}, {actor['role']}" + (f" ({actor['id']})" if entry["person"] else "")),
        ("Session", actor["session"] or "none"),
        ("On what", named),
        ("Its digest", target["digest"] or "none"),
        ("When", f"{words.when(entry['time_us'])} UTC"),
        ("Boot", f"{entry['boot_id']}, {entry['monotonic_us'] / 1e6:.1f} s after it"),
        ("Details", ", ".join(f"{name} = {value}" for name, value in entry["details"].items()) or "none"),
    ]
    lines = "".join(f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in rows)
    steps = "".join(f"<li><code>{each}</code></li>" for each in path)
    others = words.many(len(path), "other fingerprint")
    said = (
        f"This entry is number {words.number(sequence)}, counted from 0, of the {words.number(found['size'])} that the "
        "log has. "
        f"Its fingerprint (leaf hash), together with {others}, gives the root of the whole log, and that root is what "
        "the appliance "
        "signed just now. Had one character of this entry been changed, or an entry before it taken out, the root "
        "would be another. "
        "This was computed again before it was shown: it holds."
    )
    together = _find("What was asked for, and how it ended", request=entry["request"]) if entry["request"] else ""
    return (
        f'<section class="proof" aria-label="Entry {sequence}"><h2>Entry {words.number(sequence)}</h2>'
        f'<table class="fields"><tbody>{lines}</tbody></table><p>{together}</p>'
        f"{notice(said, 'good')}"
        f'<p><a class="download" href="/audit-proof/{sequence}" download>Download the proof</a> '
        '<span class="quiet">The entry, the fingerprints and the signed checkpoint (C2SP tlog-proof), to be checked '
        "elsewhere.</span></p>"
        f"<details><summary>The fingerprints</summary><p>Of this entry: <code>{found['leaf_hash']}</code></p>"
        f"<ol>{steps}</ol><p>Root: <code>{found['root']}</code></p><p>Key of the log: "
        f"<code>{text(found['key'])}</code></p></details>"
        "</section>"
    )
