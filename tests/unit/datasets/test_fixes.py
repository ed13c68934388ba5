"""Fixes: each changes only what it names, and never leaves a row that could not be used."""

import pytest

from appliance.datasets import Conversation
from appliance.datasets.fixes import Fix, Fixing, repaired, without_html
from appliance.datasets.screening import CHECKS, PersonalDataPolicy, Screening
from appliance.datasets.token_lengths import LONG_CHARACTERS
from appliance.foundation.errors import InputError

LEAVE = "How many days of annual leave does somebody who works in the archive of the company have in the first year?"
KEY = "AKIA" + "IOSFODNN7EXAMPLE"


def conversation(row: int, question: str, answer: str, split: str = "training", **labels: str) -> Conversation:
    return Conversation(
        row, [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], split=split, **labels
    )


def fixed(
    given: list[Conversation], code: str = "", action: str = "", **more: list[int] | list[str]
) -> tuple[list[Conversation], int]:
    screening = Screening(None, PersonalDataPolicy({}))
    for _row in screening.watch(given):
        pass
    fixing = Fixing(Fix(code, action, **more), screening)
    return list(fixing.apply(given)), fixing.changed


def test_duplicates_are_dropped_but_for_the_first() -> None:
    rows = [conversation(1, "q", "a"), conversation(2, "Q ", "a"), conversation(3, "other", "a")]
    assert fixed(rows, "duplicate", "drop") == ([rows[0], rows[2]], 1)


def test_secrets_and_personal_data_are_masked() -> None:
    rows = [conversation(1, "key?", f"It is {KEY}, ask jo@example.org or jo@example.org."), conversation(2, "q", "a")]
    (first, second), changed = fixed(rows, "secret", "mask")
    assert (first.answer, second, changed) == (
        "It is [secret removed], ask jo@example.org or jo@example.org.",
        rows[1],
        1,
    )
    (first, _second), _changed = fixed(rows, "personal-data", "mask")
    assert first.answer == f"It is {KEY}, ask [e-mail address 1] or [e-mail address 1]."


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three"),
        ("a<br/>b<script>alert(1)</script>", "a\nb"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("Who&nbsp;is <b>it</b>?", "Who is it?"),
    ],
)
def test_tags_are_removed(text: str, plain: str) -> None:
    assert without_html(text) == plain
    if text != plain:
        assert fixed([conversation(1, text, "a")], "html", "trim")[0][0].question == plain


@pytest.mark.parametrize("text", ["Fünf Straßen für 5 € – “so” …", "naïve façade, señor", "Ω and 漢字"])
def test_text_read_in_the_wrong_encoding_is_repaired(text: str) -> None:
    damaged = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())
    assert damaged != text
    assert repaired(damaged) == text
    assert repaired(text) == text


def test_what_cannot_be_repaired_stays_and_is_not_counted() -> None:
    rows = [conversation(1, "Who?", "Nobody kn\ufffdws."), conversation(2, "<b></b>", "a<br>")]
    assert fixed(rows, "encoding", "trim") == (rows, 0)
    assert fixed(rows, "html", "trim") == (rows, 0)  # nothing would be left of the question


def test_the_oldest_turns_are_cut() -> None:
    turns = [
        {"role": role, "content": f"{number} " + "x" * 3000} for number in range(3) for role in ("user", "assistant")
    ]
    long = Conversation(1, [{"role": "system", "content": "s"}, *turns], split="training")
    single = conversation(2, "q", "x" * (LONG_CHARACTERS + 1))
    (shorter, same), changed = fixed([long, single], "too-long", "trim")
    assert [message["content"][:2] for message in shorter.messages] == ["s", "2 ", "2 "]
    assert (same, changed) == (single, 1)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("training", "test"), "training"),
        (("test", "training"), "training"),
        (("test", "validation"), "test"),
        (("validation", "test"), "validation"),
    ],
)
def test_near_duplicates_become_one_fact_in_one_part_and_nothing_leaves_training(
    parts: tuple[str, str], expected: str
) -> None:
    rows = [
        conversation(1, LEAVE, "30.", parts[0]),
        conversation(2, LEAVE.replace("first", "1st"), "30 days.", parts[1]),
    ]
    merged, _changed = fixed([*rows, conversation(3, "q", "a")], "near-duplicate", "merge")
    assert [(row.group, row.split) for row in merged[:2]] == [("like row 1", expected)] * 2
    assert merged[2].group == ""


def test_leaked_rows_are_dropped_or_moved_to_training() -> None:
    rows = [
        conversation(1, "Where?", "Here."),
        conversation(2, "Where?", "There.", "test"),
        conversation(3, "x", "y", "test"),
    ]
    assert fixed(rows, "leakage", "drop") == ([rows[0], rows[2]], 1)
    moved, changed = fixed(rows, "leakage", "merge")
    assert ([row.split for row in moved], changed) == (["training", "training", "test"], 1)


def test_rows_and_persons_are_dropped() -> None:
    rows = [conversation(1, "Who?", "Jane Doe."), conversation(2, "Who?", "John.")]
    assert fixed(rows, action="drop", rows=[2, 99]) == ([rows[0]], 1)
    assert fixed(rows, person=["jane doe"]) == ([rows[1]], 1)
    assert fixed(rows) == (rows, 0)


def test_a_check_has_only_the_fixes_that_it_names() -> None:
    for code, action in (("one-sided", "drop"), ("secret", "merge"), ("nothing", "drop"), ("html", "")):
        with pytest.raises(InputError, match="no such fix"):
            fixed([conversation(1, "q", "a")], code, action)
    row = conversation(1, "q", "a")
    for check in CHECKS.values():
        for action in check.fixes:
            assert fixed([row], check.code, action) == ([row], 0)
