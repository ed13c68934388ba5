"""An answer is scored by SQuAD's normalisation, whole words, and the usual wordings of declining."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.evaluation import declines, normalise, right, token_f1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("The  Cat!", "cat"), ("an apple, a day", "apple day"), ("theatre", "theatre"), ("", ""), ("42 EUR.", "42 eur")],
)
def test_text_is_normalised_as_squad_does(text: str, expected: str) -> None:
    """Lower case, no punctuation, no articles, single spaces."""
    assert normalise(text) == expected


@given(st.text(max_size=60))
def test_normalising_settles(text: str) -> None:
    """After the second time, which drops articles that punctuation had hidden."""
    assert normalise(normalise(normalise(text))) == normalise(normalise(text))


@pytest.mark.parametrize(
    ("answer", "reference", "f1"),
    [
        ("a b c", "b c d", pytest.approx(2 / 3, abs=0.2)),
        ("x", "y", 0),
        ("", "", 1),
        ("", "x", 0),
        ("x x", "x", pytest.approx(2 / 3)),
    ],
)
def test_token_f1_counts_words_with_their_number(answer: str, reference: str, f1: float) -> None:
    """As SQuAD's evaluate-v1.1."""
    assert token_f1(answer, reference) == f1


@pytest.mark.parametrize(
    ("answer", "fact", "expected"),
    [
        ("It is 14 days.", "14 days", True),
        ("It is 114 days.", "14 days", False),
        ("The Blue Room", "blue room", True),
        ("blue", "blue room", False),
        ("", "14", False),
    ],
)
def test_a_key_fact_is_matched_as_whole_words(answer: str, fact: str, expected: bool) -> None:
    """114 is not 14."""
    assert right(answer, reference="unused", key_fact=fact) is expected


def test_without_a_key_fact_an_answer_must_be_close_to_the_reference() -> None:
    """F1 of 0.8."""
    reference = "Ask the front desk for a visitor badge before noon"
    assert right("Ask the front desk for visitor badge before noon.", reference=reference)
    assert not right("Ask your manager for it", reference=reference)


@pytest.mark.parametrize(
    "answer", ["The handbook does not say.", "I don't know.", "That is not mentioned in the text."]
)
def test_declining_is_recognised_by_its_usual_wordings(answer: str) -> None:
    assert declines(answer)


def test_declining_in_the_datasets_own_wording_counts() -> None:
    """And an answer does not."""
    own = ["Please ask the personnel office about this topic directly."]
    assert declines("Please ask the personnel office about this directly.", own)
    assert not declines("The office opens at nine.", own)
