"""Every ending has a sentence: why the run is over, what there is now, and what to do."""

from dataclasses import replace

import pytest

from appliance.training.endings import Ending, TrainingOutcome

WHOLE = TrainingOutcome(Ending.FINISHED, 40, 40, 0.5, 0.75, 36, 1000, 12.5)


@pytest.mark.parametrize(
    ("outcome", "sentence", "usable", "cut_short"),
    [
        (WHOLE, "", True, False),
        (
            replace(WHOLE, ending=Ending.EARLY),
            "it had not improved since step 36. The model of step 36 was kept",
            True,
            False,
        ),
        (
            replace(WHOLE, ending=Ending.EARLY, best_step=None),
            "was never a number. The model of the last step was kept",
            True,
            False,
        ),
        (
            replace(WHOLE, ending=Ending.STOPPED),
            "The best model so far, of step 36, was kept. Resume continues",
            True,
            True,
        ),
        (
            replace(WHOLE, ending=Ending.STOPPED, best_step=None),
            "what it had learned by then was kept. Resume",
            True,
            True,
        ),
        (
            replace(WHOLE, ending=Ending.STOPPED, steps_done=0, best_step=None),
            "Stopped at step 0 of 40. Resume",
            False,
            True,
        ),
        (
            replace(WHOLE, ending=Ending.DIVERGED),
            "The best model so far, of step 36, was kept and can be used. Resume",
            True,
            True,
        ),
        (replace(WHOLE, ending=Ending.DIVERGED, best_step=None), "there is no model to keep. Resume", False, True),
        (replace(WHOLE, ending=Ending.DIVERGED, steps_done=0, best_step=None), "before its first step", False, True),
    ],
)
def test_every_ending_has_its_sentence(outcome: TrainingOutcome, sentence: str, usable: bool, cut_short: bool) -> None:
    """A run that reached its end needs none."""
    assert sentence in str(outcome.sentence or "")
    assert bool(outcome.sentence) is (outcome.ending is not Ending.FINISHED)
    assert (outcome.usable, outcome.cut_short) == (usable, cut_short)
