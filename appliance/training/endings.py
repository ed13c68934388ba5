"""How a run ended, in figures and in a sentence for somebody who never heard of a learning rate."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.jobs import messages


class Ending(StrEnum):
    """Why a run is over."""

    FINISHED = "finished"
    STOPPED = "stopped"  # somebody asked
    EARLY = "early"  # nothing was gained any more
    DIVERGED = messages.DIVERGED  # it got worse and worse, or its loss is no number


@dataclass(frozen=True)
class TrainingOutcome:
    """How it ended; the model then holds the best weights by validation loss (the last ones where there is no
    validation).

    Losses are nats a token. `tokens` counts all tokens of the examples. `best_step`: None when nothing was validated.
    """

    ending: Ending
    steps_done: int
    steps: int
    train_loss: float
    validation_loss: float | None
    best_step: int | None
    tokens: int
    seconds: float

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it before its end."""
        return self.ending is Ending.STOPPED

    @property
    def cut_short(self) -> bool:
        """Whether there is something left to do, so that it can be resumed."""
        return self.ending in {Ending.STOPPED, Ending.DIVERGED}

    @property
    def usable(self) -> bool:
        """Whether what the model holds now is worth keeping as an adapter: after a divergence, only what was validated
        before it.
        """
        return self.steps_done > 0 and (self.ending is not Ending.DIVERGED or self.best_step is not None)

    @property
    def sentence(self) -> str:
        """Say why it is over, and what there is now; empty for a run that went to its end."""
        if self.ending is Ending.FINISHED:
            return ""
        if self.ending is Ending.EARLY:
            return (
                f"Training ended early, at step {self.steps_done} of {self.steps}: on the rows set aside it had not "
                "become better since "
                f"step {self.best_step}. The model of step {self.best_step} was kept."
            )
        if self.ending is Ending.STOPPED:
            what = (
                f"the best so far, of step {self.best_step},"
                if self.best_step is not None
                else "what it had learned by then"
            )
            kept = f" A model with {what} was kept." if self.usable else ""
            return f"Stopped at step {self.steps_done} of {self.steps}.{kept} Resume goes on from where it was."
        if self.steps_done == 0:
            return (
                "Training was ended before its first step, because the loss of the model as it is, or its gradient, is "
                "no number on these "
                "rows. Its files may be damaged at their source: import it anew from there, or choose another model."
            )
        kept = (
            f"The best so far, of step {self.best_step}, was kept and can be used."
            if self.usable
            else "It had not been measured on the rows set aside before it went wrong, so there is no model to keep."
        )
        return (
            f"Training was ended at step {self.steps_done} of {self.steps}, because it made the model worse and worse "
            "(the learning rate "
            f"is too high for this data). {kept} Resume goes on from the last good checkpoint with half the learning "
            "rate."
        )
