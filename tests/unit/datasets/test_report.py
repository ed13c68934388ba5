"""Reports: messages are stored, and become sentences in the reader's language; older reports stay readable."""

import io
import json
import zipfile
from typing import Any

from appliance.datasets import Conversation
from appliance.datasets.parse import Choices, Reading, preview
from appliance.datasets.screening import PersonalDataPolicy, Screening
from appliance.foundation.json_records import spoken
from appliance.foundation.messages import use_language

TABLE = "question,answer\n" + "".join(f"Where is {row}?,On shelf {row}.\n" for row in range(30)) + "Who?,\nWhy?,n/a\n"


def stored_report() -> dict[str, Any]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", TABLE)
        archive.writestr("read me.pdf", "x")
    reading, screening = Reading(io.BytesIO(packed.getvalue()), "a.zip"), Screening(None, PersonalDataPolicy({}))
    for _row in screening.watch([*reading, Conversation(40, [{"role": "user", "content": "Ask jo@example.org"}] * 2)]):
        pass
    report: dict[str, Any] = json.loads(json.dumps({**reading.report(), **screening.report(), "split": {"seed": 0}}))
    return report


def sentences_in(report: dict[str, Any]) -> list[str]:
    return [
        report["sources"][0]["note"],
        report["unread"][0],
        report["left_out"]["rows"][0]["reason"],
        *(check[name] for check in report["checks"] for name in ("title", "advice")),
        *(example["reason"] for check in report["checks"] for example in check["examples"]),
    ]


def test_every_message_is_said_in_the_readers_language_and_nothing_else_changes() -> None:
    report = stored_report()
    assert spoken(spoken(report)) == spoken(report)
    english = sentences_in(spoken(report))
    with use_language("de"):
        german = sentences_in(spoken(report))
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
    assert [spoken(report)[name] for name in untouched] == [report[name] for name in untouched]
    assert '"parameters"' not in json.dumps(spoken(report))


def test_sentences_of_an_older_version_are_said_as_they_are() -> None:
    older = {
        "notes": ["A note."],
        "unread": ["The sheet is hidden."],
        "left_out": {"count": 1, "rows": [{"row": 3, "reason": "Row 3 is empty."}]},
        "checks": [{"title": "HTML", "reason": "", "advice": "Look.", "examples": [{"row": 2, "reason": "Row 2."}]}],
    }
    with use_language("de"):
        assert spoken(older) == older


def test_a_previews_messages_are_said_and_its_cells_are_not_touched() -> None:
    (source,) = spoken(preview(io.BytesIO(b"question,answer\nq,a\nq,\n"), "x.csv"))["sources"]
    assert (source["note"], source["reason"]) == ("UTF-8, commas", "")
    assert [row["problem"][:24] for row in source["conversations"]] == ["", "Row 3: The answer is emp"]
    data = b"notes,reason,id,parameters\na,b,c,d\n"
    (unclear,) = spoken(preview(io.BytesIO(data), "x.csv", Choices()))["sources"]
    assert unclear["reason"].startswith("No columns are named")
    assert unclear["rows"] == [{"notes": "a", "reason": "b", "id": "c", "parameters": "d"}]
