"""Parsing: every row comes out as it went in; errors name the rows that are wrong and quote none."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets import Conversation
from appliance.datasets.columns import ColumnRoles
from appliance.datasets.conversation import MAX_CONTENT_CHARACTERS, MAX_MESSAGES
from appliance.datasets.parse import MAX_PROBLEMS, Choices, Reading, preview
from appliance.datasets.sources.records import MAX_COLUMNS
from appliance.foundation.errors import InputError
from appliance.foundation.json_records import shown
from appliance.foundation.messages import Message, use_language

HANDBOOK = Path(__file__).parents[3] / "ops" / "sample" / "handbook.csv"


def parse(data: bytes | str, filename: str = "table.csv", roles: ColumnRoles | None = None) -> list[Conversation]:
    return list(Reading(io.BytesIO(data.encode() if isinstance(data, str) else data), filename, Choices(roles=roles)))


def refusal(data: bytes | str, filename: str = "table.csv", roles: ColumnRoles | None = None) -> str:
    with pytest.raises(InputError) as caught:
        parse(data, filename, roles)
    return caught.value.sentence


def turns(conversation: Conversation) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in conversation.messages]


def test_a_table_with_well_known_columns_needs_no_roles() -> None:
    rows = parse("Prompt,Response,Topic,Group,Key fact\nWhere?,In B-1.,places,rooms,B-1\n")
    assert turns(rows[0]) == [("user", "Where?"), ("assistant", "In B-1.")]
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
    assert turns(parse(text)[0]) == [("user", 'a, "b"\nc'), ("assistant", "x; y\tz")]


def test_a_byte_order_mark_is_not_part_of_the_first_column() -> None:
    assert len(parse(b"\xef\xbb\xbfquestion,answer\nq,a\n")) == 1


def test_blank_rows_are_skipped_and_counted() -> None:
    assert [row.row for row in parse("\nquestion,answer\n\nq,a\n,\nq2,a2")] == [4, 6]


def test_given_roles_replace_the_guess() -> None:
    rows = parse("a,b,c\n1,2,3\n", roles=ColumnRoles(question="c", answer="a", system="b"))
    assert turns(rows[0]) == [("system", "2"), ("user", "3"), ("assistant", "1")]


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
        (_zip(), "as in a zip bomb"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or protected Office document"),
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
            "Line 2 is not UTF-8 text (byte 21 of the file, 0xe9): the file mixes two",
        ),
        (b"question,answer\nq,a\x00b\n", "Line 2 contains a NUL byte (byte 19 of the file)"),
        (b"one,two\nq,a\n", 'No columns are named "question" and "answer"'),
        (b"question,prompt,answer\nq,p,a\n", "1 (question) and 2 (prompt) could each be the question"),
        (b"question,answer,x,x\nq,a,1,2\n", "same name"),
        (b",".join(b"c%d" % n for n in range(MAX_COLUMNS + 1)) + b"\n", "more than 64 columns"),
        (b"question,answer\n" + b"x" * (2 * 1024**2), "Line 2 is longer than 1,048,576 characters"),
        (b'question,answer\nq,"never closed\nq,a\n', "Row 2 has a quotation mark"),
        (b"question,answer\nq\nq,a,b\n", "Row 2: One cell instead of 2"),
        (
            b"question,answer\nq,a\n ,a\nq,\n",
            "Row 3: The question is empty. Fill it in, or delete the row. Row 4: The answer is empty.",
        ),
        (
            b"question,answer\nq," + b"x" * (MAX_CONTENT_CHARACTERS + 1),
            "Row 2: The answer is longer than 32,768 characters",
        ),
        (b"question,answer,kind\nq,a,maybe\n", "Row 2: The kind is neither"),
        (b"question,answer,split\nq,a,exam\n", "Row 2: The split is not"),
        (b"question,answer,group\nq,a," + b"g" * 300 + b"\n", "Row 2: The group is longer than 200 characters"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[1, 2]", "This is not a JSON object"),
        ('{"question": "q"', "This is not one JSON object"),
        ('{"question": "q", "question": "r", "answer": "a"}', "This is not one JSON object"),
        ("[" * 100_000, "This is not one JSON object"),
        ('{"question": ["q"], "answer": "a"}', "A value is not text"),
        ('{"question": "\\ud800", "answer": "a"}', "The question contains half a character"),
        ('{"question": "a\\u0000b", "answer": "a"}', "The question contains a NUL"),
        ('{"messages": []}', "There is no question and no answer"),
        ('{"messages": "x"}', "“messages” is not a list"),
        ('{"messages": [{"role": "user", "content": "q"}]}', "There is no answer from the assistant. Add one"),
        ('{"messages": [{"role": "assistant", "content": "q"}]}', "The conversation begins with the assistant"),
        ('{"messages": [{"role": "narrator", "content": "q"}]}', "A message has a role other than system, user"),
        ('{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}', "A message contains a picture"),
        (
            json.dumps(
                {"messages": [{"role": ("user", "assistant")[n % 2], "content": "x"} for n in range(MAX_MESSAGES + 2)]}
            ),
            "There are more than 64 messages",
        ),
    ],
)
def test_a_line_of_jsonl_that_cannot_be_used_is_refused_with_the_reason(line: str, words: str) -> None:
    assert f"Row 2: {words}" in refusal('{"question": "q", "answer": "a"}\n' + line, "table.jsonl")


def test_problems_are_collected_up_to_a_limit_and_quote_no_content() -> None:
    sentence = refusal("question,answer\n" + "SECRET,\n" * 100)
    assert sentence.count("Row ") == MAX_PROBLEMS
    assert "Row 21: " in sentence
    assert "80 more rows have problems." in sentence
    assert "SECRET" not in sentence


def test_an_error_with_problems_survives_json_and_is_said_in_german() -> None:
    with pytest.raises(InputError) as caught:
        parse("question,answer\nq,\n")
    message = Message.from_json(json.loads(json.dumps(caught.value.message.to_json())))
    assert caught.value.code == "dataset.rows"
    assert str(message) == caught.value.sentence
    with use_language("de"):
        assert "Zeile 2: Die Antwort ist leer." in str(message)


@pytest.mark.parametrize("filename", ["$(reboot).csv", "-rf .csv", "a\n'b\".CSV", "../../etc/x.csv"])
def test_the_name_of_a_file_does_not_matter(filename: str) -> None:
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
    """Text written as JSONL comes back, apart from the space around it."""
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
    """No input raises anything but `InputError`."""
    for filename in ("t.csv", "t.jsonl"):
        try:
            rows = parse(data, filename)
        except InputError:
            continue
        assert all(row.messages for row in rows)


def previewed(data: bytes, **choices: Any) -> list[dict[str, Any]]:
    sources: list[dict[str, Any]] = shown(preview(io.BytesIO(data), "table.csv", Choices(**choices)))["sources"]
    return sources


def test_the_preview_shows_rows_and_the_guess() -> None:
    (source,) = previewed(b"Question,Answer,x\nq,a,1\nq2,,2\n")
    assert (source["columns"], source["source_format"], source["note"]) == (
        ["Question", "Answer", "x"],
        "CSV",
        "UTF-8, commas",
    )
    assert source["roles"] == {"question": "Question", "answer": "Answer"}
    assert source["unused"] == ["x"]
    assert [row["messages"][1]["content"] for row in source["conversations"] if row["messages"]] == ["a"]
    assert source["conversations"][1]["problem"].startswith("Row 3: The answer is empty.")


def test_the_preview_says_why_it_cannot_guess_and_takes_the_users_choices() -> None:
    data = b"one,two\nq,a\n"
    (source,) = previewed(data)
    assert "No columns are named" in source["reason"]
    assert source["rows"] == [{"one": "q", "two": "a"}]
    (source,) = previewed(data, roles=ColumnRoles("one", "two"))
    assert source["conversations"][0]["messages"][0]["content"] == "q"
    (source,) = previewed(
        "Frage;Antwort\nWo ist das \u20ac?;Da\n".encode("cp1250"), encoding="Windows-1250", delimiter="semicolons"
    )
    assert source["conversations"][0]["messages"][0]["content"] == "Wo ist das \u20ac?"
    with pytest.raises(InputError, match="encoding is not supported"):
        previewed(data, encoding="rot13")
    with pytest.raises(InputError, match="separator is not supported"):
        previewed(data, delimiter="x")


def test_a_few_unusable_rows_are_left_out_and_reported() -> None:
    data = "question,answer\n" + "q,a\n" * 18 + "q,\n,a\n"
    reading = Reading(io.BytesIO(data.encode()), "t.csv")
    assert len(list(reading)) == 18
    left_out = shown(reading.report())["left_out"]
    assert left_out["count"] == 2
    assert [row["row"] for row in left_out["rows"]] == [20, 21]
    assert left_out["rows"][0]["reason"].startswith("Row 20: The answer is empty.")
    assert "Row 21: The question is empty." in refusal(data + "q,\n")


def test_rows_run_on_over_the_files_of_an_archive() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "question,answer\nq1,a1\n")
        archive.writestr("b/c.jsonl", '{"question": "q2", "answer": "a2"}\n')
        archive.writestr("read me.pdf", "x")
    reading = Reading(io.BytesIO(packed.getvalue()), "both.zip")
    assert [row.row for row in reading] == [2, 3]
    assert [(source.name, source.first_row, source.last_row, source.own_row) for source in reading.sources] == [
        ("a.csv", 2, 2, 2),
        ("b/c.jsonl", 3, 3, 1),
    ]
    assert list(map(str, reading.unread)) == ["The file “read me.pdf” in the archive is not a table and was not read."]
