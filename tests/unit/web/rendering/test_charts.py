"""Charts show what is there, cope with what is missing, and claim no more than they show."""

import pytest

from appliance.evaluation import wilson
from appliance.foundation.messages import use_language
from appliance.jobs.states import ProgressPoint
from appliance.web.rendering.charts import MAX_POINTS, LossCurve, answer_bars, histogram, loss_chart, loss_sentence


def points(training: list[float | None], validation: dict[int, float] | None = None) -> list[ProgressPoint]:
    """Return the progress of a job."""
    return [
        ProgressPoint(step, 0, figures={"loss": value, "validation_loss": (validation or {}).get(step)})
        for step, value in enumerate(training, 1)
    ]


def test_missing_and_absurd_values_are_left_out() -> None:
    curve = LossCurve.from_progress([*points([3.0, None, float("nan"), float("inf"), 1.0]), ProgressPoint(9, 0)])
    assert curve.training == ((1, 3.0), (5, 1.0))
    assert curve.validation == ()


def test_without_points_there_is_a_sentence_instead_of_a_chart() -> None:
    assert "<svg" not in loss_chart(LossCurve((), ()), 0)


def test_the_chart_names_its_axes_and_speaks_to_screen_readers() -> None:
    drawn = loss_chart(LossCurve.from_progress(points([3.0, 2.0, 1.0], {3: 1.5})), 10)
    assert ">Step<" in drawn
    assert "Loss (lower is better)" in drawn
    assert 'aria-label="Training loss 1.00 at step 3 of 10. Validation loss 1.50 at step 3 of 10."' in drawn


def test_the_last_figure_of_the_axis_ends_with_it() -> None:
    """In the larger letters of a phone it would be cut off, were it centred there."""
    assert 'text-anchor="end">1,000</text>' in loss_chart(LossCurve.from_progress(points([3.0, 2.0])), 1000)


def test_a_long_run_is_thinned_but_keeps_its_last_point() -> None:
    drawn = loss_chart(LossCurve.from_progress(points([2.0] * 5000 + [0.5])), 5001)
    assert drawn.count(",") < 2 * MAX_POINTS + 20


@pytest.mark.parametrize(
    ("training", "validation", "said"),
    [
        ([3.0], {}, "too early"),
        ([3.0, 1.0], {}, "learning them"),
        ([3.0, 2.95], {}, "hardly fallen"),
        ([3.0, 1.0, 0.5, 0.4], {1: 3.0, 4: 0.6}, "carries over"),
        ([3.0, 1.0, 0.1, 0.01], {1: 3.0, 2: 1.0, 4: 2.0}, "memorise"),
        ([3.0, 1.0, 0.1, 0.01], {1: 3.0, 4: 3.0}, "nothing carries over"),
    ],
)
def test_the_sentence_says_what_the_curves_mean(
    training: list[float | None], validation: dict[int, float], said: str
) -> None:
    assert said in str(loss_sentence(LossCurve.from_progress(points(training, validation))))


def test_nothing_is_judged_before_a_tenth_of_the_steps() -> None:
    curve = LossCurve.from_progress(points([5.5, 5.5, 5.4]))
    assert "too early" in str(loss_sentence(curve, 100))
    assert "hardly fallen" in str(loss_sentence(curve, 20))
    assert str(loss_sentence(curve, 100, over=True)).startswith("Training ended too early")


def test_bars_show_the_interval_of_what_was_asked() -> None:
    drawn = answer_bars([("Before", wilson(3, 40)), ("None", wilson(0, 0))])
    assert "3 of 40 right, likely 3% to 20%" in drawn
    assert drawn.count("bar-row") == 1
    assert answer_bars([]) == ""


def test_a_histogram_counts_rows_and_marks_the_limit() -> None:
    """The limit is drawn only where it is within the chart."""
    drawn = histogram([0, 10, 20], [1, 4], "Tokens per row", 15)
    assert 'aria-label="Tokens per row: 5 rows"' in drawn
    assert "<title>0 to 10: one row</title>" in drawn
    assert drawn.count('class="limit"') == 1
    assert 'class="limit"' not in histogram([0, 10, 20], [1, 4], "Tokens per row", 30)
    assert histogram([0], [], "Tokens per row") == ""


def test_charts_speak_german() -> None:
    """With the decimal comma and the words of the language."""
    with use_language("de"):
        drawn = loss_chart(LossCurve.from_progress(points([3.0, 2.0, 1.0], {3: 1.5})), 1000)
        assert "Validierungsverlust 1,50 bei Schritt 3 von 1.000." in drawn
        assert "richtig, wahrscheinlich 3\xa0% bis 20\xa0%" in answer_bars([("Vorher", wilson(3, 40))])
