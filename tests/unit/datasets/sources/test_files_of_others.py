"""Files from other programs: each is read as the program that made it shows it."""

import datetime as dt
import json
from pathlib import Path

import pytest

from appliance.datasets.parse import Reading
from appliance.datasets.sources.workbook import _text

ERROR = "Row 3 of Salaries: The answer is empty. Fill it in, or delete the row."  # a formula's error
FILES = Path(__file__).parents[3] / "vectors" / "datasets"


def read(name: str) -> tuple[list[list[tuple[str, str]]], Reading]:
    with (FILES / name).open("rb") as file:
        reading = Reading(file, name)
        rows = [[(turn["role"], turn["content"]) for turn in row.messages] for row in reading]
    return rows, reading


def test_a_workbook_of_libreoffice() -> None:
    with (FILES / "libreoffice.xlsx").open("rb") as file:
        reading = Reading(file, "libreoffice.xlsx")
        rows = list(reading)
    assert [(row.row, row.question, row.answer, row.category) for row in rows][:4] == [
        (4, "Wie viele Tage Urlaub gibt es?", "30", "Urlaub"),
        (5, "Bis wann gilt er?", "2027-03-31", "Urlaub"),
        (6, "Zählt Samstag?", "Nein", "Urlaub"),
        (8, "When is pay day?", "On the 25th.", ""),
    ]
    assert (len(rows), str(reading.left_out[0].reason)) == (18, ERROR)
    assert [(source.name, source.first_row, source.own_row) for source in reading.sources] == [
        ("Fragen", 4, 4),
        ("Salaries", 8, 2),
    ]
    assert list(map(str, reading.unread)) == [
        "The sheet “Notizen” has no table with at least two columns, and was not read."
    ]


def test_a_semicolon_table_in_windows_1252() -> None:
    rows, reading = read("windows-1252.csv")
    assert rows == [
        [("user", "Wie hoch ist die Kaution?"), ("assistant", "Die Kaution beträgt 40 €.")],
        [("user", "Wann ist geöffnet; auch samstags?"), ("assistant", "Mo–Fr, „9 bis 17 Uhr“")],
    ]
    assert str(reading.sources[0].note) == "Windows-1252, semicolons"


def test_a_utf_16_export() -> None:
    rows, reading = read("utf-16.tsv")
    assert rows[0] == [("user", "Où est la clé ?"), ("assistant", "Dans le tiroir, à gauche.")]
    assert (reading.sources[0].source_format, str(reading.sources[0].note)) == ("TSV", "UTF-16, tabs")


def test_a_fine_tuning_file_of_openai() -> None:
    rows, reading = read("openai.jsonl")
    assert [role for role, _text in rows[0]] == ["system", "user", "assistant", "user", "assistant"]
    assert rows[0][3] == ("user", "And my bike?")
    system, _question, call, response, answer = rows[1]
    assert system[1].startswith("Be short.\n\n# Tools")
    assert '"name": "opening_hours"' in system[1].split("<tools>\n")[1].split("\n</tools>")[0]
    assert json.loads(call[1].removeprefix("<tool_call>\n").removesuffix("\n</tool_call>")) == {
        "name": "opening_hours",
        "arguments": {"branch": "north"},
    }
    assert response == ("user", '<tool_response>\n{"open": true}\n</tool_response>')
    assert answer == ("assistant", "Yes, until 6 pm.")
    assert {"messages.weight", "messages.name", "parallel_tool_calls"} <= set(reading.sources[0].unused)


def test_sharegpt_with_tool_turns() -> None:
    rows, reading = read("sharegpt.json")
    assert reading.sources[0].shape == "ShareGPT"
    assert [role for role, _text in rows[0]] == ["system", "user", "assistant", "user", "assistant"]
    assert rows[0][2][1].startswith("<tool_call>\n{")
    assert rows[1] == [("user", "Thanks!"), ("assistant", "You are welcome.")]


def test_alpaca_in_parquet() -> None:
    rows, reading = read("alpaca.parquet")
    assert rows == [
        [("user", "Name the desk."), ("assistant", "Desk 4")],
        [("user", "Translate.\nGuten Tag"), ("assistant", "Good day")],
    ]
    assert (reading.sources[0].source_format, reading.sources[0].shape) == ("Parquet", "Alpaca")


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir() if path.suffix != ".md"))
def test_the_name_does_not_matter(name: str) -> None:
    with (FILES / name).open("rb") as file:
        expected = [row.messages for row in Reading(file, name)]
    with (FILES / name).open("rb") as file:
        renamed = [row.messages for row in Reading(file, "something.bin")]
    assert renamed == expected != []


def test_cells_are_written_as_a_person_would_type_them() -> None:
    cells = ["text", None, True, 5.0, 2.5, 1e300, dt.date(2027, 3, 31), dt.datetime(2027, 3, 31, 9, 5), dt.time(9, 5)]
    assert [_text(cell) for cell in cells] == [
        *("text", "", "TRUE", "5", "2.5", "1e+300"),
        *("2027-03-31", "2027-03-31 09:05:00", "09:05:00"),
    ]
