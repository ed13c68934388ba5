"""Compare the original and the tuned model on the same held-out questions: counts, intervals, sentences."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from appliance.evaluation.intervals import Interval, wilson
from appliance.foundation.messages import Message, message


@dataclass(frozen=True)
class Outcome:
    """One held-out question. `answerable`: it has a right answer; otherwise declining is right."""

    answerable: bool
    original_right: bool
    tuned_right: bool
    original_declined: bool
    tuned_declined: bool


@dataclass(frozen=True)
class Comparison:
    """The counts of each model, with 95 % intervals."""

    original: Interval
    tuned: Interval
    original_declined: Interval
    tuned_declined: Interval
    tuned_declined_wrongly: Interval

    def sentence(self) -> Message:
        """Return the result in one sentence."""
        return message("evaluation.right", tuned=self.tuned.count, original=self.original.count, total=self.tuned.total)

    def details(self) -> tuple[Message, ...]:
        """Return further sentences, each with its interval."""
        details = [
            message(
                "evaluation.right-range",
                tuned_low=self.tuned.low,
                tuned_high=self.tuned.high,
                original_low=self.original.low,
                original_high=self.original.high,
            )
        ]
        if self.tuned_declined.total:
            details.append(
                message(
                    "evaluation.declined",
                    total=self.tuned_declined.total,
                    tuned=self.tuned_declined.count,
                    tuned_low=self.tuned_declined.low,
                    tuned_high=self.tuned_declined.high,
                    original=self.original_declined.count,
                    original_low=self.original_declined.low,
                    original_high=self.original_declined.high,
                    answerable=self.tuned_declined_wrongly.total,
                    wrongly=self.tuned_declined_wrongly.count,
                )
            )
        return tuple(details)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON; `sentence` and `details` are messages."""
        return {
            **asdict(self),
            "sentence": self.sentence().to_json(),
            "details": [detail.to_json() for detail in self.details()],
            "questions": self.tuned.total + self.tuned_declined.total,
        }


def compare(outcomes: Sequence[Outcome]) -> Comparison:
    """Count the outcomes."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    others = [outcome for outcome in outcomes if not outcome.answerable]
    return Comparison(
        original=wilson(sum(outcome.original_right for outcome in answerable), len(answerable)),
        tuned=wilson(sum(outcome.tuned_right for outcome in answerable), len(answerable)),
        original_declined=wilson(sum(outcome.original_declined for outcome in others), len(others)),
        tuned_declined=wilson(sum(outcome.tuned_declined for outcome in others), len(others)),
        tuned_declined_wrongly=wilson(sum(outcome.tuned_declined for outcome in answerable), len(answerable)),
    )
