"""A person is found in whatever form a row writes what is known of them, and nobody else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.datasets.conversation import Conversation
from appliance.datasets.people import MAX_TERMS, Person
from appliance.foundation.errors import InputError


def answered(text: str, **labels: str) -> Conversation:
    return Conversation(1, [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": text}], **labels)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Jane Doe", "Ask JANE  doe at the desk."),
        ("Jane Doe", "Doe, Jane: room 4"),
        ("José Müller", "Herr Jose Muller ist da."),
        ("Jose Muller", "José Müller"),
        ("jane@example.org", "Write to Jane@Example.org."),
        ("+49 30 901820", "Tel. +49 (30) 90 18 20"),
        ("+49 170 1234567", "0170-123 45 67"),
        ("DE89 3704 0044 0532 0130 00", "IBAN DE89370400440532013000."),
        ("4111111111111111", "card 4111 1111 1111 1111"),
        ("P-12345", "employee p12345"),
    ],
)
def test_the_way_of_writing_does_not_matter(term: str, text: str) -> None:
    assert Person([term]).is_in(answered(text))


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Jane Doe", "Jane Doeringer called."),
        ("Ann", "The annual plan"),
        ("12345", "The number is 9123456."),
        ("jane@example.org", "maryjane@example.org"),
        ("P-12345", "employee p123456"),
    ],
)
def test_other_people_are_not_found(term: str, text: str) -> None:
    assert not Person([term]).is_in(answered(text))


def test_any_term_in_any_text_or_label_is_enough() -> None:
    person = Person(["Jane Doe", "jane@example.org"])
    assert person.is_in(answered("see jane@example.org"))
    assert person.is_in(answered("nobody", key_fact="Jane Doe"))
    assert person.is_in(answered("nobody", group="jane doe"))
    assert not person.is_in(answered("nobody"))


@pytest.mark.parametrize("terms", [[], ["  "], ["ab"], ["---"], ["x" * 201], ["abc"] * (MAX_TERMS + 1)])
def test_terms_that_identify_nobody_are_refused(terms: list[str]) -> None:
    with pytest.raises(InputError, match="known of"):
        Person(terms)


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=4, max_size=30))
def test_a_word_finds_itself(word: str) -> None:
    assert Person([word]).is_in(answered(f"x {word} y"))
