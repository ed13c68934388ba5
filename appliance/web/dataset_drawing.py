"""What is known of a dataset as HTML: how a file was read, what was found in its rows, its versions.

Pure functions, as in `drawing`.
"""

from collections.abc import Sequence
from typing import Any

from appliance.datasets.personal_data_policy import kind_name
from appliance.web.charts import histogram
from appliance.web.drawing import conversations, count, notice, table, text

MAX_NAMED = 20
_ROLES = {
    "question": "Question",
    "answer": "Answer",
    "system": "System text",
    "key_fact": "Key fact",
    "kind": "Kind",
    "group": "Group",
    "category": "Category",
    "split": "Part",
}
_ACTIONS = {"drop": "Drop", "mask": "Mask", "trim": "Mend", "merge": "Merge"}
_KEPT = {"keep": "kept", "mask": "replaced by pseudonyms", "block": "refused"}


def preview(found: dict[str, Any]) -> str:
    """Return how a file would be read: each source with its format, its columns and its first rows."""
    drawn = "".join(_source(source) for source in found["sources"])
    return f'<div class="sources">{drawn}{_unread(found["unread"])}</div>'


def findings(found: dict[str, Any]) -> str:
    """Return what was found in the rows of a version: rows that were left out, and checks with their rows.

    The fixes belong below.
    """
    parts = [_left_out(found.get("left_out", {"count": 0, "rows": []})), _checks(found["checks"])]
    return f'<div class="report">{"".join(parts)}</div>'


def measures(found: dict[str, Any]) -> str:
    """Return what else is known of the rows of a version: lengths, personal data, and how the file was read."""
    parts = [
        _lengths(found["tokens"]),
        _personal(found["personal_data"]),
        *(notice(str(each)) for each in found["notes"][:MAX_NAMED]),
    ]
    return f'<div class="report">{"".join([*parts, _how_read(found)])}</div>'


def versions(found: Sequence[dict[str, Any]]) -> str:
    """Return the versions, newest first, with the adapters that were trained from each."""
    rows = "".join(
        f"<tr><td>{int(each['version'])}</td><td>{text(each['change'])}</td><td>{int(each['rows']):,}</td>"
        f"<td>{text(', '.join(adapter['name'] for adapter in each['adapters']) or '–')}</td></tr>"
        for each in sorted(found, key=lambda version: -int(version["version"]))[:MAX_NAMED]
    )
    return table(
        ("Version", "What was changed", "Rows", "Models made from it"),
        rows,
        "Versions of this dataset: nothing is changed unseen",
    )


def fixes(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return each fix as (check, action, the button's text), in the order of the checks."""
    return [
        (check["code"], action, f"{_ACTIONS[action]}: {check['title']} ({count(check['count'], 'rows')})")
        for check in found["checks"]
        for action in check["fixes"]
        if action in _ACTIONS and check["count"]
    ]


def _source(source: dict[str, Any]) -> str:
    read = ", ".join(part for part in (source["source_format"], source["note"]) if part)
    roles = "; ".join(f"{_ROLES.get(role, role)}: {name}" for role, name in source["roles"].items()) or source["shape"]
    guessed = (
        notice("The columns were told by what is in them, since no name says it. Look whether this is right.")
        if source["guessed_by_content"]
        else ""
    )
    reason = notice(source["reason"], "bad")
    unused = source["unused"]
    left = f'<p class="quiet">Not used: {text(", ".join(unused[:MAX_NAMED]))}</p>' if unused else ""
    talks = conversations(row for row in source["conversations"] if row["messages"])
    problems = "".join(notice(row["problem"], "bad") for row in source["conversations"] if row["problem"])
    return (
        f'<section class="source"><h3>{text(source["name"], 80)}</h3><p class="quiet">{text(read)}. {text(roles)}</p>'
        f"{reason}{guessed}{left}{_raw(source['columns'], source['rows'])}{talks}{problems}</section>"
    )


def _raw(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        "<tr>" + "".join(f"<td>{text(row.get(column, ''), 120)}</td>" for column in columns) + "</tr>" for row in rows
    )
    return table(columns, cells, "The first rows as they stand. Say below which column is which.")


def _how_read(found: dict[str, Any]) -> str:
    sources = found.get("sources", [])
    rows = "".join(
        f"<tr><td>{text(each['name'], 80)}</td><td>{text(each['source_format'])}, "
        f"{text(each['note'])}</td><td>{text(each['shape'])}</td>"
        f"<td>{int(each['first_row']):,} to {int(each['last_row']):,}</td></tr>"
        for each in sources[:MAX_NAMED]
    )
    told = table(("Source", "Read as", "Form", "Rows"), rows, "How it was read") if rows else ""
    return told + _unread(found.get("unread", []))


def _unread(sentences: Sequence[str]) -> str:
    return "".join(notice(sentence) for sentence in sentences[:MAX_NAMED])


def _left_out(found: dict[str, Any]) -> str:
    if not found["count"]:
        return ""
    rows = "".join(f"<tr><td>{text(each['reason'])}</td></tr>" for each in found["rows"][:MAX_NAMED])
    return table(("Rows that could not be used, and were left out",), rows, f"{count(found['count'], 'rows')} left out")


def _checks(checks: Sequence[dict[str, Any]]) -> str:
    if not checks:
        return notice("Nothing to mend was found in the rows.", "good")
    rows = "".join(
        f"<tr><td><strong>{text(check['title'])}</strong><span class='quiet'>{text(check['advice'])}</span></td>"
        f"<td>{int(check['count']):,}</td><td>{_examples(check)}</td></tr>"
        for check in checks
    )
    told = table(("What was found", "Rows", "Where"), rows, "Things to look at. You may go on without mending them.")
    return f'<div class="checks">{told}</div>'


def _examples(check: dict[str, Any]) -> str:
    examples = check["examples"]
    if not examples:
        return text(check["reason"])
    if check["count"] == 1:
        return text(examples[0]["reason"])
    items = "".join(f"<li>{text(each['reason'])}</li>" for each in examples[:MAX_NAMED])
    more = check["count"] - min(len(examples), MAX_NAMED)
    rest = f"<p class='quiet'>and {more:,} more</p>" if more > 0 else ""
    return f"<details><summary>{text(examples[0]['reason'])}</summary><ul>{items}</ul>{rest}</details>"


def _lengths(tokens: dict[str, Any]) -> str:
    if not tokens.get("counts"):
        return ""
    of = f" of {tokens['model']}" if tokens.get("model") else ""
    return histogram(tokens["edges"], tokens["counts"], f"Length of a row in {tokens['unit']}{of}", tokens.get("limit"))


def _personal(found: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{text(kind_name(kind))}</td><td>{int(each['count']):,}</td>"
        f"<td>{text(_KEPT.get(each['action'], each['action']))}</td></tr>"
        for kind, each in found.items()
        if each["count"]
    )
    return (
        table(
            ("Personal data", "Found", "What was done"),
            rows,
            "Personal data in the rows, by the rules of this appliance",
        )
        if rows
        else ""
    )
