"""How a run ended is said in a sentence: why, what there is now, and what to do."""

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
            "not become better since step 36. The model of step 36 was kept",
            True,
            False,
        ),
        (replace(WHOLE, ending=Ending.STOPPED), "the best so far, of step 36, was kept", True, True),
        (replace(WHOLE, ending=Ending.STOPPED, best_step=None), "what it had learned by then was kept", True, True),
        (
            replace(WHOLE, ending=Ending.STOPPED, steps_done=0, best_step=None),
            "Stopped at step 0 of 40. Resume",
            False,
            True,
        ),
        (
            replace(WHOLE, ending=Ending.DIVERGED),
            "The best so far, of step 36, was kept and can be used. Resume",
            True,
            True,
        ),
        (replace(WHOLE, ending=Ending.DIVERGED, best_step=None), "there is no model to keep. Resume", False, True),
        (replace(WHOLE, ending=Ending.DIVERGED, steps_done=0, best_step=None), "before its first step", False, True),
    ],
)
def test_every_ending_has_its_sentence(outcome: TrainingOutcome, sentence: str, usable: bool, cut_short: bool) -> None:
    """A run that went to its end needs none."""
    assert sentence in outcome.sentence
    assert bool(outcome.sentence) is (outcome.ending is not Ending.FINISHED)
    assert (outcome.usable, outcome.cut_short) == (usable, cut_short)
