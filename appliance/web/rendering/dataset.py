"""What is known of a dataset: how a file was read, what was found in its rows, its versions."""

from collections.abc import Mapping, Sequence

from appliance.datasets.personal_data import kind_name
from appliance.datasets.records import Dataset
from appliance.datasets.report import (
    CheckReport,
    DatasetReport,
    FilePreview,
    LeftOut,
    LengthHistogram,
    PersonalData,
    PreviewedSource,
    SourceReport,
)
from appliance.foundation.messages import Message, t
from appliance.services.data.dataset_versions import VersionInLine
from appliance.services.data.revise_dataset import ACTIONS
from appliance.web.rendering.charts import histogram
from appliance.web.rendering.html import (
    Drawn,
    both,
    conversations,
    figures,
    heading,
    more,
    notice,
    quiet,
    row,
    table,
    text,
)
from appliance.web.rendering.words import listed, number

MAX_NAMED = 20
FEW_TEST_ROWS = 10  # a share of right answers says little of fewer


def counts(dataset: Dataset) -> str:
    """Return how many rows there are, and what for."""
    pairs = [
        (t("dataset-rows-all"), number(dataset.rows)),
        (t("dataset-rows-training"), number(dataset.training_rows)),
        (t("dataset-rows-validation"), number(dataset.validation_rows)),
        (t("dataset-rows-test"), number(dataset.test_rows)),
    ]
    warning = ""
    if dataset.test_rows == 0:
        warning = notice(t("dataset-no-test-rows"), "bad")
    elif dataset.test_rows < FEW_TEST_ROWS:
        warning = notice(t("dataset-few-test-rows", rows=dataset.test_rows))
    return figures(pairs) + warning


def preview(found: FilePreview) -> str:
    """Return how a file would be read: each source with its format, its columns and its first rows."""
    drawn = "".join(_source(source) for source in found.sources)
    return f'<div class="sources">{drawn}{_notices(found.unread)}</div>'


def findings(found: DatasetReport) -> str:
    """Return what was found in the rows of a version: rows that were left out, and checks with their rows."""
    return f'<div class="report">{_left_out(found.left_out)}{_checks(found.checks)}</div>'


def measures(found: DatasetReport) -> str:
    """Return what else is known of the rows of a version: lengths, personal data, and how the file was read."""
    parts = (_lengths(found.tokens), _personal(found.personal_data), _notices(found.notes), _how_read(found))
    return f'<div class="report">{"".join(parts)}</div>'


def versions(found: Sequence[VersionInLine]) -> str:
    """Return the versions, newest first, with the adapters that were trained from each."""
    heads = (t("dataset-version-number"), t("dataset-change"), t("dataset-rows-all"), t("dataset-models"))
    rows = "".join(
        row(
            heads,
            each.version.version,
            each.version.change,
            number(each.version.rows),
            listed(adapter.name for adapter in each.adapters) or "–",
        )
        for each in sorted(found, key=lambda each: -each.version.version)[:MAX_NAMED]
    )
    return table(heads, rows, t("dataset-versions"))


def fixes(found: DatasetReport) -> list[tuple[str, str, str]]:
    """Return each fix as (check, action, the button's text), in the order of the checks."""
    return [
        (check.code, action, t("dataset-fix-button", action=action, check=check.title, rows=check.count))
        for check in found.checks
        for action in check.fixes
        if action in ACTIONS and check.count
    ]


def _source(source: PreviewedSource) -> str:
    roles = "; ".join(
        t("dataset-column", role=t("column-role", role=role), column=name) for role, name in source.roles.items()
    )
    guessed = notice(t("dataset-guessed")) if source.guessed_by_content else ""
    unused = source.unused[:MAX_NAMED]
    left = quiet(t("dataset-unused", columns=listed(unused))) if unused else ""
    talks = conversations(each for each in source.conversations if each.messages)
    problems = "".join(notice(each.problem, "bad") for each in source.conversations)
    return (
        f'<section class="source">{heading(source.name)}{quiet(t("dataset-read-as", read=_read_as(source)))}'
        f"{quiet(roles) if roles else ''}{notice(source.reason, 'bad')}{guessed}{left}"
        f"{_raw(source.columns, source.rows)}{talks}{problems}</section>"
    )


def _read_as(source: SourceReport) -> str:
    return f"{source.source_format} ({source.note})"


def _raw(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(row(columns, *(Drawn(text(each.get(column, ""), 120)) for column in columns)) for each in rows)
    return table(columns, cells, t("dataset-first-rows"))


def _how_read(found: DatasetReport) -> str:
    heads = (t("dataset-source"), t("dataset-source-read"), t("dataset-rows-all"))
    rows = "".join(
        row(
            heads,
            Drawn(text(each.name, 80)),
            _read_as(each),
            t("dataset-row-range", first=each.first_row, last=each.last_row),
        )
        for each in found.sources[:MAX_NAMED]
    )
    told = table(heads, rows, t("dataset-how-read")) if rows else ""
    return told + _notices(found.unread)


def _notices(sentences: Sequence[Message]) -> str:
    return "".join(notice(each) for each in sentences[:MAX_NAMED])


def _left_out(found: LeftOut) -> str:
    if not found.count:
        return ""
    heads = (t("dataset-left-out"),)
    rows = "".join(row(heads, each.reason) for each in found.rows[:MAX_NAMED])
    return table(heads, rows, t("dataset-left-out-count", rows=found.count))


def _checks(checks: Sequence[CheckReport]) -> str:
    if not checks:
        return notice(t("dataset-no-findings"), "good")
    heads = (t("dataset-finding"), t("dataset-rows-all"), t("dataset-where"))
    rows = "".join(
        row(
            heads,
            both(check.title, check.advice),
            number(check.count) if check.count else t("dataset-whole"),
            _examples(check),
        )
        for check in checks
    )
    return f'<div class="checks">{table(heads, rows, t("dataset-findings"))}</div>'


def _examples(check: CheckReport) -> Drawn:
    examples = check.examples
    if not examples:
        return Drawn(text(check.reason))
    first = text(examples[0].reason)
    if check.count == 1:
        return Drawn(first)
    items = "".join(f"<li>{text(each.reason)}</li>" for each in examples[:MAX_NAMED])
    rest = more(check.count - min(len(examples), MAX_NAMED))
    return Drawn(f"<details><summary>{first}</summary><ul>{items}</ul>{rest}</details>")


def _lengths(found: LengthHistogram) -> str:
    if not found.counts:
        return ""
    model = found.model
    label = t("dataset-length-of-model", model=model) if model else t("dataset-length", unit=found.unit)
    return histogram(found.edges, found.counts, label, found.limit)


def _personal(found: Mapping[str, PersonalData]) -> str:
    heads = (t("dataset-personal"), t("dataset-personal-count"), t("dataset-personal-action"))
    rows = "".join(
        row(heads, kind_name(kind), number(each.count), t("dataset-personal-done", action=each.action))
        for kind, each in found.items()
        if each.count
    )
    return table(heads, rows, t("dataset-personal-caption")) if rows else ""
