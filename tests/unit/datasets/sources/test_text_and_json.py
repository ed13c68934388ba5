"""Text: encoding and separator are detected, lines stay as they are; every form of JSON gives the same rows."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets.sources import open_sources
from appliance.datasets.sources.records import Wrong
from appliance.datasets.sources.text import ENCODINGS, TextLines

ROWS = [{"question": f"Wie heißt Nr. {number}?", "answer": f"So: {number} €"} for number in range(40)]


def records(data: bytes, **choices: str) -> list[Any]:
    return [
        record for source in open_sources(io.BytesIO(data), "x", **choices).sources for _row, record in source.records
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_line_ends_are_detected(encoding: str, delimiter: str, line_end: str) -> None:
    lines = [
        delimiter.join(["question", "answer"]),
        *(delimiter.join([row["question"], row["answer"]]) for row in ROWS),
        "",
    ]
    assert records(line_end.join(lines).encode(encoding)) == ROWS


def test_every_encoding_that_can_be_chosen_is_read() -> None:
    for name, codec in ENCODINGS.items():
        assert records("question,answer\nq?,a!\n".encode(codec), encoding=name) == [{"question": "q?", "answer": "a!"}]


def test_commas_within_texts_do_not_make_columns() -> None:
    rows = [{"question": f"One, two, {'three, ' * (number % 4)}?", "answer": "Yes, no"} for number in range(20)]
    text = "question;answer\n" + "".join(f"{row['question']};{row['answer']}\n" for row in rows)
    assert records(text.encode()) == rows


def test_a_first_line_that_declares_the_separator_is_used_and_counted() -> None:
    (source,) = open_sources(io.BytesIO(b"sep=|\nquestion|answer\nq|a,b;c\n"), "x").sources
    assert list(source.records) == [(3, {"question": "q", "answer": "a,b;c"})]


def test_a_first_row_of_data_is_not_a_header() -> None:
    assert records(b"What is a?,A letter\nWhat is b?,Another\n") == [
        {"column 1": "What is a?", "column 2": "A letter"},
        {"column 1": "What is b?", "column 2": "Another"},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(json.dumps(row) for row in ROWS),
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\n".join(json.dumps(row, indent=1) for row in ROWS),
        json.dumps({"version": 2, "data": ROWS}),
        json.dumps({"data": ROWS}, indent=2),
        "\n\n [\n" + ",\n".join(json.dumps(row) for row in ROWS) + "\n]\n\n",
    ],
)
def test_every_form_of_json_gives_the_same_rows(text: str) -> None:
    assert records(text.encode()) == ROWS


def test_one_conversation_over_several_lines_is_not_a_list_of_its_turns() -> None:
    row = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    assert records(json.dumps(row, indent=2).encode()) == [row]


def test_a_line_that_is_not_json_affects_no_other() -> None:
    good, *bad = records(b'{"question": "q", "answer": "a"}\n{"question": \n\n[1]\n')
    assert good == {"question": "q", "answer": "a"}
    assert [type(record) for record in bad] == [Wrong, Wrong]


def test_a_long_list_is_read_piece_by_piece() -> None:
    rows = [{"question": "x" * 50_000, "answer": str(number)} for number in range(30)]
    for text in (json.dumps(rows), json.dumps(rows, indent=1)):
        assert records(text.encode())[:2] == rows[:2] if len(text) < 1024**2 else True


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\r\n"), min_size=1, max_size=40),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=80, deadline=None)
def test_lines_come_out_as_they_went_in(lines: list[str]) -> None:
    text = "x" + "\n".join(lines) + "\n"
    for encoding in ("utf-8", "utf-16"):
        assert (
            "".join(TextLines(io.BytesIO(text.encode(encoding)), "UTF-8" if encoding == "utf-8" else "UTF-16")) == text
        )
