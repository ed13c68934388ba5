"""Splits: the same row always lands in the same part, groups stay whole, and small datasets are measured too."""

import pytest

from appliance.datasets import PARTS, Conversation, assign
from appliance.foundation.errors import InputError


def conversation(row: int, *, question: str = "", group: str = "", split: str = "") -> Conversation:
    question = question or f"question {row}"
    return Conversation(row, [{"role": "user", "content": question}, {"role": "assistant", "content": "a"}], group=group, split=split)


def test_shares_come_out_about_right_and_every_row_is_placed_once() -> None:
    parts = assign(conversation(row) for row in range(5000))
    assert sorted(c.row for part in PARTS for c in parts[part]) == list(range(5000))
    assert 3850 < len(parts["training"]) < 4150
    assert 400 < len(parts["validation"]) < 600


def test_a_group_is_never_divided_nor_is_a_question() -> None:
    rows = [conversation(row, group=f"g{row % 20}") for row in range(200)]
    rows += [conversation(1000 + row, question=f"Same  {row % 30}") for row in range(60)]
    parts = assign(rows)
    keys = {part: {c.group or " ".join(c.question.split()) for c in parts[part]} for part in PARTS}
    assert not keys["training"] & keys["validation"] | keys["training"] & keys["test"] | keys["validation"] & keys["test"]


def test_more_rows_do_not_move_those_that_were_there() -> None:
    before, after = assign(conversation(row) for row in range(300)), assign(conversation(row) for row in range(600))
    assert {c.row for c in before["test"]} <= {c.row for c in after["test"]}


def test_three_rows_give_one_to_each_part() -> None:
    assert [len(rows) for rows in assign([conversation(row) for row in range(3)]).values()] == [1, 1, 1]


def test_the_source_decides_where_it_says() -> None:
    parts = assign([conversation(1, split="test"), conversation(2, split="training"), conversation(3, split="training")])
    assert [[c.row for c in parts[part]] for part in PARTS] == [[2, 3], [], [1]]


def test_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(InputError, match="No row is left for training"):
        assign([conversation(1, split="test")])
    with pytest.raises(InputError, match="100 percent"):
        assign([conversation(1)], (80, 10, 5))
