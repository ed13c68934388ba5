"""The comparison counts right answers, and rightly and wrongly declined questions, separately."""

import json
from typing import Any

import pytest

from appliance.evaluation import AnsweredQuestion, Comparison, Outcome, Score, compare
from appliance.foundation.errors import IntegrityError
from appliance.foundation.json_records import read, spoken, stored
from appliance.foundation.messages import Message, use_language

CONTENDERS = ("original", "tuned")


def outcome(*, answerable: bool = True, original: bool = False, tuned: bool = False, declined: bool = False) -> Outcome:
    """Make an outcome."""
    return Outcome(answerable, (Score(original, False), Score(tuned, declined)))


def test_each_kind_is_counted_over_its_own_questions() -> None:
    """Three have an answer, two do not."""
    result = compare(
        CONTENDERS,
        [
            outcome(tuned=True),
            outcome(tuned=True, original=True),
            outcome(declined=True),
            outcome(answerable=False, declined=True),
            outcome(answerable=False),
        ],
    )
    original, tuned = result.tallies["original"], result.tallies["tuned"]
    assert (tuned.right.count, tuned.right.total) == (2, 3)
    assert (original.right.count, original.right.total) == (1, 3)
    assert (tuned.declined.count, tuned.declined.total) == (1, 2)
    assert (tuned.declined_wrongly.count, tuned.declined_wrongly.total) == (1, 3)
    assert str(result.sentence()) == "Right answers: 2 of 3 with your model, 1 of 3 before."
    assert str(result.details()[1]).startswith(
        "Of 2 questions that the data does not answer, your model declined 1 (9% to 91%), the original 0 (0% to 66%)."
    )


def test_details_mention_declined_questions_only_where_there_are_any() -> None:
    assert len(compare(CONTENDERS, [outcome()]).details()) == 1
    assert len(compare(CONTENDERS, [outcome(), outcome(answerable=False)]).details()) == 2


def test_it_travels_as_json() -> None:
    """With its sentences as messages, said in the reader's language."""
    comparison = compare(CONTENDERS, [outcome(), outcome(answerable=False)])
    value = json.loads(json.dumps(stored(comparison)))
    assert value["questions"] == 2
    assert Message.from_json(value["sentence"]) == comparison.sentence()
    with use_language("de"):
        assert spoken(value["details"][0]).startswith("Mit 95 % Sicherheit")


def test_only_its_counts_are_believed_when_it_is_read() -> None:
    """Intervals and sentences follow from them, whatever a worker or a changed database says."""
    comparison = compare(CONTENDERS, [outcome(), outcome(answerable=False)])
    value = stored(comparison)
    forged = {**value, "sentence": "Perfect.", "details": ["Buy it."], "questions": 9}
    forged["tuned"] = {**value["tuned"], "low": 0.99, "high": 1.0}
    assert stored(read(Comparison, forged)) == value


@pytest.mark.parametrize("wrong", [{"count": 2, "total": 1}, {"count": -1, "total": 1}, {"count": "x"}, 7, [1]])
def test_counts_that_cannot_be_are_refused(wrong: Any) -> None:
    value = stored(compare(CONTENDERS, [outcome()]))
    with pytest.raises(IntegrityError):
        read(Comparison, {**value, "tuned": wrong})


def test_a_comparison_of_version_0_1_0_is_read() -> None:
    """It did not count how often the original model declined wrongly."""
    value = stored(compare(CONTENDERS, [outcome(), outcome(answerable=False)]))
    del value["original_declined_wrongly"]
    value["sentence"], value["details"] = "Right answers: 0 of 1.", []
    found = read(Comparison, value)
    assert found.sentence() == compare(CONTENDERS, [outcome(), outcome(answerable=False)]).sentence()
    assert found.tallies["original"].declined_wrongly.total == 0


def test_a_question_is_read_as_it_was_sealed() -> None:
    asked = AnsweredQuestion(3, "Q", "R", {"original": "O", "tuned": "R"}, {"original": False, "tuned": True})
    value = {"row": 3, "question": "Q", "reference": "R", "original": "O", "tuned": "R"}
    assert stored(asked) == {**value, "original_right": False, "tuned_right": True}
    assert read(AnsweredQuestion, stored(asked)) == asked
    with pytest.raises(IntegrityError):
        read(AnsweredQuestion, {"question": "Q"})


def test_without_questions_the_interval_is_everything() -> None:
    right = compare(CONTENDERS, []).tallies["tuned"].right
    assert (right.low, right.high) == (0, 1)


def test_several_contenders_are_counted_and_the_last_is_compared_with_the_first() -> None:
    scores = (Score(False, False), Score(True, False), Score(True, True))
    comparison = compare(("original", "prompted", "tuned"), [Outcome(True, scores)])
    value = stored(comparison)
    assert [value[name]["count"] for name in ("original", "prompted", "tuned")] == [0, 1, 1]
    assert value["tuned_declined_wrongly"]["count"] == 1
    assert comparison.sentence().parameters == {"original": 0, "tuned": 1, "total": 1}
