"""The picture of a rank: a bar for each, escaped, on one line; and the table of a sweep."""

import re

from appliance.web.rank_drawing import energy_chart, origin_view, rank_view, sweep_chart, sweep_table, sweep_view

FOUND = {
    "rank": 4,
    "matrices": 14,
    "kept": [0.5, 0.96, 0.99, 1.0],
    "enough": {"90": 2, "95": 2, "99": 3},
    "effective_rank": 2.51,
    "stable_rank": 1.49,
    "sentence": "4 was more than needed: 2 directions carry 95 % of what it learned. <b>",
}


def heights(svg: str) -> list[float]:
    return [float(found) for found in re.findall(r'<rect class="kept[^>]* height="([\d.]+)"', svg)]


def test_a_bar_is_as_high_as_the_share_that_its_rank_keeps():
    """And the first that keeps enough is marked."""
    drawn = heights(energy_chart(FOUND["kept"], 2))
    assert [round(height / drawn[-1], 2) for height in drawn] == [0.5, 0.96, 0.99, 1.0]
    assert energy_chart(FOUND["kept"], 2).count('class="kept enough"') == 1
    assert "rank 2 keeps 95 %" in energy_chart(FOUND["kept"], 2)


def test_many_ranks_stay_readable():
    """A bar each, no more than seventeen numbers below them."""
    svg = energy_chart([number / 256 for number in range(1, 257)], 244)
    assert len(heights(svg)) == 256
    assert len(re.findall(r'y="232"[^>]*>\d+</text>', svg)) <= 17


def test_nothing_known_is_no_picture():
    assert energy_chart([], 0) == ""


def test_the_view_has_sentence_picture_and_figures_and_is_one_escaped_line():
    view = rank_view(FOUND)
    assert "2 directions carry 95 % of what it learned. &lt;b&gt;" in view
    assert "<svg" in view
    for said in ("Needed for 99 %", "2.5", "1.5", "14 matrices"):
        assert said in view
    assert "\n" not in view


TRIALS = [
    {"rung": 0, "rank": 2, "steps": 2, "validation_loss": None, "parameters": 10},
    {"rung": 0, "rank": 4, "steps": 2, "validation_loss": 1.0, "parameters": 20},
    {"rung": 0, "rank": 8, "steps": 2, "validation_loss": 0.9, "parameters": 40},
    {"rung": 0, "rank": 16, "steps": 2, "validation_loss": 1.0, "parameters": 40},
    {"rung": 1, "rank": 8, "steps": 4, "validation_loss": 0.5, "parameters": 40},
]


def test_a_sweep_is_a_table_with_the_winner_first_and_the_diverged_last():
    rows = re.findall(r'<tr><th scope="row">(\d+)</th>', sweep_table(TRIALS))
    assert rows == ["8", "4", "16", "2"]
    assert "diverged" in sweep_table(TRIALS)
    assert "0.5000" in sweep_table(TRIALS)


def test_a_sweep_is_a_picture_with_a_line_for_each_rank_that_has_a_loss():
    """The winner's line goes through both its losses, lower to the right; names of ranks that ended alike stand
    apart.
    """
    svg = sweep_chart(TRIALS)
    assert "rank 8 did best with 0.5000" in svg
    (won,) = re.findall(r'<polyline class="tried won" points="([^"]+)"', svg)
    first, last = ([float(number) for number in point.split(",")] for point in won.split())
    assert last[0] > first[0]
    assert last[1] > first[1]
    names = {name: float(y) for y, name in re.findall(r'<text class="tried[^>]* y="([\d.]+)">(rank \d+)</text>', svg)}
    assert set(names) == {"rank 4", "rank 8", "rank 16"}
    assert abs(names["rank 4"] - names["rank 16"]) >= 18


def test_while_no_rank_has_a_loss_there_is_no_picture():
    assert sweep_view([]) == ""
    assert sweep_chart(TRIALS[:1]) == ""


def test_an_adapter_says_where_it_comes_from():
    """Made from another, winner of a sweep, or plainly trained: then there is nothing to say."""
    assert "Made from ad_1. It kept &lt;much&gt;." in origin_view(
        {"made_from": "ad_1", "shrink": {"sentence": "It kept <much>."}}
    )
    assert "Rank 8 did best." in origin_view({"sweep": {"sentence": "Rank 8 did best.", "trials": []}})
    assert origin_view({"rank": 8}) == ""
