"""A model card reads as people write: times, numbers and methods in words, and no gap shown as a value."""

import pytest

from appliance.reports.model_card import _duration, _scientific, _times, _title


@pytest.mark.parametrize(("seconds", "said"), [(5.4, "5 s"), (61.0, "1 min"), (7100.0, "118 min"), (9000.0, "2.5 h")])
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert _duration(seconds) == said


def test_large_numbers_are_said_with_their_power() -> None:
    assert _scientific(1.25e12) == "1.2 x 10^12"


def test_repetitions_and_findings_are_said_in_words() -> None:
    assert (_times("1"), _times("3")) == ("once", "3 times")
    assert _title("near-duplicate") == "nearly the same question"
    assert _title("national_id") == "national id"
