"""Parsing: every row comes out as it went in, and whatever is wrong is said in one sentence that names the rows and
quotes none.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets import ColumnRoles, Conversation
from appliance.datasets.conversation import MAX_CONTENT_CHARACTERS, MAX_MESSAGES
from appliance.datasets.parse import MAX_PROBLEMS, Choices, Reading, preview
from appliance.datasets.sources.records import MAX_COLUMNS
from appliance.foundation.errors import InputError

HANDBOOK = Path(__file__).parents[3] / "ops" / "sample" / "handbook.csv"


def parse(data: bytes | str, filename: str = "table.csv", roles: ColumnRoles | None = None) -> list[Conversation]:
    return list(Reading(io.BytesIO(data.encode() if isinstance(data, str) else data), filename, Choices(roles=roles)))


def refusal(data: bytes | str, filename: str = "table.csv", roles: ColumnRoles | None = None) -> str:
    with pytest.raises(InputError) as caught:
        parse(data, filename, roles)
    return caught.value.sentence


def said(conversation: Conversation) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in conversation.messages]


def test_a_table_with_well_known_columns_needs_no_roles() -> None:
    rows = parse("Prompt,Response,Topic,Group,Key fact\nWhere?,In B-1.,places,rooms,B-1\n")
    assert said(rows[0]) == [("user", "Where?"), ("assistant", "In B-1.")]
    assert (rows[0].row, rows[0].group, rows[0].category, rows[0].key_fact) == (2, "rooms", "places", "B-1")


def test_the_sample_handbook_parses_whole() -> None:
    rows = parse(HANDBOOK.read_bytes())
    assert len(rows) == 557
    assert {row.split for row in rows} == {"training", "validation", "test"}
    assert all(row.key_fact in row.answer for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiters_line_ends_and_quoted_newlines_are_understood(delimiter: str, line_end: str) -> None:
    text = line_end.join([delimiter.join(["question", "answer"]), delimiter.join(['"a, ""b""\nc"', '"x; y\tz"']), ""])
    assert said(parse(text)[0]) == [("user", 'a, "b"\nc'), ("assistant", "x; y\tz")]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert len(parse(b"\xef\xbb\xbfquestion,answer\nq,a\n")) == 1


def test_blank_rows_are_skipped_and_counted() -> None:
    assert [row.row for row in parse("\nquestion,answer\n\nq,a\n,\nq2,a2")] == [4, 6]


def test_given_roles_replace_the_guess() -> None:
    rows = parse("a,b,c\n1,2,3\n", roles=ColumnRoles(question="c", answer="a", system="b"))
    assert said(rows[0]) == [("system", "2"), ("user", "3"), ("assistant", "1")]


def test_a_formula_is_text() -> None:
    assert parse("question,answer\nq,=cmd|' /C calc'!A0\n")[0].answer == "=cmd|' /C calc'!A0"


def test_jsonl_flat_and_with_messages() -> None:
    messages = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "q2"},
        {"role": "assistant", "content": "a2"},
    ]
    lines = [
        json.dumps({"question": "q", "answer": "a", "kind": "answerable"}),
        "",
        json.dumps({"messages": messages, "group": "g", "split": "dev"}),
    ]
    flat, chat = parse("\n".join(lines), "table.jsonl")
    assert (flat.row, flat.kind) == (1, "answerable")
    assert chat == Conversation(3, messages, group="g")
    assert chat.split == "validation"
    assert (chat.question, chat.answer) == ("q2", "a2")


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 10_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_zip(), "only bombs do"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or a protected Office document"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x80\x04\x95question,answer", "Pickle"),
        ("question,answer\nq,a\n".encode("utf-16")[:-1], "is not UTF-16 text"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \n\n", "empty"),
        (b"question,answer\n", "no rows"),
        (b"question,answer\n\n,\n", "no rows"),
        (b"question\nq\n", "only one column"),
        (
            b"question,answer\nq,caf\xe9\nq,caf\xc3\xa9\n",
            "Line 2 is not UTF-8 text (byte 21 of the file, 0xe9): it mixes two",
        ),
        (b"question,answer\nq,a\x00b\n", "Line 2 holds a NUL byte (byte 19)"),
        (b"one,two\nq,a\n", "No column is named as the question or the answer"),
        (b"question,prompt,answer\nq,p,a\n", "1 (question) and 2 (prompt) could each be the question"),
        (b"question,answer,x,x\nq,a,1,2\n", "same name"),
        (b",".join(b"c%d" % n for n in range(MAX_COLUMNS + 1)) + b"\n", "more than 64 columns"),
        (b"question,answer\n" + b"x" * (2 * 1024**2), "Line 2 is longer than 1,024 Ki"),
        (b'question,answer\nq,"never closed\nq,a\n', "row 2 has a quotation mark"),
        (b"question,answer\nq\nq,a,b\n", "row 2 has 1 cells instead of 2"),
        (
            b"question,answer\nq,a\n ,a\nq,\n",
            "row 3 has a question that is empty; fill it in or delete the row; row 4 has an answer that is empty",
        ),
        (
            b"question,answer\nq," + b"x" * (MAX_CONTENT_CHARACTERS + 1),
            "row 2 has an answer that is longer than 32,768 characters",
        ),
        (b"question,answer,kind\nq,a,maybe\n", "row 2 has a kind"),
        (b"question,answer,split\nq,a,exam\n", "row 2 has a split"),
        (b"question,answer,group\nq,a," + b"g" * 300 + b"\n", "row 2 has a group that is longer"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[1, 2]", "row 2 is not a JSON object"),
        ('{"question": "q"', "row 2 is not one JSON object"),
        ('{"question": "q", "question": "r", "answer": "a"}', "row 2 is not one JSON object"),
        ("[" * 100_000, "row 2 is not one JSON object"),
        ('{"question": ["q"], "answer": "a"}', "row 2 has a value that is not text"),
        ('{"question": "\\ud800", "answer": "a"}', "row 2 has a question that holds half a character"),
        ('{"question": "a\\u0000b", "answer": "a"}', "row 2 has a question that holds a NUL"),
        ('{"messages": []}', "row 2 holds no question and answer"),
        ('{"messages": "x"}', "row 2 has a list of messages that is none"),
        ('{"messages": [{"role": "user", "content": "q"}]}', "row 2 has no answer of the assistant; add one"),
        ('{"messages": [{"role": "assistant", "content": "q"}]}', "row 2 begins with the assistant"),
        ('{"messages": [{"role": "narrator", "content": "q"}]}', "row 2 has a message whose role is none of"),
        ('{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}', "row 2 has a message with a picture"),
        (
            json.dumps(
                {"messages": [{"role": ("user", "assistant")[n % 2], "content": "x"} for n in range(MAX_MESSAGES + 2)]}
            ),
            "row 2 holds more than 64 messages",
        ),
    ],
)
def test_a_line_of_jsonl_that_cannot_be_used_is_refused_with_the_reason(line: str, words: str) -> None:
    assert words in refusal('{"question": "q", "answer": "a"}\n' + line, "table.jsonl")


def test_mistakes_are_collected_up_to_a_limit_and_quote_no_content() -> None:
    sentence = refusal("question,answer\n" + "SECRET,\n" * 100)
    assert sentence.count("row ") == MAX_PROBLEMS
    assert "row 21 " in sentence
    assert "there are more" in sentence
    assert "SECRET" not in sentence


@pytest.mark.parametrize("filename", ["$(reboot).csv", "-rf .csv", "a\n'b\".CSV", "../../etc/x.csv"])
def test_a_file_name_decides_nothing(filename: str) -> None:
    assert len(parse("question,answer\nq,a\n", filename)) == 1


@pytest.mark.parametrize(
    "roles",
    [
        ColumnRoles(question="", answer="answer"),
        ColumnRoles(question="nowhere", answer="answer"),
        ColumnRoles(question="answer", answer="answer"),
    ],
)
def test_roles_that_do_not_fit_the_table_are_refused(roles: ColumnRoles) -> None:
    assert "Choose" in refusal("question,answer\nq,a\n", roles=roles)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.datasets.parse.MAX_ROWS", 100)
    assert len(parse("question,answer\n" + "q,a\n" * 100)) == 100
    assert "more than 100 rows" in refusal("question,answer\n" + "q,a\n" * 101)


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), min_size=1)] * 2),
        min_size=1,
    )
)
@settings(max_examples=50)
def test_any_text_survives_jsonl(pairs: list[tuple[str, str]]) -> None:
    """What is written as JSONL comes back, apart from space around it."""
    pairs = [(question, answer) for question, answer in pairs if question.strip() and answer.strip()]
    if pairs:
        lines = "\n".join(
            json.dumps({"question": question, "answer": answer}, ensure_ascii=False) for question, answer in pairs
        )
        assert [(row.question, row.answer) for row in parse(lines, "t.jsonl")] == [
            (question.strip(), answer.strip()) for question, answer in pairs
        ]


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    """No input raises anything but the refusal."""
    for filename in ("t.csv", "t.jsonl"):
        try:
            parse(data, filename)
        except InputError:
            continue


def look(data: bytes, filename: str = "table.csv", **choices: Any) -> dict[str, Any]:
    return preview(io.BytesIO(data), filename, Choices(**choices))


def test_the_preview_shows_rows_and_the_guess() -> None:
    (source,) = look(b"Question,Answer,x\nq,a,1\nq2,,2\n")["sources"]
    assert (source["columns"], source["source_format"], source["note"]) == (
        ["Question", "Answer", "x"],
        "CSV",
        "UTF-8, commas",
    )
    assert source["roles"] == {"question": "Question", "answer": "Answer"}
    assert source["unused"] == ["x"]
    assert [row["messages"][1]["content"] for row in source["conversations"] if row["messages"]] == ["a"]
    assert source["conversations"][1]["problem"].startswith("Row 3 has an answer that is empty")


def test_the_preview_says_why_it_cannot_guess_and_takes_what_somebody_says() -> None:
    data = b"one,two\nq,a\n"
    (source,) = look(data)["sources"]
    assert "No column is named" in source["reason"]
    assert source["rows"] == [{"one": "q", "two": "a"}]
    (source,) = look(data, roles=ColumnRoles("one", "two"))["sources"]
    assert source["conversations"][0]["messages"][0]["content"] == "q"
    (source,) = look(
        "Frage;Antwort\nWo ist das \u20ac?;Da\n".encode("cp1250"), encoding="Windows-1250", delimiter="semicolons"
    )["sources"]
    assert source["conversations"][0]["messages"][0]["content"] == "Wo ist das \u20ac?"
    with pytest.raises(InputError, match="no such encoding"):
        look(data, encoding="rot13")
    with pytest.raises(InputError, match="no such separator"):
        look(data, delimiter="x")


def test_a_few_unusable_rows_are_left_out_and_said() -> None:
    data = "question,answer\n" + "q,a\n" * 18 + "q,\n,a\n"
    reading = Reading(io.BytesIO(data.encode()), "t.csv")
    assert len(list(reading)) == 18
    report = reading.report()
    assert report["left_out"]["count"] == 2
    assert [each["row"] for each in report["left_out"]["rows"]] == [20, 21]
    assert "answer that is empty" in report["left_out"]["rows"][0]["reason"]
    assert "row 21 has a question" in refusal(data + "q,\n")


def test_rows_run_on_over_the_files_of_an_archive() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "question,answer\nq1,a1\n")
        archive.writestr("b/c.jsonl", '{"question": "q2", "answer": "a2"}\n')
        archive.writestr("read me.pdf", "x")
    reading = Reading(io.BytesIO(packed.getvalue()), "both.zip")
    assert [row.row for row in reading] == [2, 3]
    assert [(each.name, each.first_row, each.last_row, each.own_row) for each in reading.sources] == [
        ("a.csv", 2, 2, 2),
        ("b/c.jsonl", 3, 3, 1),
    ]
    assert reading.unread == ['The file "read me.pdf" in the archive is no table: it was not read.']
