"""How a run ended, in figures and in a sentence."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.foundation.messages import Message, message, sentences
from appliance.jobs import messages


class Ending(StrEnum):
    """Why a run is over."""

    FINISHED = "finished"
    STOPPED = "stopped"  # on request
    EARLY = "early"  # validation stopped improving
    DIVERGED = messages.DIVERGED  # the loss kept rising, or is not a number


@dataclass(frozen=True)
class TrainingOutcome:
    """How a run ended. The model then has the best weights by validation loss (without validation, the last ones).

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
        """Whether the run was stopped on request."""
        return self.ending is Ending.STOPPED

    @property
    def cut_short(self) -> bool:
        """Whether steps are left, so that the run can be resumed."""
        return self.ending in {Ending.STOPPED, Ending.DIVERGED}

    @property
    def usable(self) -> bool:
        """Whether the model is worth keeping as an adapter: after a divergence, only weights validated before it."""
        return self.steps_done > 0 and (self.ending is not Ending.DIVERGED or self.best_step is not None)

    @property
    def sentence(self) -> Message | None:
        """Why the run is over and what there is now; None for a run that reached its end."""
        if self.ending is Ending.FINISHED:
            return None
        steps: dict[str, int] = {"done": self.steps_done, "steps": self.steps}
        best: dict[str, int] = {} if self.best_step is None else {"best": self.best_step}
        if self.ending is Ending.EARLY:
            return message("training.ended-early" if best else "training.ended-early-unmeasured", **steps, **best)
        if self.ending is Ending.STOPPED:
            stopped, resume = message("training.stopped", **steps), message("training.resume")
            if not self.usable:
                return sentences(stopped, resume)
            return sentences(stopped, message("training.kept-best" if best else "training.kept-last", **best), resume)
        if self.steps_done == 0:
            return message("training.no-first-step")
        kept = message("training.kept-usable" if self.usable else "training.kept-nothing", **best)
        return sentences(message("training.diverged", **steps), kept, message("training.resume-slower"))
