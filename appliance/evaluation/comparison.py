"""Compare contenders on the same held-out questions: counts, intervals, sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from appliance.evaluation.intervals import Interval, wilson
from appliance.foundation.json_records import read
from appliance.foundation.messages import Message, message

_ENDS = ("", "_declined", "_declined_wrongly")  # of the names of a contender's intervals in JSON


@dataclass(frozen=True)
class Score:
    """How a contender answered a held-out question."""

    right: bool
    declined: bool


@dataclass(frozen=True)
class Outcome:
    """One held-out question with each contender's score. `answerable`: it has a right answer; else declining is right.

    The scores are in the order of the contenders.
    """

    answerable: bool
    scores: Sequence[Score]


@dataclass(frozen=True)
class Tally:
    """The counts of one contender, with 95 % intervals. Only a question that can be answered is declined wrongly."""

    right: Interval
    declined: Interval
    declined_wrongly: Interval

    def parts(self) -> Iterator[tuple[str, Interval]]:
        """Yield each interval with the end of its name in JSON."""
        return zip(_ENDS, (self.right, self.declined, self.declined_wrongly), strict=True)


@dataclass(frozen=True)
class Comparison:
    """The tally of each contender by name. Sentences compare the last one, the tuned model, with the first."""

    tallies: Mapping[str, Tally]

    def sentence(self) -> Message:
        """Return the result in one sentence."""
        original, tuned = self._compared()
        return message(
            "evaluation.right", tuned=tuned.right.count, original=original.right.count, total=tuned.right.total
        )

    def details(self) -> tuple[Message, ...]:
        """Return further sentences, each with its interval."""
        original, tuned = self._compared()
        details = [
            message(
                "evaluation.right-range",
                tuned_low=tuned.right.low,
                tuned_high=tuned.right.high,
                original_low=original.right.low,
                original_high=original.right.high,
            )
        ]
        if tuned.declined.total:
            details.append(
                message(
                    "evaluation.declined",
                    total=tuned.declined.total,
                    tuned=tuned.declined.count,
                    tuned_low=tuned.declined.low,
                    tuned_high=tuned.declined.high,
                    original=original.declined.count,
                    original_low=original.declined.low,
                    original_high=original.declined.high,
                    answerable=tuned.declined_wrongly.total,
                    wrongly=tuned.declined_wrongly.count,
                )
            )
        return tuple(details)

    @property
    def questions(self) -> int:
        """How many were asked."""
        _original, tuned = self._compared()
        return tuned.right.total + tuned.declined.total

    def to_json(self) -> dict[str, Any]:
        """Return the intervals by contender, and what they mean; nothing for a comparison that was stopped."""
        if not self.tallies:
            return {}
        parts = ((f"{name}{end}", part) for name, tally in self.tallies.items() for end, part in tally.parts())
        told = {"sentence": self.sentence(), "details": self.details(), "questions": self.questions}
        return {name: asdict(part) for name, part in parts} | told

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the comparison in `to_json`. Only counts are read; intervals and sentences follow from them.

        Version 0.1.0 did not count how often the original model declined wrongly: that reads as never asked.
        """
        names = [name for name in value if f"{name}_declined" in value]
        return cls({name: Tally(*(_interval(value.get(name + end)) for end in _ENDS)) for name in names})

    def _compared(self) -> tuple[Tally, Tally]:
        first, *_others, last = self.tallies.values()
        return first, last


def compare(contenders: Sequence[str], outcomes: Sequence[Outcome]) -> Comparison:
    """Count the outcomes of two or more contenders."""
    return Comparison({name: _tally(number, outcomes) for number, name in enumerate(contenders)})


def _interval(value: Any) -> Interval:
    found = read(Interval, value or wilson(0, 0))
    return wilson(found.count, found.total)


def _tally(number: int, outcomes: Sequence[Outcome]) -> Tally:
    answerable = [outcome.scores[number] for outcome in outcomes if outcome.answerable]
    others = [outcome.scores[number] for outcome in outcomes if not outcome.answerable]
    return Tally(
        right=wilson(sum(score.right for score in answerable), len(answerable)),
        declined=wilson(sum(score.declined for score in others), len(others)),
        declined_wrongly=wilson(sum(score.declined for score in answerable), len(answerable)),
    )
