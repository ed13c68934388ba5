"""Compare contenders on the same held-out questions: counts, intervals, sentences, each question as it was answered.

The intervals are Wilson's score intervals (Wilson 1927), which hold for few questions, and for shares near 0 and 1.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from appliance.foundation.json_records import read
from appliance.foundation.messages import Message, message

Z_95 = 1.959963984540054
_RIGHT = "_right"
_ENDS = ("", "_declined", "_declined_wrongly")  # of the names of a contender's intervals in JSON


@dataclass(frozen=True)
class Interval:
    """`count` of `total`, and the 95 % interval of the share (0 to 1)."""

    count: int
    total: int
    low: float
    high: float


def wilson(count: int, total: int) -> Interval:
    """Return the 95 % interval of `count` successes in `total`; without trials it is 0 to 1."""
    if not 0 <= count <= total:
        raise ValueError("count must lie between 0 and total")
    if total == 0:
        return Interval(0, 0, 0.0, 1.0)
    share, squared = count / total, Z_95 * Z_95
    centre = (share + squared / (2 * total)) / (1 + squared / total)
    half = Z_95 * math.sqrt(share * (1 - share) / total + squared / (4 * total * total)) / (1 + squared / total)
    return Interval(count, total, max(0.0, centre - half), min(1.0, centre + half))


@dataclass(frozen=True)
class AnsweredQuestion:
    """One question with each contender's answer by name, and whether it was right.

    To decline is right where the question cannot be answered. `row`: its number in the file it came from.
    """

    row: int
    question: str
    reference: str
    answers: Mapping[str, str]
    right: Mapping[str, bool]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is sealed and shown."""
        told = {"row": self.row, "question": self.question, "reference": self.reference}
        return told | dict(self.answers) | {f"{name}{_RIGHT}": mark for name, mark in self.right.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return the question in `to_json`."""
        names = [name.removesuffix(_RIGHT) for name in value if name.endswith(_RIGHT)]
        answers = {name: str(value[name]) for name in names}
        right = {name: bool(value[f"{name}{_RIGHT}"]) for name in names}
        return cls(int(value["row"]), str(value["question"]), str(value["reference"]), answers, right)


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
