"""The comparison counts right answers, and rightly and wrongly declined questions, separately."""

import json

from appliance.evaluation import Outcome, compare
from appliance.foundation.json_records import spoken
from appliance.foundation.messages import Message, use_language


def outcome(*, answerable: bool = True, original: bool = False, tuned: bool = False, declined: bool = False) -> Outcome:
    """Make an outcome."""
    return Outcome(answerable, original, tuned, False, declined)


def test_each_kind_is_counted_over_its_own_questions() -> None:
    """Three have an answer, two do not."""
    result = compare(
        [
            outcome(tuned=True),
            outcome(tuned=True, original=True),
            outcome(declined=True),
            outcome(answerable=False, declined=True),
            outcome(answerable=False),
        ]
    )
    assert (result.tuned.count, result.tuned.total) == (2, 3)
    assert (result.original.count, result.original.total) == (1, 3)
    assert (result.tuned_declined.count, result.tuned_declined.total) == (1, 2)
    assert (result.tuned_declined_wrongly.count, result.tuned_declined_wrongly.total) == (1, 3)
    assert str(result.sentence()) == "Right answers: 2 of 3 with your model, 1 of 3 before."
    assert str(result.details()[1]).startswith(
        "Of 2 questions that the data does not answer, your model declined 1 (9% to 91%), the original 0 (0% to 66%)."
    )


def test_details_mention_declined_questions_only_where_there_are_any() -> None:
    assert len(compare([outcome()]).details()) == 1
    assert len(compare([outcome(), outcome(answerable=False)]).details()) == 2


def test_it_travels_as_json() -> None:
    """With its sentences as messages, said in the reader's language."""
    comparison = compare([outcome(), outcome(answerable=False)])
    value = json.loads(json.dumps(comparison.to_json()))
    assert value["questions"] == 2
    assert Message.from_json(value["sentence"]) == comparison.sentence()
    with use_language("de"):
        assert spoken(value["details"][0]).startswith("Mit 95 % Sicherheit")


def test_without_questions_the_interval_is_everything() -> None:
    assert (compare([]).tuned.low, compare([]).tuned.high) == (0, 1)
