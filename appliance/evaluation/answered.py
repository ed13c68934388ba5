"""A held-out question as it was answered and marked: a line of what an evaluation seals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_RIGHT = "_right"


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
