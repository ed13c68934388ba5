"""Reports: messages are stored, and become sentences in the reader's language; older reports stay readable."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from appliance.datasets import Conversation
from appliance.datasets.parse import Choices, Reading, preview
from appliance.datasets.report import DatasetReport, LeftOut, Split
from appliance.datasets.screening import PersonalDataPolicy, Screening
from appliance.foundation.errors import IntegrityError
from appliance.foundation.json_records import read, shown, stored
from appliance.foundation.messages import use_language

TABLE = "question,answer\n" + "".join(f"Where is {row}?,On shelf {row}.\n" for row in range(30)) + "Who?,\nWhy?,n/a\n"


def stored_report() -> DatasetReport:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", TABLE)
        archive.writestr("read me.pdf", "x")
    reading, screening = Reading(io.BytesIO(packed.getvalue()), "a.zip"), Screening(None, PersonalDataPolicy({}))
    for _row in screening.watch([*reading, Conversation(40, [{"role": "user", "content": "Ask jo@example.org"}] * 2)]):
        pass
    report = screening.report().read_as(replace(reading.report(), split=Split(0, (80, 10, 10))))
    assert read(DatasetReport, json.loads(json.dumps(stored(report)))) == report
    return report


def sentences_in(found: DatasetReport) -> list[str]:
    report = shown(found)
    return [
        report["sources"][0]["note"],
        report["unread"][0],
        report["left_out"]["rows"][0]["reason"],
        *(check[name] for check in report["checks"] for name in ("title", "advice")),
        *(example["reason"] for check in report["checks"] for example in check["examples"]),
    ]


def test_every_message_is_said_in_the_readers_language_and_nothing_else_changes() -> None:
    report = stored_report()
    english = sentences_in(report)
    with use_language("de"):
        german = sentences_in(report)
    assert english[:3] == [
        "UTF-8, commas",
        "The file “read me.pdf” in the archive is not a table and was not read.",
        "Row 32: The answer is empty. Fill it in, or delete the row.",
    ]
    assert "Row 40: Contains personal data: e-mail address." in english
    assert "Zeile 40: Enthält personenbezogene Daten: E-Mail-Adresse." in german
    assert all(isinstance(sentence, str) for sentence in (*english, *german))
    assert not set(english) & set(german)
    untouched = ("rows", "tokens", "personal_data", "split")
    assert [shown(report)[name] for name in untouched] == [stored(report)[name] for name in untouched]
    assert '"parameters"' not in json.dumps(shown(report))


def test_sentences_of_an_older_version_are_said_as_they_are() -> None:
    examples = [{"row": 2, "reason": "Row 2."}]
    check = {"code": "html", "title": "HTML", "count": 1, "fixes": ["drop"], "reason": "", "advice": "Look."}
    older = {
        "notes": ["A note."],
        "unread": ["The sheet is hidden."],
        "left_out": {"count": 1, "rows": [{"row": 3, "reason": "Row 3 is empty."}]},
        "checks": [{**check, "examples": examples}, {**check, "reason": "All.", "examples": []}],
    }
    report = read(DatasetReport, older)
    with use_language("de"):
        assert {name: value for name, value in shown(report).items() if name in older} == older
    assert replace(report, notes=(), unread=(), left_out=LeftOut(), checks=()) == DatasetReport()


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": "many"},
        {"notes": [5]},
        {"checks": [{"code": "html"}]},
        {"tokens": {"counts": [None]}},
        {"personal_data": {"e-mail address": {"count": "x", "action": "keep"}}},
    ],
)
def test_what_is_not_a_report_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="DatasetReport"):
        read(DatasetReport, wrong)


def test_a_previews_messages_are_said_and_its_cells_are_not_touched() -> None:
    (source,) = shown(preview(io.BytesIO(b"question,answer\nq,a\nq,\n"), "x.csv"))["sources"]
    assert (source["note"], source["reason"]) == ("UTF-8, commas", "")
    assert [row["problem"][:24] for row in source["conversations"]] == ["", "Row 3: The answer is emp"]
    data = b"notes,reason,id,parameters\na,b,c,d\n"
    (unclear,) = shown(preview(io.BytesIO(data), "x.csv", Choices()))["sources"]
    assert unclear["reason"].startswith("No columns are named")
    assert unclear["rows"] == [{"notes": "a", "reason": "b", "id": "c", "parameters": "d"}]
