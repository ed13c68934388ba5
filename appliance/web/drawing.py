"""HTML that the server draws and escapes itself, for `gr.Markdown(sanitize_html=False)`. Pure functions; no Gradio
here.

Every text goes through `text`, which also takes away what Markdown would read: line breaks end an HTML block there, and
then the rest would be parsed as Markdown. So a drawing is always one line, and begins with a block element.
"""

import html
from collections.abc import Iterable, Sequence
from typing import Any

MAX_SHOWN_CHARACTERS = 600
_BREAKS = str.maketrans({"\n": "&#10;", "\r": None, "\u2028": "&#10;", "\u2029": "&#10;", "\t": "&#9;"})


def text(value: object, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """Return `value` as escaped text on one line, cut after `limit` characters."""
    plain = str(value)
    shown = plain if len(plain) <= limit else plain[: limit - 1] + "…"
    return html.escape(shown).translate(_BREAKS)


def notice(sentence: str, kind: str = "info", *, announced: bool = True) -> str:
    """Return a box with one sentence.

    `kind`: info, good, bad. Not `announced`, a screen reader says it only to who goes there.
    """
    role = f' role="{"alert" if kind == "bad" else "status"}"' if announced else ""
    return f'<div class="box {kind}"{role}>{text(sentence, 4000)}</div>' if sentence else ""


def figures(pairs: Sequence[tuple[str, str]]) -> str:
    """Return label and value pairs, in places that do not move."""
    cells = "".join(f"<div><dt>{text(label)}</dt><dd>{text(value)}</dd></div>" for label, value in pairs)
    return f'<dl class="figures">{cells}</dl>'


def conversations(rows: Iterable[dict[str, Any]]) -> str:
    """Return rows of a dataset as conversations."""
    drawn = []
    for row in rows:
        turns = "".join(
            f'<div class="turn {text(message["role"])}"><span class="who">{_ROLES.get(message["role"], "")}</span>'
            f"{text(message['content'])}</div>"
            for message in row["messages"]
            if message["role"] != "system"
        )
        drawn.append(f'<div class="talk"><span class="row-number">Row {int(row["row"])}</span>{turns}</div>')
    return f'<div class="talks">{"".join(drawn)}</div>' if drawn else ""


def problems(found: Sequence[dict[str, Any]], limit: int = 50) -> str:
    """Return what was found in a dataset: reason (it names the row) and fix."""
    if not found:
        return '<div class="box good" role="status">Nothing to mend was found in the rows.</div>'
    rows = "".join(f"<tr><td>{text(each['reason'])}</td><td>{text(each['fix'])}</td></tr>" for each in found[:limit])
    more = f"<p class='quiet'>and {len(found) - limit} more</p>" if len(found) > limit else ""
    return (
        table(
            ("What was found", "What to do"),
            rows,
            f"{len(found)} things to look at. You may go on without mending them.",
        )
        + more
    )


def answers(rows: Sequence[dict[str, Any]], limit: int = 200) -> str:
    """Return held-out questions with both answers and their marks."""
    drawn = "".join(
        f"<tr><td>{text(row.get('question', ''))}<span class='quiet'>Expected: "
        f"{text(row.get('reference', ''))}</span></td>"
        f'<td data-head="Before">{_answer(row, "original")}</td>'
        f'<td data-head="Your model">{_answer(row, "tuned")}</td></tr>'
        for row in rows[:limit]
    )
    said = f"{min(len(rows), limit)} of {len(rows)} questions"
    return (
        f'<div class="answers">{table(("Question that training never saw", "Before", "Your model"), drawn, said)}</div>'
    )


def table(heads: Sequence[str], rows: str, caption: str) -> str:
    """Return a table that scrolls sideways by itself on a narrow screen. `rows` is drawn already."""
    head = "".join(f'<th scope="col">{text(each)}</th>' for each in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">'
        f'<table class="plain-table"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def row(head: object, *cells: object) -> str:
    """Return a row of a table that begins with its name."""
    return f'<tr><th scope="row">{text(head)}</th>{"".join(f"<td>{text(each)}</td>" for each in cells)}</tr>'


def progress_bar(done: int, total: int) -> str:
    """Return a bar with its figure."""
    share = 0 if total <= 0 else min(100, round(100 * done / total))
    bar = f'<progress max="100" value="{share}" aria-label="Progress"></progress>'
    return f'<div class="progress">{bar}<span>{share} %</span></div>'


def duration(seconds: float | None) -> str:
    """Return seconds as people say them, roughly."""
    if seconds is None or seconds < 0:
        return "not known yet"
    if seconds < 90:
        return f"{round(seconds)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def count(number: int, unit: str) -> str:
    """Return a number with its unit (a plural ending in s), with thin separators."""
    return f"{number:,}".replace(",", "\u202f") + f" {unit.removesuffix('s') if number == 1 else unit}"


def megabytes(size: int) -> str:
    """Return bytes as MB or GB, the small ones with a decimal."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 1e7 else f"{size / 1e6:.1f} MB"


def parameters(number: int) -> str:
    """Return a count of parameters as models are named by."""
    if number >= 1e9:
        return f"{number / 1e9:.1f} billion parameters"
    return f"{number / 1e6:.0f} million parameters" if number >= 1e7 else count(number, "parameters")


def _answer(row: dict[str, Any], contender: str) -> str:
    said = str(row.get(contender, ""))
    return _mark(row.get(f"{contender}_right")) + (
        text(said) if said.strip() else '<span class="quiet">(It answered nothing.)</span>'
    )


def _mark(right: object) -> str:
    if right is None:
        return ""
    return '<span class="mark right">✓ right</span>' if right else '<span class="mark wrong">✗ wrong</span>'


_ROLES = {"user": "Question", "assistant": "Answer"}
