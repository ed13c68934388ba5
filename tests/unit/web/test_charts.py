"""Charts show what is there, bear what is missing, and say no more than they show."""

from typing import Any

import pytest

from appliance.web.charts import MAX_POINTS, LossCurve, answer_bars, loss_chart, loss_sentence


def points(training: list[float | None], validation: dict[int, float] | None = None) -> list[dict[str, Any]]:
    """Return progress as the database holds it."""
    return [
        {"step": step, "body": {"figures": {"loss": value, "validation_loss": (validation or {}).get(step)}}}
        for step, value in enumerate(training, 1)
    ]


def test_missing_and_absurd_values_are_left_out() -> None:
    curve = LossCurve.from_progress([*points([3.0, None, float("nan"), float("inf"), 1.0]), {"step": 9, "body": {}}])
    assert curve.training == ((1, 3.0), (5, 1.0))
    assert curve.validation == ()


def test_without_points_there_is_a_sentence_instead_of_a_chart() -> None:
    assert "<svg" not in loss_chart(LossCurve((), ()), 0)


def test_the_chart_names_its_axes_and_speaks_to_screen_readers() -> None:
    drawn = loss_chart(LossCurve.from_progress(points([3.0, 2.0, 1.0], {3: 1.5})), 10)
    assert ">Step<" in drawn
    assert "Loss (smaller is better)" in drawn
    assert 'aria-label="Training loss 1.00 at step 3 of 10; validation loss 1.50 at step 3 of 10"' in drawn


def test_the_last_figure_of_the_axis_ends_with_it() -> None:
    """In the larger letters of a phone it would be cut off, were it centred there."""
    assert 'text-anchor="end">1,000</text>' in loss_chart(LossCurve.from_progress(points([3.0, 2.0])), 1000)


def test_a_long_run_is_thinned_but_keeps_its_last_point() -> None:
    drawn = loss_chart(LossCurve.from_progress(points([2.0] * 5000 + [0.5])), 5001)
    assert drawn.count(",") < 2 * MAX_POINTS + 20


@pytest.mark.parametrize(
    ("training", "validation", "said"),
    [
        ([3.0], {}, "just begun"),
        ([3.0, 1.0], {}, "learning them"),
        ([3.0, 2.95], {}, "hardly less"),
        ([3.0, 1.0, 0.5, 0.4], {1: 3.0, 4: 0.6}, "carries over"),
        ([3.0, 1.0, 0.1, 0.01], {1: 3.0, 2: 1.0, 4: 2.0}, "by heart"),
        ([3.0, 1.0, 0.1, 0.01], {1: 3.0, 4: 3.0}, "nothing carries over"),
    ],
)
def test_the_sentence_says_what_the_curves_mean(
    training: list[float | None], validation: dict[int, float], said: str
) -> None:
    assert said in loss_sentence(LossCurve.from_progress(points(training, validation)))


def test_nothing_is_judged_before_a_tenth_of_the_steps() -> None:
    curve = LossCurve.from_progress(points([5.5, 5.5, 5.4]))
    assert "just begun" in loss_sentence(curve, 100)
    assert "hardly less" in loss_sentence(curve, 20)
    assert loss_sentence(curve, 100, over=True) == "It ended too early to say whether it was learning."


def test_bars_show_the_interval_and_bear_missing_figures() -> None:
    drawn = answer_bars(
        [
            ("Before", {"count": 3, "total": 40, "low": 0.026, "high": 0.199}),
            ("After", {}),
            ("None", {"count": 0, "total": 0}),
        ]
    )
    assert "3 of 40 right, likely 3 to 20 %" in drawn
    assert drawn.count("bar-row") == 1
    assert answer_bars([]) == ""
