"""Rows by the thousand and rows one by one are the same rows, with the same findings, in the same parts."""

import csv
import io
import random
import secrets
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.datasets import PARTS, read_all, write_dataset
from appliance.datasets.blocks import Block
from appliance.datasets.conversation import Conversation
from appliance.datasets.credentials import MAYBE
from appliance.datasets.parse import Reading
from appliance.datasets.personal_data import find_personal_data
from appliance.datasets.row_checks import check_row, normal
from appliance.datasets.screening import PersonalDataPolicy, Screening
from appliance.foundation.errors import InputError

DATASET = "ds_00000000000000000000"
PLAIN_ROWS = 300  # more than the sample for the columns, whose rows always go one by one
POLICY = {"email": "mask", "iban": "mask"}
ODD = [
    "n/a",
    "- TBD.",
    "ſee <b>this</b>",
    "naÃ¯ve cafÃ©",
    "write to eva.ruiz@example.org, or 0171 2345678",
    "DE89 3704 0044 0532 0130 00",
    "٠١٢٣٤٥٦٧٨٩ ٠١٢٣٤٥٦",
    "my paſſword is hunter22xyz",
    "-----BEGIN PRIVATE KEY-----",
    "a  b\u00a0c\u2003d\x1ce",
    "line one\nline two",
    "Straße STRASSE ΣΑΣ İ",
    "x" * 7000,
    "日本語の質問",
    "🙂",
    "\ufffd",
]


def table(rows: list[list[str]], header: tuple[str, ...]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([header, *rows])
    return file.getvalue().encode()


def result(data: bytes, folder: Path, *, in_blocks: bool) -> Any:
    """Import a table; return its rows with their parts, the findings, and how it was read; or the refusal."""
    reading, screening = Reading(io.BytesIO(data), "t.csv"), Screening(None, PersonalDataPolicy(POLICY))
    source = reading.in_blocks() if in_blocks else reading
    keys = {part: secrets.token_bytes(32) for part in PARTS}
    seen = []

    def counted(items: Any) -> Any:
        for item in items:
            seen.append(isinstance(item, Block))
            yield item

    try:
        summary = write_dataset(
            folder, DATASET, 1, screening.watch(counted(source)), keys, joined=screening.joined, placed=screening.place
        )
    except InputError as error:
        return error.sentence, any(seen)
    rows = [(row, row.split) for row in read_all(folder, DATASET, 1, keys)]
    return (rows, summary.rows, summary.training_rows, screening.report(), reading.report()), any(seen)


def compare(rows: list[list[str]], header: tuple[str, ...], folder: Path) -> bool:
    """Import both ways, compare, and tell whether there was a block."""
    data = table(rows, header)
    names = secrets.token_hex(8)
    one_by_one, _none = result(data, folder / f"{names}a", in_blocks=False)
    by_blocks, had_block = result(data, folder / f"{names}b", in_blocks=True)
    assert one_by_one == by_blocks
    return had_block


def plain(count: int) -> list[list[str]]:
    return [
        [f"Where do I find article number {number}?", f"It lies on shelf {number % 17}."] for number in range(count)
    ]


def test_odd_rows_among_plain_ones_come_out_the_same(tmp_path: Path) -> None:
    rows = plain(PLAIN_ROWS) + [[odd, odd] for odd in ODD] + [["What is it?", odd] for odd in ODD] + plain(20)
    assert compare(rows, ("question", "answer"), tmp_path)


def test_labels_of_every_kind_come_out_the_same(tmp_path: Path) -> None:
    chance = random.Random(7)
    rows = [
        [
            *row,
            f"g{chance.randrange(40)}",
            chance.choice(["Parts", "parts", "", "Über"]),
            chance.choice(["", "test", "Train", "validation"]),
            chance.choice(["", "answerable", "Unanswerable"]),
            chance.choice(["", "shelf", "cellar"]),
        ]
        for row in plain(PLAIN_ROWS)
    ]
    assert compare(rows, ("question", "answer", "group", "category", "split", "kind", "key fact"), tmp_path)


@pytest.mark.parametrize(
    "last",
    [["", "answer"], ["question", ""], ["", ""], ["only one"], ["a", "b", "c"], ["q", "x" * 40_000], ["  q  ", " a "]],
    ids=["no question", "no answer", "nothing", "too few", "too many", "too long", "spaces"],
)
def test_rows_that_are_not_plain_come_out_the_same(last: list[str], tmp_path: Path) -> None:
    compare([*plain(PLAIN_ROWS), last, *plain(3)], ("question", "answer"), tmp_path)


def test_an_invalid_label_or_a_system_prompt_makes_no_block(tmp_path: Path) -> None:
    rows = [[*row, "x" if number == 280 else ""] for number, row in enumerate(plain(PLAIN_ROWS))]
    assert not compare(rows, ("question", "answer", "split"), tmp_path)
    assert not compare(rows, ("question", "answer", "system"), tmp_path)


TEXTS = (
    st.text(max_size=40)
    | st.sampled_from(ODD)
    | st.text(st.sampled_from("0123456789 +-()./@nNaA<&ÃÂ€\u00a0ſsk-token:"), max_size=60)
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12))
@example([(odd, odd) for odd in ODD])
def test_skipped_rows_have_no_findings(texts: list[tuple[str, str]]) -> None:
    """Whatever the exact checks find, the patterns for a whole block match."""
    pairs = [(one.replace("\0", "").strip(), other.replace("\0", "").strip()) for one, other in texts]
    block = Block(list(range(1, len(pairs) + 1)), [one for one, _ in pairs], [other for _, other in pairs])
    personal, checked = set(block.may_hold_personal_data().tolist()), set(block.may_fail_a_check().tolist())
    for index, row in enumerate(block):
        assert index in personal or not any(find_personal_data(turn["content"]) for turn in row.messages)
        assert index in checked or not list(check_row(row))
        assert index in checked or not any(MAYBE.search(turn["content"]) for turn in row.messages)
    assert block.normal_questions == [normal(row.question) for row in block]
    assert block.normal_answers == [normal(row.answer) for row in block]


def test_a_replaced_row_has_its_own_normal_form() -> None:
    block = Block([1, 2], ["One?", "Two?"], ["1", "2"], {"group": ["a", "b"]})
    assert block.normal_questions == ["one?", "two?"]
    changed = block.replaced(
        {1: Conversation(2, [{"role": "user", "content": "Three?"}, {"role": "assistant", "content": "3"}], group="c")}
    )
    assert changed.normal_questions == ["one?", "three?"]
    assert [row.group for row in changed] == ["a", "c"]
    assert block.replaced({}) is block
