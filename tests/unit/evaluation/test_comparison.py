"""The comparison counts right answers, rightly declined questions, and wrongly declined ones, each apart."""

import json

from appliance.evaluation import Outcome, compare


def outcome(*, answerable: bool = True, original: bool = False, tuned: bool = False, declined: bool = False) -> Outcome:
    """Make an outcome."""
    return Outcome(answerable, original, tuned, False, declined)


def test_each_kind_is_counted_over_its_own_questions() -> None:
    """Three answerable, two not."""
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
    assert result.sentence() == "Right answers: 2 of 3 with your model, 1 of 3 before."


def test_details_speak_of_declining_only_where_it_was_asked() -> None:
    """No empty figure."""
    assert len(compare([outcome()]).details()) == 1
    assert len(compare([outcome(), outcome(answerable=False)]).details()) == 2


def test_it_travels_as_json() -> None:
    """With the number of questions."""
    value = compare([outcome(), outcome(answerable=False)]).to_json()
    assert json.loads(json.dumps(value))["questions"] == 2


def test_nothing_asked_is_no_success() -> None:
    """The range is everything."""
    assert (compare([]).tuned.low, compare([]).tuned.high) == (0, 1)
