"""Numbers are written as the reader's language writes them."""

from appliance.foundation.messages import use_language
from appliance.web.rendering import words
from appliance.web.rendering.html import language_switch


def written() -> list[str]:
    return [
        words.number(1234.56, 1),
        words.decimal(2, 2),
        words.significant(0.000212345),
        words.percent(0.5).replace("\xa0", " "),
        words.size(3_400_000_000).replace("\xa0", " "),
        words.duration(9000),
        words.moment(1_793_491_200_000_000),
        words.day(1_793_491_200_000_000),
        words.listed(["a", "b", "c"]),
    ]


def test_numbers_sizes_and_times_follow_the_language() -> None:
    assert written() == [
        *("1,234.6", "2.00", "0.000212", "50%", "3.4 GB", "2 hours"),
        *("2026-11-01 00:00:00", "1 Nov 2026", "a, b and c"),
    ]
    with use_language("de"):
        assert written() == [
            *("1.234,6", "2,00", "0,000212", "50 %", "3,4 GB", "2 Stunden"),
            *("2026-11-01 00:00:00", "01.11.2026", "a, b und c"),
        ]


def test_the_switch_offers_each_other_language_by_its_own_name() -> None:
    drawn = language_switch('/audit/"><b>')
    assert '<button name="language" value="de" lang="de">Deutsch</button>' in drawn
    assert "English" not in drawn
    assert "<b>" not in drawn
    with use_language("de"):
        assert 'aria-label="Sprache"' in language_switch("/audit")
