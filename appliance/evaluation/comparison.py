"""Original against tuned on the same held-out questions: counts, intervals, sentences."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from appliance.evaluation.intervals import Interval, wilson


@dataclass(frozen=True)
class Outcome:
    """One held-out question. `answerable`: there is a right answer; otherwise to decline is right."""

    answerable: bool
    original_right: bool
    tuned_right: bool
    original_declined: bool
    tuned_declined: bool


@dataclass(frozen=True)
class Comparison:
    """What came out, as counts with 95 % intervals."""

    original: Interval
    tuned: Interval
    original_declined: Interval
    tuned_declined: Interval
    tuned_declined_wrongly: Interval

    def sentence(self) -> str:
        """Return the result in one sentence."""
        tuned, original = self.tuned, self.original
        return (
            f"Right answers: {tuned.count} of {tuned.total} with your model, {original.count} of {original.total} "
            "before."
        )

    def details(self) -> list[str]:
        """Return further sentences, each with its range."""
        lines = [f"With 95 % confidence: {_range(self.tuned)} right with your model, {_range(self.original)} before."]
        if self.tuned_declined.total:
            lines.append(
                f"Questions that the data does not answer: declined {self.tuned_declined.text()}, before "
                f"{self.original_declined.text()}; "
                f"of the others it declined {self.tuned_declined_wrongly.count} of {self.tuned_declined_wrongly.total}."
            )
        return lines

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            **asdict(self),
            "sentence": self.sentence(),
            "details": self.details(),
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


def _range(interval: Interval) -> str:
    return f"{100 * interval.low:.0f} to {100 * interval.high:.0f} %"
