"""What is known of a dataset is drawn escaped, and each number has its words."""

from typing import Any

from appliance.datasets.personal_data import EMAIL
from appliance.datasets.records import Dataset, DatasetState
from appliance.datasets.report import DatasetReport, FilePreview, PreviewedSource
from appliance.foundation.json_records import read
from appliance.foundation.messages import use_language, verbatim
from appliance.web.rendering import dataset as drawing

HOSTILE = "<script>x</script>\n\n# heading"


def dataset(**changes: Any) -> Dataset:
    """Return a dataset."""
    texts = dict.fromkeys(
        ("digest", "system_prompt", "purpose", "owner", "licence", "legal_basis", "keep_until", "hold_reason"), ""
    )
    values: dict[str, Any] = {
        **texts,
        "id": "ds_1",
        "project_id": "pr_1",
        "name": "desk",
        "version": 1,
        "rows": 1300,
        "training_rows": 1200,
        "validation_rows": 50,
        "test_rows": 50,
        "source_format": "CSV",
        "created_us": 0,
        "created_by": "us_1",
        "state": DatasetState.READY,
    }
    return Dataset(**(values | changes))


def source(**changes: Any) -> PreviewedSource:
    """Return how a source was read."""
    values = {
        "name": "rows.csv",
        "source_format": "CSV",
        "note": "UTF-8, commas",
        "roles": {"question": "q", "answer": "a"},
        "guessed_by_content": False,
        "unused": [],
        "first_row": 1,
        "last_row": 1300,
        "columns": ["q", "a"],
        "reason": "",
        "rows": [],
        "conversations": [],
    }
    return read(PreviewedSource, values | changes)


def check(**changes: Any) -> dict[str, Any]:
    """Return a finding."""
    return {
        "code": "duplicate",
        "title": "Same row twice",
        "advice": "Drop the later rows.",
        "count": 60,
        "reason": "",
        "fixes": ["drop", "unknown"],
        "examples": [{"row": row, "reason": f"The same as row {row}."} for row in range(50)],
    } | changes


def report(**changes: Any) -> DatasetReport:
    """Return what was found in the rows of a version."""
    return read(DatasetReport, {"checks": [check()], "sources": [source()]} | changes)


def preview(*sources: PreviewedSource, unread: str) -> str:
    """Return how a file is drawn that has something unread."""
    return drawing.preview(FilePreview(sources, (verbatim(unread),)))


def test_too_few_rows_for_a_test_are_said() -> None:
    """Who is not told believes the share of right answers."""
    assert "box" not in drawing.counts(dataset())
    assert "Only 3 rows are set aside" in drawing.counts(dataset(test_rows=3))
    assert "Only one row is set aside" in drawing.counts(dataset(test_rows=1))
    assert "cannot be evaluated" in drawing.counts(dataset(test_rows=0))
    with use_language("de"):
        drawn = drawing.counts(dataset(test_rows=3))
    assert "<dt>Für das Training</dt><dd>1.200</dd>" in drawn
    assert "sind nur 3 Zeilen zurückgelegt" in drawn


def test_a_preview_says_how_each_source_is_read() -> None:
    drawn = preview(source(guessed_by_content=True, unused=["id", "date"]), unread="Why.")
    for said in (
        "Read as CSV (UTF-8, commas)",
        "question: “q”; answer: “a”",
        "recognised by their content",
        "Not used: id and date",
        "Why.",
    ):
        assert said in drawn
    unclear = source(reason="No column is named “answer”.", rows=[{"q": "Where?"}])
    assert '<td>Where?</td><td data-head="a"></td>' in preview(unclear, unread="Why.")


def test_findings_name_rows_and_what_is_not_shown() -> None:
    drawn = drawing.findings(report())
    assert "Same row twice" in drawn
    assert '<td data-head="Rows">60</td>' in drawn
    assert "… and 40 more" in drawn
    whole = drawing.findings(report(checks=[check(count=0, examples=[], reason="9 of 10 are alike.")]))
    assert '<td data-head="Rows">All</td>' in whole
    assert "9 of 10 are alike." in whole
    assert "No problems were found" in drawing.findings(report(checks=[]))
    left_out = drawing.findings(report(left_out={"count": 1, "rows": [{"row": 3, "reason": "Row 3: empty."}]}))
    assert "One row was left out" in left_out
    assert "Row 3: empty." in left_out


def test_measures_show_lengths_personal_data_and_sources() -> None:
    tokens = {"unit": "tokens", "model": "Smol", "edges": [0, 10, 20], "counts": [1, 2], "limit": 15}
    found = report(tokens=tokens, personal_data={EMAIL: {"count": 2, "action": "mask"}})
    drawn = drawing.measures(found)
    for said in ("Tokens per row for “Smol”", "e-mail address", "replaced by pseudonyms", "1 to 1300"):
        assert said in drawn
    with use_language("de"):
        german = drawing.measures(report(tokens={**tokens, "model": "", "unit": "characters"}))
    assert "Zeichen je Zeile" in german
    assert "1 bis 1300" in german


def test_a_fix_is_named_by_what_it_does() -> None:
    assert drawing.fixes(report()) == [("duplicate", "drop", "Drop rows: Same row twice (60 rows)")]
    assert drawing.fixes(report(checks=[check(count=0)])) == []
    with use_language("de"):
        assert drawing.fixes(report(checks=[check(count=1)]))[0][2] == "Zeilen entfernen: Same row twice (eine Zeile)"


def test_hostile_rows_stay_text() -> None:
    """Names of files and columns, cells, problems and notes come from the file."""
    rows = [{"row": 1, "problem": HOSTILE, "messages": [{"role": "user", "content": HOSTILE}]}]
    hostile = source(
        name=HOSTILE,
        note=HOSTILE,
        roles={"question": HOSTILE},
        unused=[HOSTILE],
        columns=[HOSTILE],
        reason=HOSTILE,
        rows=[{HOSTILE: HOSTILE}],
        conversations=rows,
    )
    for drawn in (
        preview(hostile, unread=HOSTILE),
        drawing.findings(report(checks=[check(title=HOSTILE, examples=[{"row": 1, "reason": HOSTILE}] * 3)])),
        drawing.measures(report(notes=[HOSTILE], sources=[hostile])),
    ):
        assert "<script" not in drawn
        assert "\n" not in drawn
        assert "&lt;script&gt;" in drawn
