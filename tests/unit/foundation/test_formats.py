"""Sizes, durations, percentages, dates and lists are written as usual in each language."""

import pytest

from appliance.foundation import formats


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (12_400_000, "12 MB", "12 MB"),
        (1_520_000_000, "1.5 GB", "1,5\u00a0GB"),
        (500, "500 bytes", "500 Byte"),
        (0, "0 bytes", "0 Byte"),
    ],
)
def test_sizes(value: float, english: str, german: str) -> None:
    """Powers of ten, with one decimal below ten."""
    assert (formats.size(value, "en_GB"), formats.size(value, "de_DE")) == (english, german)


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (0.2, "1 second", "1 Sekunde"),
        (40, "40 seconds", "40 Sekunden"),
        (100, "100 seconds", "100 Sekunden"),
        (9000, "2 hours", "2 Stunden"),
        (86_400 * 3, "3 days", "3 Tage"),
    ],
)
def test_durations(value: float, english: str, german: str) -> None:
    """In the largest unit that fits at least twice."""
    assert (formats.seconds(value, "en_GB"), formats.seconds(value, "de_DE")) == (english, german)


def test_numbers_percentages_dates_and_lists() -> None:
    """Separators and order follow the locale."""

    assert (formats.number(1234.5678, "en_GB", 1), formats.number(1234.5678, "de_DE", 1)) == ("1,234.6", "1.234,6")
    assert (formats.percent(0.5, "en_GB"), formats.percent(0.5, "de_DE")) == ("50%", "50\u00a0%")
    moment = 1_700_000_000_000_000
    assert (formats.date(moment, "en_GB"), formats.date(moment, "de_DE")) == ("14 Nov 2023", "14.11.2023")
    assert formats.time(moment, "de_DE") == "2023-11-14 22:13:20"
    assert (formats.listed(["a", "b", "c"], "en_GB"), formats.listed(["a"], "de_DE")) == ("a, b and c", "a")
