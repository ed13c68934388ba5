"""A message is an id and parameters until it is shown as a sentence in the reader's language."""

import pytest

from appliance.foundation.messages import (
    LANGUAGES,
    Message,
    language,
    message,
    negotiated_language,
    sentences,
    t,
    use_language,
    verbatim,
)


def test_verbatim_text_is_unchanged() -> None:
    """Braces and quotes in it have no meaning."""
    assert str(verbatim('{ $x } "a"')) == '{ $x } "a"'


def test_a_message_survives_json() -> None:
    """Ids and parameters are stored, also of nested messages."""
    original = message("a.b:c", count=3, share=0.5, why=verbatim("w"), names=("x", verbatim("y")))
    assert Message.from_json(original.to_json()) == original


def test_a_sentence_stored_by_an_older_version_is_shown() -> None:
    """Older homes contain finished sentences."""
    assert str(Message.from_json("Stopped.")) == "Stopped."


@pytest.mark.parametrize(
    "value", [None, 3, [], {}, {"id": 1, "parameters": {}}, {"id": "x", "parameters": []}, {"id": "x"}]
)
def test_other_json_is_not_a_message(value: object) -> None:
    """The value may come from a worker, so it is not trusted."""
    with pytest.raises(ValueError, match="not a message"):
        Message.from_json(value)


def test_nesting_of_messages_is_bounded() -> None:
    """The value may come from a worker, so it is not trusted."""
    value: dict[str, object] = {"id": "x", "parameters": {}}
    for _ in range(20):
        value = {"id": "x", "parameters": {"inner": value}}
    with pytest.raises(ValueError, match="not a message"):
        Message.from_json(value)


def test_several_sentences_follow_each_other() -> None:
    """They are joined by a space."""
    assert str(sentences(verbatim("One."), verbatim("Two."))) == "One. Two."


def test_the_language_applies_to_the_block_and_is_english_otherwise() -> None:
    """An unknown language becomes English."""
    assert language() == "en"
    with use_language("de"):
        assert language() == "de"
        with use_language("tlh"):
            assert language() == "en"
    assert language() == "en"


def test_a_message_in_no_catalogue_is_shown_as_its_id() -> None:
    """An id is better than an error while an error is being shown; the catalogue tests find it."""
    assert t("no.such:message") == "no.such:message"
    with use_language("de"):
        assert t("no.such:message") == "no.such:message"


@pytest.mark.parametrize(
    ("header", "preferred"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, en-GB;q=0.3, de;q=0.2", "en"),
        ("de;q=0", ""),
        ("fr", ""),
        ("", ""),
        ("de;q=x", ""),
    ],
)
def test_the_language_is_negotiated_with_the_browser(header: str, preferred: str) -> None:
    """The available language with the highest weight is chosen, if there is one."""
    assert negotiated_language(header) == preferred
    assert preferred in ("", *LANGUAGES)


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_a_number_that_is_not_finite_is_written_as_it_is(number: float) -> None:
    assert str(number) in t("planning.range", setting="Rank", value=number, low=1, high=2)


@pytest.mark.parametrize("identifier", ["text", "sentences"])
def test_a_malformed_stored_message_can_be_shown(identifier: str) -> None:
    """It may come from a worker that somebody took over."""
    assert str(Message.from_json({"id": identifier, "parameters": {}})) == ""


@pytest.mark.parametrize(
    ("value", "shown"), [(1e30, "1e+30"), (10**30, "1e+30"), (10**400, "10^400"), (-1e19, "-1e+19")]
)
def test_a_number_of_many_digits_is_shown_short(value: float, shown: str) -> None:
    assert shown in t("planning.range", setting="Rank", value=value, low=1, high=2)


@pytest.mark.parametrize("value", [1e20, "many", [], True])
def test_a_message_with_parameters_of_a_wrong_kind_can_be_shown(value: object) -> None:
    """One that a worker made up must not keep a page from being shown."""
    assert str(Message.from_json({"id": "plan-memory-range", "parameters": {"low": value, "high": value}}))


@pytest.mark.parametrize("identifier", ["-save-as-csv", "", "x" * 201])
def test_only_the_id_of_a_message_is_one(identifier: str) -> None:
    """A term of the catalogues is none: it has no sentence of its own."""
    with pytest.raises(ValueError, match="not a message"):
        Message.from_json({"id": identifier, "parameters": {}})


def test_a_term_has_no_sentence_and_breaks_nothing() -> None:
    assert str(Message("-save-as-csv", {})) == "-save-as-csv"
