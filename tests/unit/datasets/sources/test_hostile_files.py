"""Hostile files: each is refused with its reason, in bounded time and memory; a damaged file crashes nothing."""

import io
import json
import random
import resource
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets.parse import Reading, preview
from appliance.foundation.errors import InputError

FILES = Path(__file__).parents[3] / "vectors" / "datasets"
BOOK = (FILES / "libreoffice.xlsx").read_bytes()
MAX_GROWN_KIB = 300 * 1024


def refusal(data: bytes) -> str:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError) as caught:
        for _row in Reading(io.BytesIO(data), "table.csv"):
            pass
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_GROWN_KIB
    return caught.value.sentence


def packed(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def book(**parts: str) -> bytes:
    """Return the workbook with some of its parts replaced ("sheet" for the first sheet's XML)."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "workbook": "xl/workbook.xml", "strings": "xl/sharedStrings.xml"}
    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return packed(files | {names[part]: text.encode() for part, text in parts.items()})


def sheet(rows: str, more: str = "") -> str:
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>{more}</worksheet>'


@pytest.mark.slow
def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    assert "zip bomb" in refusal(packed({"a.csv": b"0" * 100_000_000}))
    assert "zip bomb" in refusal(
        packed({"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": b" " * 100_000_000})
    )


def test_entries_that_overlap_are_refused() -> None:
    data = bytearray(
        packed({"a.csv": b"question,answer\nq,a\n", "b.csv": b"question,answer\nq,a\n"}, zipfile.ZIP_STORED)
    )
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    struct.pack_into("<I", data, second + 42, 0)  # where the second file's header lies: where the first one's does
    assert "overlap" in refusal(bytes(data))


def test_an_entry_longer_or_shorter_than_declared_is_refused() -> None:
    for size in (5, 500):
        data = bytearray(packed({"a.csv": b"question,answer\nq,a\n" * 10}))
        struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, size)
        assert "damaged or incomplete" in refusal(bytes(data))


def test_archives_in_archives_passwords_and_duplicate_names_are_refused() -> None:
    assert "another archive" in refusal(packed({"a.zip": packed({"a.csv": b"question,answer\nq,a\n"})}))
    locked = bytearray(packed({"a.csv": b"question,answer\nq,a\n"}))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(bytes(locked))
    twice = packed({"a.csv": b"question,answer\nq,a\n", "b.csv": b"question,answer\nq,a\n"}).replace(b"b.csv", b"a.csv")
    assert "same name" in refusal(twice)
    assert "more than 5,000 files" in refusal(
        packed({f"{number}.csv": b"" for number in range(5001)}, zipfile.ZIP_STORED)
    )
    assert "no table" in refusal(packed({"a.exe": b"MZ", "__MACOSX/a.csv": b"x"}))


@pytest.mark.parametrize(
    ("name", "words"), [("word/document.xml", "Word"), ("content.xml", "OpenDocument"), ("xl/workbook.bin", "binary")]
)
def test_other_documents_are_named(name: str, words: str) -> None:
    assert words in refusal(packed({name: b"x", "[Content_Types].xml": b"x"}))


@pytest.mark.parametrize("kind", ["sheet", "strings", "workbook"])
def test_entities_in_a_workbook_are_refused(kind: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    assert "document type" in refusal(
        book(**{kind: f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]><x>&l9;</x>'})
    )
    assert "document type" in refusal(
        book(**{kind: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'})
    )


def test_cells_far_apart_are_refused_before_a_parser_allocates_memory_for_them() -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert "too far apart" in refusal(book(sheet=sheet(far)))
    assert "too far apart" in refusal(
        book(sheet=sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="99999999"><c><v>1</v></c></row>'))
    )
    merged = "".join(f'<mergeCell ref="A{number * 7919 % 99991}:B{number}"/>' for number in range(100_001))
    assert "too many cells" in refusal(
        book(sheet=sheet('<row r="1"><c r="A1"><v>1</v></c></row>', f"<mergeCells>{merged}</mergeCells>"))
    )


def test_a_huge_merged_range_costs_nothing() -> None:
    rows = "".join(
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{one}</t></is></c>'
        f'<c r="B{number}" t="inlineStr"><is><t>{two}</t></is></c></row>'
        for number, (one, two) in enumerate([("question", "answer"), ("q", "a"), ("q2", "a2")], start=1)
    )
    data = book(sheet=sheet(rows, '<mergeCells><mergeCell ref="A3:XFD1048576"/></mergeCells>'))
    pairs = [(row.question, row.answer) for row in Reading(io.BytesIO(data), "x") if row.row <= 3]
    assert pairs == [("q", "a"), ("q2", "q2")]


@pytest.mark.parametrize(
    "name", ["libreoffice.xlsx", "alpaca.parquet", "openai.jsonl", "sharegpt.json", "utf-16.tsv", "windows-1252.csv"]
)
def test_a_damaged_file_is_refused_and_never_crashes(name: str) -> None:
    data = (FILES / name).read_bytes()
    chance = random.Random(name)
    refused = 0
    for _round in range(150):
        damaged = bytearray(data)
        for _byte in range(chance.choice((1, 3, 20))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.3:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            list(Reading(io.BytesIO(bytes(damaged)), name))
            preview(io.BytesIO(bytes(damaged)), name)
        except InputError:
            refused += 1
    assert refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[" * 100_000, "not valid JSON"),
        (b'{"a":' * 100_000, "not valid JSON"),
        (b'[{"question": "q", "answer": "a"},', "ends before the list does"),
        (b'[{"question": "q", "answer": "a"}', "neither a comma nor the end of the list follows element 1"),
        (b'[{"question": "q", "answer": "a"}] x', "text follows the end of the JSON list"),
        (b'[{"question": "' + b"x" * 3_000_000, "longer than"),
        (b'{"a": [{"question": "q", "answer": "a"}], "b": [{"question": "q", "answer": "a"}]}', "2 lists of objects"),
        (b'[{"question": "q", "question": "r", "answer": "a"}]', "a key may appear only once"),
        (b"[[1], [2], [3]]", "Row 1: This is not a JSON object"),
        (json.dumps([{"prompt": "p", "chosen": "a", "rejected": "b"}]).encode(), "preferences"),
        (b'{"text": "once upon a time"}\n{"text": "the end"}\n', "plain text"),
        (b"question,answer\nq,caf\xe9\nq,caf\xc3\xa9\n", "mixes two encodings"),
        (b"question,answer\nq,\x81\n", "its encoding could not be detected"),
        ("question,answer\nq,a\n".encode("utf-16")[:-3], "is not UTF-16 text"),
        (b"PAR1" + b"\x00" * 100 + b"PAR1", "damaged, incomplete"),
        (b"PAR1" + b"\x00" * 100 + b"PARE", "encrypted"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"PK\x05\x06" + b"\x00" * 18, "no table"),
        (b"PK\x03\x04rest", "damaged or incomplete"),
    ],
)
def test_each_is_refused_with_its_reason(data: bytes, words: str) -> None:
    assert words in refusal(data)


def test_a_parquet_file_of_far_too_many_columns_is_refused() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = io.BytesIO()
    pq.write_table(pa.table({f"c{number}": ["x"] for number in range(65)}), target)
    assert "more than 64 columns" in refusal(target.getvalue())


def test_a_formula_is_text_and_stays_text() -> None:
    (row,) = Reading(io.BytesIO(b"question,answer\n\"=cmd|'/C calc'!A0\",@SUM(1)\n"), "x.csv")
    assert (row.question, row.answer) == ("=cmd|'/C calc'!A0", "@SUM(1)")


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"PAR1", b"[", b"{", b"\xff\xfe"):
        try:
            rows = list(Reading(io.BytesIO(start + data), "x"))
        except InputError:
            continue
        assert rows
