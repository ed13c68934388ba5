"""Bars of acts over time: everything counted is drawn, named, and still seen when it is one among thousands."""

import re

import pytest

from appliance.foundation.messages import use_language
from appliance.services.record.review_audit import Activity
from appliance.web.rendering.charts import activity_chart, nice_ceiling

DAY_US = 86_400_000_000
OUTCOMES = ("succeeded", "failed", "denied")


def counted(*days: tuple[int, int, int], unit: str = "day") -> Activity:
    """Return counts as the service gives them, from 1 November 2026 on."""
    begin = 1_793_491_200_000_000
    columns = [list(each) for each in zip(*days, strict=True)]
    return Activity(unit, [begin + number * DAY_US for number in range(len(days))], *columns)


def test_each_count_is_a_bar_and_the_axes_are_named() -> None:
    drawn = activity_chart(counted((5, 1, 2), (0, 0, 0), (3, 0, 0)), OUTCOMES, "Activity")
    assert len(re.findall("<rect", drawn)) == 4
    assert "1 Nov 2026: 5 done, 1 failed and 2 denied" in drawn
    assert 'aria-label="Activity, actions per day: 8 done, 1 failed and 2 denied"' in drawn
    for name in ("Actions per day", "Day (UTC)"):
        assert f">{name}</text>" in drawn
    assert "\n" not in drawn


def test_the_chart_speaks_german() -> None:
    with use_language("de"):
        drawn = activity_chart(counted((5, 1, 1200), unit="hour"), OUTCOMES, "Aktivität")
    assert "Aktionen je Stunde" in drawn
    assert "1. Nov. 00:00: 5 erledigt, 1 fehlgeschlagen und 1.200 verweigert" in drawn


def test_one_denial_among_thousands_is_seen() -> None:
    drawn = activity_chart(counted((100_000, 0, 1)), OUTCOMES, "Activity")
    height = float(re.search(r'class="denied".*?height="([\d.]+)"', drawn)[1])  # type: ignore[index]
    assert height >= 2


def test_nothing_in_the_time_is_said() -> None:
    assert "nothing in this period" in activity_chart(counted((0, 0, 0)), OUTCOMES, "Denied")


@pytest.mark.parametrize("value", [1, 2, 3, 9, 10, 11, 99, 100, 101, 12_345])
def test_the_axis_ends_at_a_round_number_above_the_highest_bar(value: int) -> None:
    top = nice_ceiling(value)
    assert value <= top <= 2.5 * value
    assert top == int(top)
    assert int(str(int(top)).rstrip("0") or "0") in {1, 2, 4, 6, 8}
