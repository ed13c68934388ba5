"""The picture of a rank: a bar for each, escaped, on one line; and the table of a comparison."""

import re
from typing import Any

from appliance.foundation.json_records import stored
from appliance.foundation.messages import use_language, verbatim
from appliance.models.records import Adapter, AdapterState
from appliance.planning.spectrum import RankSummary
from appliance.planning.training_record import AdapterSpec, RankTrial, ShrinkOutcome, SweepOutcome
from appliance.web.rendering.results import energy_chart, origin_view, rank_view, sweep_chart, sweep_table, sweep_view

FOUND = RankSummary(
    rank=4,
    matrices=14,
    kept=(0.5, 0.96, 0.99, 1.0),
    enough={90: 2, 95: 2, 99: 3},
    effective_rank=2.51,
    stable_rank=1.49,
    sentence=verbatim("4 was more than needed: 2 directions carry 95 % of what it learned. <b>"),
)


def heights(svg: str) -> list[float]:
    return [float(found) for found in re.findall(r'<rect class="kept[^>]* height="([\d.]+)"', svg)]


def test_a_bar_is_as_high_as_the_share_that_its_rank_keeps() -> None:
    """And the first that keeps enough is marked."""
    drawn = heights(energy_chart(FOUND.kept, 2))
    assert [round(height / drawn[-1], 2) for height in drawn] == [0.5, 0.96, 0.99, 1.0]
    assert energy_chart(FOUND.kept, 2).count('class="kept enough"') == 1
    assert "Rank 2 keeps at least 95%" in energy_chart(FOUND.kept, 2)


def test_many_ranks_stay_readable() -> None:
    """A bar each, no more than seventeen numbers below them."""
    svg = energy_chart([number / 256 for number in range(1, 257)], 244)
    assert len(heights(svg)) == 256
    assert len(re.findall(r'y="232"[^>]*>\d+</text>', svg)) <= 17


def test_nothing_known_is_no_picture() -> None:
    assert energy_chart([], 0) == ""


def test_the_view_has_sentence_picture_and_figures_and_is_one_escaped_line() -> None:
    view = rank_view(FOUND)
    assert "2 directions carry 95 % of what it learned. &lt;b&gt;" in view
    assert "<svg" in view
    for said in ("Rank needed for 99%", "<dd>2.5</dd>", "<dd>1.5</dd>", "14 matrices"):
        assert said in view
    assert "\n" not in view


def test_the_view_speaks_german() -> None:
    with use_language("de"):
        view = rank_view(FOUND)
    for said in ("Nötiger Rang für 99", "<dd>2,5</dd>", "14 Matrizen", "des Gelernten", "Behaltener Anteil"):
        assert said in view


TRIALS = [
    RankTrial(rung=0, rank=2, steps=2, validation_loss=None, parameters=10),
    RankTrial(rung=0, rank=4, steps=2, validation_loss=1.0, parameters=20),
    RankTrial(rung=0, rank=8, steps=2, validation_loss=0.9, parameters=40),
    RankTrial(rung=0, rank=16, steps=2, validation_loss=1.0, parameters=40),
    RankTrial(rung=1, rank=8, steps=4, validation_loss=0.5, parameters=40),
]


def adapter(**of: Any) -> Adapter:
    """Return an adapter that came about in some way."""
    spec = AdapterSpec(
        method="lora", dataset_id="ds_1", dataset_version=1, model_id="md_1", adapter_id="ad_2", name="desk", **of
    )
    ids = {"id": "ad_2", "project_id": "pr_1", "name": "desk", "job_id": "jb_1", "model_id": "md_1"}
    return Adapter(
        **ids,
        dataset_id="ds_1",
        dataset_version=1,
        method="lora",
        rank=8,
        config=stored(spec),
        created_us=0,
        created_by="us_1",
        state=next(iter(AdapterState)),
        findings={},
    )


def test_a_sweep_is_a_table_with_the_winner_first_and_the_diverged_last() -> None:
    rows = re.findall(r'<tr><th scope="row">(\d+)</th>', sweep_table(TRIALS))
    assert rows == ["8", "4", "16", "2"]
    assert "diverged" in sweep_table(TRIALS)
    assert "0.5000" in sweep_table(TRIALS)


def test_a_sweep_is_a_picture_with_a_line_for_each_rank_that_has_a_loss() -> None:
    """The winner's line goes through both its losses, lower to the right; names of ranks that ended alike stand
    apart.
    """
    svg = sweep_chart(TRIALS)
    assert "Rank 8 did best, with 0.5000" in svg
    (won,) = re.findall(r'<polyline class="tried won" points="([^"]+)"', svg)
    first, last = ([float(number) for number in point.split(",")] for point in won.split())
    assert last[0] > first[0]
    assert last[1] > first[1]
    names = {name: float(y) for y, name in re.findall(r'<text class="tried[^>]* y="([\d.]+)">(rank \d+)</text>', svg)}
    assert set(names) == {"rank 4", "rank 8", "rank 16"}
    assert abs(names["rank 4"] - names["rank 16"]) >= 18


def test_while_no_rank_has_a_loss_there_is_no_picture() -> None:
    assert sweep_view([]) == ""
    assert sweep_chart(TRIALS[:1]) == ""


def test_an_adapter_says_where_it_comes_from() -> None:
    """Made from another, winner of a comparison, or plainly trained: then there is nothing to say."""
    smaller = adapter(made_from="ad_1", shrink=ShrinkOutcome(sentence=verbatim("It kept <much>.")))
    assert "Made from “de&lt;sk”." in origin_view(smaller, "de<sk")
    assert "It kept &lt;much&gt;." in origin_view(smaller, "desk")
    won = adapter(sweep=SweepOutcome(sentence=verbatim("Rank 8 did best."), trials=tuple(TRIALS)))
    assert "Rank 8 did best." in origin_view(won, "")
    assert "<svg" in origin_view(won, "")
    assert origin_view(adapter(), "") == ""
