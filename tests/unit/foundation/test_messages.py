"""A message is an id and parameters until it is shown; then it is a sentence in the reader's language."""

import pytest

from appliance.foundation.messages import (
    LANGUAGES,
    Message,
    language,
    message,
    negotiated_language,
    said,
    sentences,
    t,
    use_language,
    verbatim,
    with_sentences,
)


def test_words_that_are_not_ours_are_said_as_they_are() -> None:
    """Braces and quotes in them mean nothing."""
    assert str(verbatim('{ $x } "a"')) == '{ $x } "a"'


def test_a_message_survives_json() -> None:
    """What is stored is the id and the parameters, of messages within messages too."""
    said = message("a.b:c", count=3, share=0.5, why=verbatim("w"), names=("x", verbatim("y")))
    assert Message.from_json(said.to_json()) == said


def test_a_sentence_that_an_older_version_stored_is_still_said() -> None:
    """Older homes hold finished sentences."""
    assert str(Message.from_json("Stopped.")) == "Stopped."


@pytest.mark.parametrize(
    "value", [None, 3, [], {}, {"id": 1, "parameters": {}}, {"id": "x", "parameters": []}, {"id": "x"}]
)
def test_what_is_not_a_message_is_refused(value: object) -> None:
    """A worker, whose words these may be, cannot make anything else of it."""
    with pytest.raises(ValueError, match="not a message"):
        Message.from_json(value)


def test_messages_within_messages_end_somewhere() -> None:
    """Nesting is bounded: it comes from outside."""
    value: dict[str, object] = {"id": "x", "parameters": {}}
    for _ in range(20):
        value = {"id": "x", "parameters": {"inner": value}}
    with pytest.raises(ValueError, match="not a message"):
        Message.from_json(value)


def test_several_sentences_follow_each_other() -> None:
    """Joined by a space, each in the same language."""
    assert str(sentences(verbatim("One."), verbatim("Two."))) == "One. Two."


def test_a_stored_message_is_said_wherever_it_stands_in_json() -> None:
    """What is not a message stays as it is."""
    stored = message("evaluation.right", tuned=2, original=1, total=3).to_json()
    sentence = "Right answers: 2 of 3 with your model, 1 of 3 before."
    assert said(stored) == sentence
    assert said(sentence) == sentence
    value = {"a": [stored, 1, None], "b": {"c": stored}, "d": "x", "e": {"id": 7, "parameters": {}}}
    assert with_sentences(value) == {**value, "a": [sentence, 1, None], "b": {"c": sentence}}


def test_the_language_holds_for_the_block_and_is_english_otherwise() -> None:
    """A language that is not there is English."""
    assert language() == "en"
    with use_language("de"):
        assert language() == "de"
        with use_language("tlh"):
            assert language() == "en"
    assert language() == "en"


def test_what_no_catalogue_has_is_said_by_its_id() -> None:
    """Better an id than an error while an error is being shown; a test of the catalogues finds it."""
    assert t("no.such:message") == "no.such:message"
    with use_language("de"):
        assert t("no.such:message") == "no.such:message"


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, en-GB;q=0.3, de;q=0.2", "en"),
        ("de;q=0", ""),
        ("fr", ""),
        ("", ""),
        ("de;q=x", ""),
    ],
)
def test_the_browser_says_which_language(header: str, chosen: str) -> None:
    """The highest weight of the languages that there are; none is no answer."""
    assert negotiated_language(header) == chosen
    assert chosen in ("", *LANGUAGES)
