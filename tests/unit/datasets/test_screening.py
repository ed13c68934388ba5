"""Screening: what a careful reader would notice is found, named by row and never quoted; near misses are left alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.datasets import Conversation
from appliance.datasets.screening import CHECKS, MAX_EXAMPLES, PersonalDataPolicy, Screening
from appliance.datasets.token_lengths import LONG_CHARACTERS, TokenLimit
from appliance.foundation.errors import InputError
from appliance.foundation.json_records import shown
from appliance.foundation.messages import LANGUAGES, has_message

KEY = "AKIA" + "IOSFODNN7EXAMPLE"
CARD = "4111 1111 1111 1111"
LEAVE = "How many days of annual leave does somebody who works in the archive of the company have in the first year?"


def conversation(row: int, question: str, answer: str, key_fact: str = "", **labels: str) -> Conversation:
    return Conversation(
        row, [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], key_fact, **labels
    )


def screened(rows: list[Conversation], limit: TokenLimit | None = None, **policy: str) -> Screening:
    screening = Screening(limit, PersonalDataPolicy(policy))
    for _row in screening.watch(rows):
        pass
    return screening


def report_on(rows: list[Conversation], limit: TokenLimit | None = None) -> dict[str, Any]:
    found: dict[str, Any] = shown(screened(rows, limit).report())
    return found


def findings(rows: list[Conversation], **policy: str) -> list[tuple[int, str]]:
    screening = screened(rows, **policy)
    return sorted((int(row), code) for code in CHECKS for row in screening.rows_of(code))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CHECKS)
def test_every_check_has_a_title_and_advice_in_every_language(code: str, language: str) -> None:
    assert has_message(CHECKS[code].title.id, language)
    assert has_message(CHECKS[code].advice.id, language)


def test_a_clean_dataset_has_no_findings() -> None:
    report = report_on([conversation(2, "Where?", "Here."), conversation(3, "When?", "Here.")])
    assert report["checks"] == []
    assert report["rows"] == 2


def test_every_kind_of_problem_is_found_with_reason_and_advice() -> None:
    rows = [
        conversation(2, "Where?", "In room B-1."),
        conversation(3, " where? ", "in room  b-1."),
        conversation(4, "WHERE?", "In room C-2."),
        conversation(5, "Who?", "n/a"),
        conversation(6, "-", "Someone."),
        conversation(7, "What?", "x" * (LONG_CHARACTERS + 1)),
        conversation(8, "Which code?", "It is 77.", key_fact="78"),
        conversation(9, "Wie viel?", "FÃ¼nf â‚¬ 5"),
        conversation(10, "Who lost it?", "Nobody kn\ufffdws."),
        conversation(11, "Who?", "Ask jane.doe@example.org."),
    ]
    assert findings(rows) == [
        (2, "contradiction"),
        (3, "duplicate"),
        (4, "contradiction"),
        (5, "contradiction"),
        (5, "empty"),
        (6, "empty"),
        (7, "too-long"),
        (8, "key-fact"),
        (9, "encoding"),
        (10, "encoding"),
        (11, "contradiction"),
        (11, "personal-data"),
    ]
    report = report_on(rows)
    for check in report["checks"]:
        assert check["advice"]
        assert check["title"]
        assert all(example["reason"].startswith(f"Row {example['row']}: ") for example in check["examples"])
    reasons = {check["code"]: [example["reason"] for example in check["examples"]] for check in report["checks"]}
    assert reasons["duplicate"] == ["Row 3: The same as row 2."]
    assert reasons["contradiction"][:2] == [
        "Row 2: A later row answers the same question differently.",
        "Row 4: Answers the question of row 2 differently.",
    ]
    assert reasons["personal-data"] == ["Row 11: Contains personal data: e-mail address."]
    assert not any(secret in str(report) for secret in ("B-1", "jane.doe", "FÃ¼nf"))


@pytest.mark.parametrize("text", ["Düsseldorf – 5 €", "É certo", "Â la carte", "naïve façade"])
def test_characters_that_only_look_odd_are_left_alone(text: str) -> None:
    assert findings([conversation(2, text, text)]) == []


def test_one_question_under_two_system_prompts_is_not_a_contradiction() -> None:
    rows = [
        Conversation(row, [{"role": "system", "content": f"s{row}"}, *conversation(row, "q", f"a{row}").messages])
        for row in (1, 2)
    ]
    assert findings(rows) == []


def test_examples_are_bounded_and_counts_are_not() -> None:
    report = report_on([conversation(row, f"q{row}", "n/a") for row in range(5000)])
    (check,) = [check for check in report["checks"] if check["code"] == "empty"]
    assert check["count"] == 5000
    assert len(check["examples"]) == MAX_EXAMPLES


def test_html_and_secrets_are_found_and_not_quoted() -> None:
    rows = [
        conversation(2, "What is <b>bold</b>?", "Thick."),
        conversation(3, "Is 3 < 4 and 5 > 4?", "Yes, a<b."),
        conversation(4, "Which key?", f"It is {KEY}."),
        conversation(5, "Who&nbsp;is it?", "We."),
    ]
    assert findings(rows) == [(2, "html"), (4, "secret"), (5, "html")]
    report = str(report_on(rows))
    assert "Row 4: Contains an AWS access key." in report
    assert KEY not in report


def test_nearly_identical_questions_are_joined_unless_they_are_of_one_group() -> None:
    rows = [conversation(2, LEAVE, "30 days."), conversation(3, LEAVE.replace("first", "1st"), "30 days.")]
    screening = screened(rows)
    assert screening.rows_of("near-duplicate").tolist() == [3]
    assert screening.joined == {3: 2}
    assert findings([Conversation(row.row, row.messages, group="leave") for row in rows]) == []


def test_one_answer_to_nearly_everything_is_found() -> None:
    same = [conversation(row, f"Question number {row * 7919}?", "No.") for row in range(2, 40)]
    (check,) = report_on(same)["checks"]
    assert (check["code"], check["reason"]) == ("one-sided", "38 of 38 rows have the same answer.")
    assert findings(same[:10]) == []


def test_categories_of_very_different_size_are_found_and_not_named() -> None:
    rows = [
        conversation(row, f"q {row}", f"a {row}", category="leave" if row % 30 else "salary") for row in range(1, 61)
    ]
    (check,) = report_on(rows)["checks"]
    assert (check["code"], check["reason"]) == ("unbalanced", "The largest category has 58 rows, the smallest 2.")
    even = [
        conversation(row, f"q {row}", f"a {row}", category="leave" if row % 3 else "salary") for row in range(1, 61)
    ]
    assert report_on(even)["checks"] == []


def test_a_question_asked_in_training_and_in_the_test_is_leakage() -> None:
    rows = [
        conversation(1, "Where?", "Here."),
        conversation(2, "where ?".replace(" ?", "?"), "There."),
        conversation(3, "When?", "Now."),
    ]
    rows += [conversation(4, LEAVE, "30."), conversation(5, LEAVE.replace("first", "1st"), "30 days.")]
    screening = screened(rows)
    screening.place(np.array([0, 2, 1, 1, 0], dtype=np.int8))
    assert screening.rows_of("leakage").tolist() == [2, 4]
    apart = screened(rows)
    apart.place(np.array([0, 0, 1, 0, 0], dtype=np.int8))
    assert apart.rows_of("leakage").tolist() == []


def test_personal_data_is_kept_masked_or_blocked_by_policy() -> None:
    rows = [
        conversation(2, "Whose card?", f"It is {CARD}, of jane@example.org."),
        conversation(3, "Again?", f"{CARD}", key_fact=CARD),
    ]
    screening = Screening(None, PersonalDataPolicy({"card": "mask"}))
    masked = list(screening.watch(rows))
    assert masked[0].answer == "It is [card number 1], of jane@example.org."
    assert (masked[1].answer, masked[1].key_fact) == ("[card number 1]", "[card number 1]")
    report = shown(screening.report())
    assert report["personal_data"] == {
        "e-mail address": {"count": 1, "action": "keep"},
        "card number": {"count": 2, "action": "mask"},
    }
    assert report["notes"] == ["As the policy requires, personal data in 2 rows was replaced by pseudonyms."]
    with pytest.raises(InputError, match=r"2 card numbers \(rows 2, 3"):
        screened(rows, card="block")
    with pytest.raises(InputError, match="maps kinds"):
        PersonalDataPolicy({"shoe": "mask"})


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """Return a tokenizer with one token for each word."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    made = Tokenizer(WordLevel({"[UNK]": 0, "word": 1}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def test_length_is_counted_in_tokens_of_the_model(tokenizer: Path) -> None:
    limit = TokenLimit(tokenizer, 50, "tiny")
    rows = [
        conversation(2, "word " * 30, "word " * 10),
        conversation(3, "word " * 30, "word " * 11),
        conversation(4, "w" * 300, "word"),
    ]
    screening = screened(rows, limit)
    report = shown(screening.report())
    assert screening.rows_of("too-long").tolist() == [3]
    assert "Row 3: 51 tokens, of which training reads 50." in str(report["checks"])
    tokens: dict[str, Any] = report["tokens"]
    assert (tokens["unit"], tokens["model"], tokens["limit"], tokens["counted"]) == ("tokens", "tiny", 50, 3)
    assert sum(tokens["counts"]) == 3
    assert len(tokens["edges"]) == len(tokens["counts"]) + 1
    assert (tokens["longest"], tokens["median"]) == (51, 50)


def test_a_tokenizer_that_cannot_be_read_is_noted_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    report = report_on([conversation(2, "q", "a")], TokenLimit(tmp_path / "tokenizer.json", 50, "odd"))
    assert report["tokens"]["unit"] == "characters"
    assert report["notes"] == ["The tokenizer of odd cannot be read, so lengths are counted in characters."]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(blacklist_categories=["Cs"]), min_size=1),
            st.text(st.characters(blacklist_categories=["Cs"]), min_size=1),
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_screening(pairs: list[tuple[str, str]]) -> None:
    rows = [conversation(row, *pair) for row, pair in enumerate(pairs, start=1)]
    screening = screened(rows, email="mask", phone="mask", iban="mask", card="mask", national_id="mask")
    assert screening.report().rows == len(rows)
