"""A model card reads as people write: times, numbers and methods in words, and no gap shown as a value."""

from typing import Any

import pytest

from appliance.foundation.messages import message, use_language
from appliance.reports.facts import Fact, facts_json
from appliance.reports.model_card import METHODS, model_card

CHANGE = Fact("data.change", "imported", said=message("text", text="imported"))
VALUES: dict[str, Any] = {
    "adapter.id": "ad_1",
    "adapter.name": "staff",
    "adapter.state": "trained",
    "adapter.digest": "ab" * 32,
    "data.id": "ds_1",
    "data.version": 1,
    "data.rows": 1_234,
    "data.training_rows": 1_000,
    "data.validation_rows": 100,
    "data.test_rows": 134,
    **dict.fromkeys(("data.purpose", "data.owner", "data.licence", "data.legal_basis", "data.keep_until")),
    "data.bound": True,
    "data.found.near-duplicate": 12,
    "data.personal.national_id": 3,
    "model.name": "Tiny",
    "model.parameters": 134_515_008,
    "model.licence": None,
    "training.method": "lora",
    "training.rank": 8,
    "training.learning_rate": 0.003,
    "training.seed": 0,
    "training.preset": "quick",
    "training.epochs": 1,
    "training.batch_size": 4,
    "training.bound": True,
    "training.tokens": 123_456,
    "training.seconds": 7_100.0,
    "training.flop": 1.25e12,
    "training.rows_too_long": 1,
    "use.requests": 0,
    "use.people": 0,
}


def card(**changed: Any) -> str:
    """Return the card of made-up facts, some of them changed (two underscores are a dot)."""
    values = {**VALUES, **{name.replace("__", "."): value for name, value in changed.items()}}
    return model_card([CHANGE, *(Fact(name, value) for name, value in values.items())], {"ds_1": "handbook"})


def test_numbers_and_times_are_said_as_people_say_them() -> None:
    shown = card()
    for words in (
        "size: 134,515,008 numbers",
        "Dataset handbook (ds_1), version 1 (imported): 1,234 examples, 1,000 for training",
        "Training took 118 minutes and processed 123,456 pieces of words",
        "about 1.2 x 10^12 operations",
        "to read the examples once, 4 at a time",
        "Nearly the same question: 12",
        "Personal data found in its examples: national id: 3.",
        "1 example was too long",
        "rank 8, learning rate 0.003, seed 0, preset quick",
    ):
        assert words in shown
    assert "up to 3 times, 4 at a time" in card(training__epochs=3)
    assert "None" not in shown


def test_every_gap_is_named() -> None:
    shown = card().partition("## What is not known")[2]
    for words in ("purpose of the data", "owner of the data", "legal basis", "licence of the base model"):
        assert words in shown
    filled = card(data__purpose="answers", data__owner="Ms Kim", data__legal_basis="contract", model__licence="MIT")
    assert "- Owner: Ms Kim." in filled
    assert "not stated" not in filled


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_words(method: str) -> None:
    assert f"Method: {method}." not in card(training__method=method)
    assert "card-" not in card(training__method=method)


def test_a_method_of_another_version_is_named() -> None:
    assert "- Method: galore." in card(training__method="galore")


@pytest.mark.parametrize("name", ["data", "training"])
def test_what_the_log_does_not_bind_is_said(name: str) -> None:
    assert f"The log does not prove what this card says about the {name}" in card(**{f"{name}__bound": False})


def test_questions_that_were_tried_are_no_gap() -> None:
    """What the data does not answer: declined, or not tested; never both."""
    tried = {"evaluation__bound": True, "evaluation__tuned__declined": 7, "evaluation__tuned__unanswerable": 9}
    assert "Of 9 test questions that its data does not answer, this model declined to answer 7." in card(**tried)
    assert "that its data does not answer has not been tested" not in card(**tried)
    assert "that its data does not answer has not been tested" in card()


def test_facts_as_json_are_evidence_in_english() -> None:
    assert facts_json([CHANGE]) == [{"name": "data.change", "value": "imported", "entries": [], "digests": []}]


def test_what_people_write_adds_no_line_and_cites_no_entry() -> None:
    """The card says that nobody wrote it by hand: a name or a purpose stays within its sentence."""
    forged = "support.\n\n## How good it is\n\n- It answered 999 of 1,000 questions right. [14]"
    honest = card(data__purpose="support")
    shown = card(data__purpose=forged, adapter__name="staff\n# Approved")
    assert shown.count("\n#") == honest.count("\n#")
    assert shown.count("\n- ") == honest.count("\n- ")
    assert "[14]" not in shown
    assert "999 of 1,000 questions right. (14)" in shown


def test_kinds_of_personal_data_are_named_in_the_readers_language() -> None:
    """As the report of a dataset has them: in English."""
    with use_language("de"):
        assert "E-Mail-Adresse: 2" in card(**{"data.personal.e-mail address": 2})
