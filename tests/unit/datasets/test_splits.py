"""Splits: the same rows always get the same parts, units stay whole, every part has its share of every category."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets import PARTS, Conversation
from appliance.datasets.row_checks import normal
from appliance.datasets.splits import DEFAULT_SHARES, NO_PART, assign_parts, join_units, position, stratum
from appliance.foundation.errors import InputError


def conversation(row: int, *, question: str = "", group: str = "", category: str = "", split: str = "") -> Conversation:
    question = question or f"question {row}"
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "a"}]
    return Conversation(row, messages, group=group, category=category, split=split)


def assign(
    rows: list[Conversation],
    shares: tuple[int, int, int] = DEFAULT_SHARES,
    seed: int = 0,
    joined: dict[int, int] | None = None,
) -> dict[int, str]:
    positions = np.array([position(row.group, normal(row.question), seed) for row in rows], dtype=np.uint64)
    positions = join_units(positions, np.array([row.row for row in rows]), joined or {})
    strata = np.array([stratum(row.category, row.kind) for row in rows], dtype=np.uint64)
    requested = np.array([PARTS.index(row.split) if row.split else NO_PART for row in rows], dtype=np.int8)
    parts = assign_parts(positions, strata, requested, shares)
    return {row.row: PARTS[part] for row, part in zip(rows, parts, strict=True)}


def test_shares_are_exact_and_do_not_depend_on_the_order() -> None:
    rows = [conversation(row) for row in range(1000)]
    parts = assign(rows)
    assert [list(parts.values()).count(part) for part in PARTS] == [800, 100, 100]
    random.Random(1).shuffle(rows)
    assert assign(rows) == parts


def test_another_seed_gives_another_split() -> None:
    rows = [conversation(row) for row in range(100)]
    assert assign(rows, seed=7) == assign(rows, seed=7) != assign(rows)


def test_every_part_has_its_share_of_every_category() -> None:
    rows = [conversation(row, category="rare" if row % 20 == 0 else "common") for row in range(1000)]
    parts = assign(rows)
    rare = [parts[row.row] for row in rows if row.category == "rare"]
    assert [rare.count(part) for part in PARTS] == [40, 5, 5]


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["", "a", "b"])), min_size=3, max_size=80
    ),
    st.integers(0, 3),
)
@settings(max_examples=100, deadline=None)
def test_units_stay_whole(made: list[tuple[int, int, str]], seed: int) -> None:
    rows = [
        conversation(row, question=f"Same  {question}", group=f"g{group}" if group < 8 else "", category=category)
        for row, (question, group, category) in enumerate(made)
    ]
    parts = assign(rows, seed=seed, joined={1: 0, 2: 1})
    units: dict[str, set[str]] = {}
    for row in rows:
        units.setdefault(row.group or row.question, set()).add(parts[row.row])
    assert all(len(unit_parts) == 1 for unit_parts in units.values())
    assert parts[0] == parts[1] == parts[2]


def test_three_rows_give_one_to_each_part() -> None:
    assert sorted(assign([conversation(row) for row in range(3)]).values()) == sorted(PARTS)


def test_a_row_gets_the_part_that_it_requests_and_the_rest_of_its_unit_follows() -> None:
    rows = [conversation(1, split="test"), conversation(2, split="training"), conversation(3, split="training")]
    assert assign(rows) == {1: "test", 2: "training", 3: "training"}
    rows = [conversation(1, group="g", split="test"), conversation(2, group="g"), conversation(3, split="training")]
    assert assign(rows)[2] == "test"


def test_joined_rows_that_do_not_exist_are_ignored() -> None:
    rows = [conversation(row) for row in range(20)]
    assert assign(rows, joined={99: 1, 2: 77}) == assign(rows)


def test_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(InputError, match="No row is left for training"):
        assign([conversation(1, split="test")])
    with pytest.raises(InputError, match="100 percent"):
        assign([conversation(1)], (80, 10, 5))
