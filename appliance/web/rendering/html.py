"""HTML that the server draws and escapes itself, for `gr.Markdown(sanitize_html=False)`.

Every text goes through `text`, which also takes away what Markdown would read: line breaks end an HTML block there, and
then the rest would be parsed as Markdown. So a drawing is always one line, and begins with a block element.
"""

import html
import re
from collections.abc import Iterable, Sequence

from appliance.datasets import Conversation
from appliance.datasets.report import PreviewedRow
from appliance.foundation.messages import LANGUAGES, Message, language, t
from appliance.web.rendering.words import percent

MAX_SHOWN_CHARACTERS = 600
MAX_SENTENCE_CHARACTERS = 4000
_BREAKS = str.maketrans({"\n": "&#10;", "\r": None, "\u2028": "&#10;", "\u2029": "&#10;", "\t": "&#9;"})
_CODE = re.compile(r"`([^`]*)`")


class Drawn(str):
    """HTML that was escaped already: a cell of a table may be drawn."""


def text(value: object, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """Return `value` as escaped text on one line, cut after `limit` characters."""
    plain = str(value)
    shown = plain if len(plain) <= limit else plain[: limit - 1] + "…"
    return html.escape(shown).translate(_BREAKS)


def sentence(value: object) -> str:
    """Return a sentence of ours; what stands in backticks is a command or a name."""
    return _CODE.sub(r"<code>\1</code>", text(value, MAX_SENTENCE_CHARACTERS))


def notice(value: Message | str | None, kind: str = "info", *, announced: bool = True) -> str:
    """Return a box with one sentence; nothing when there is none.

    `kind`: info, good, bad. When it is not `announced`, a screen reader says it only to who goes there.
    """
    role = f' role="{"alert" if kind == "bad" else "status"}"' if announced else ""
    return f'<div class="box {kind}"{role}>{sentence(value)}</div>' if value else ""


def figures(pairs: Iterable[tuple[object, object]]) -> str:
    """Return label and value pairs, in places that do not move."""
    cells = "".join(f"<div><dt>{text(label)}</dt><dd>{text(value)}</dd></div>" for label, value in pairs)
    return f'<dl class="figures">{cells}</dl>'


def heading(value: object, level: int = 3) -> str:
    """Return a heading."""
    return f"<h{level}>{text(value)}</h{level}>"


def quiet(value: object) -> str:
    """Return a paragraph in small letters."""
    return f'<p class="quiet">{sentence(value)}</p>'


def conversations(rows: Iterable[Conversation | PreviewedRow]) -> str:
    """Return rows of a dataset as conversations."""
    roles = {"user": t("html-question"), "assistant": t("html-answer")}
    drawn = []
    for row in rows:
        turns = "".join(
            f'<div class="turn {text(message["role"])}"><span class="who">{text(roles.get(message["role"], ""))}</span>'
            f"{text(message['content'])}</div>"
            for message in row.messages
            if message["role"] != "system"
        )
        name = text(t("html-row", row=row.row))
        drawn.append(f'<div class="talk"><span class="row-number">{name}</span>{turns}</div>')
    return f'<div class="talks">{"".join(drawn)}</div>' if drawn else ""


def table(heads: Sequence[object], rows: str, caption: object) -> str:
    """Return a table; on a narrow screen each row becomes a block with the heads beside its cells. `rows` is drawn."""
    head = "".join(f'<th scope="col">{text(each)}</th>' if str(each) else "<td></td>" for each in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">'
        f'<table class="plain-table"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def row(heads: Sequence[object], *cells: object, named: bool = False) -> str:
    """Return a row of a table under `heads`; with `named`, its first cell names it."""
    drawn = []
    for place, cell in enumerate(cells):
        inner = cell if isinstance(cell, Drawn) else text(cell)
        label = f' data-head="{text(heads[place])}"' if place and place < len(heads) and str(heads[place]) else ""
        drawn.append(f'<th scope="row">{inner}</th>' if named and not place else f"<td{label}>{inner}</td>")
    return f"<tr>{''.join(drawn)}</tr>"


def small(value: object) -> Drawn:
    """Return a text in small letters within a cell."""
    return Drawn(f'<span class="quiet">{text(value)}</span>' if str(value) else "")


def mark(value: object, kind: str = "") -> Drawn:
    """Return a short text that stands out. `kind`: right, wrong, or nothing."""
    return Drawn(f'<span class="mark {kind}">{text(value)}</span>')


def both(value: object, below: object) -> Drawn:
    """Return a text with one in small letters after it."""
    return Drawn(f"{text(value)}{small(below)}")


def link(label: object, hidden: object = "", **data: object) -> Drawn:
    """Return a button that looks like a link; `data` is what a script of ours reads, `hidden` for screen readers."""
    attributes = "".join(f' data-{name}="{text(value, 4000)}"' for name, value in data.items())
    spoken = f'<span class="visually-hidden"> {text(hidden)}</span>' if str(hidden) else ""
    return Drawn(f'<button type="button" class="link"{attributes}>{text(label)}{spoken}</button>')


def more(count: int) -> str:
    """Return that there are more than were drawn; nothing when there are not."""
    return quiet(t("html-more", count=count)) if count > 0 else ""


def progress_bar(done: float, total: float) -> str:
    """Return a bar with its figure."""
    share = 0.0 if total <= 0 else min(1.0, done / total)
    bar = f'<progress max="100" value="{round(100 * share)}" aria-label="{text(t("html-progress"))}"></progress>'
    return f'<div class="progress">{bar}<span>{percent(share)}</span></div>'


def parameters(count: int) -> str:
    """Return a count of parameters as models are named by."""
    if count >= 1e9:
        return t("html-billion-parameters", count=round(count / 1e9, 1))
    return t("html-million-parameters", count=round(count / 1e6)) if count >= 1e7 else t("html-parameters", count=count)


def language_switch(here: str) -> str:
    """Return the form. `here`: the path without its language, to which the browser returns."""
    buttons = "".join(
        f'<button name="language" value="{code}" lang="{code}">{html.escape(name)}</button>'
        for code, name in LANGUAGES.items()
        if code != language()
    )
    return (
        f'<form method="post" action="/language" class="languages" aria-label="{html.escape(t("page-language"))}">'
        f'<input type="hidden" name="page" value="{html.escape(here)}">{buttons}</form>'
    )
