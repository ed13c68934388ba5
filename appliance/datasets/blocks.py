"""Many plain rows at once, so that a row of a large table costs microseconds and not tens of them.

A block is a list of rows with one question and one answer each. Only the code that checks one row (`row_checks`,
`personal_data`, `token_lengths`) makes findings; a block tells, in one pass over all its texts, which rows that code
can skip. A block's patterns match at least everything that the exact checks could find: tests/unit/datasets/
test_blocks.py verifies that both ways give the same rows, findings and parts.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from appliance.datasets.conversation import Conversation
from appliance.datasets.credentials import MAYBE as MAYBE_CREDENTIAL
from appliance.datasets.personal_data import MAYBE_NUMBERED, MAYBE_PHONE
from appliance.datasets.row_checks import DAMAGED, PLACEHOLDERS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ROWS = 4000  # in a block: a few megabytes
# White space other than a plain space, as `str.split` understands it.
_ODD_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# Python's \d matches the digits of every script, RE2's only those of ASCII. These ranges contain no other digits.
_OTHER_DIGITS = "[^\\x{0}-\\x{5ff}\\x{2000}-\\x{2bff}\\x{3000}-\\x{9fff}\\x{ac00}-\\x{d7af}]"
_PERSONAL = f"@|{MAYBE_NUMBERED.pattern}|{MAYBE_PHONE.pattern}|{_OTHER_DIGITS}"
_words = "|".join(sorted(word.replace("/", "/?") for word in PLACEHOLDERS if word))
_CHECKED = rf"[<&]|{DAMAGED.pattern}|{MAYBE_CREDENTIAL.pattern}|^[^\p{{L}}\p{{N}}]*(?i:{_words})?[^\p{{L}}\p{{N}}]*$"


@dataclass(frozen=True)
class Block:
    """Rows of a question and an answer, their texts stripped and without NUL. Labels are "" where a row has none."""

    rows: list[int]
    questions: list[str]
    answers: list[str]
    labels: dict[str, list[str]] = field(default_factory=dict)  # by the field names of `Conversation`

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Conversation]:
        """Yield the rows one by one."""
        return map(self.conversation, range(len(self.rows)))

    def conversation(self, index: int) -> Conversation:
        """Return one row."""
        messages = [
            {"role": "user", "content": self.questions[index]},
            {"role": "assistant", "content": self.answers[index]},
        ]
        return Conversation(self.rows[index], messages, **{name: values[index] for name, values in self.labels.items()})

    def label(self, name: str) -> Sequence[str]:
        """Return a label of all rows."""
        return self.labels.get(name) or [""] * len(self.rows)

    def replaced(self, changed: dict[int, Conversation]) -> "Block":
        """Return the block with the rows at these indices replaced."""
        if not changed:
            return self
        questions, answers = list(self.questions), list(self.answers)
        labels = {name: list(values) for name, values in self.labels.items()}
        for index, conversation in changed.items():
            questions[index], answers[index] = conversation.question, conversation.answer
            for name, values in labels.items():
                values[index] = getattr(conversation, name)
        return Block(self.rows, questions, answers, labels)

    @functools.cached_property
    def normal_questions(self) -> list[str]:
        """The questions in the form in which they are compared (`row_checks.normal`)."""
        return _normal(self.questions)

    @functools.cached_property
    def normal_answers(self) -> list[str]:
        """The answers in the form in which they are compared."""
        return _normal(self.answers)

    def may_hold_personal_data(self) -> "npt.NDArray[np.intp]":
        """Return the indices of rows that must be searched for personal data."""
        return self._matching(_PERSONAL)

    def may_fail_a_check(self) -> "npt.NDArray[np.intp]":
        """Return the indices of rows in which `check_row` could find something."""
        import numpy as np  # noqa: PLC0415 - starts threads

        if any(self.label("key_fact")):
            return np.arange(len(self.rows))
        return self._matching(_CHECKED)

    def bytes_of_text(self) -> "npt.NDArray[np.int64]":
        """Return the bytes of UTF-8 in the question and answer of each row."""
        import pyarrow.compute as pc  # noqa: PLC0415 - starts threads

        lengths: npt.NDArray[np.int64] = sum(
            pc.binary_length(texts).to_numpy().astype("int64") for texts in self._arrays
        )
        return lengths

    @functools.cached_property
    def _arrays(self) -> tuple[Any, Any]:
        import pyarrow as pa  # noqa: PLC0415 - starts threads

        return pa.array(self.questions, pa.string()), pa.array(self.answers, pa.string())

    def _matching(self, pattern: str) -> "npt.NDArray[np.intp]":
        import numpy as np  # noqa: PLC0415 - starts threads
        import pyarrow.compute as pc  # noqa: PLC0415

        in_question, in_answer = (
            pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False) for texts in self._arrays
        )
        return np.flatnonzero(in_question | in_answer)


def _normal(texts: list[str]) -> list[str]:
    """Return each text as `row_checks.normal` does, in one pass.

    NUL separates the texts: it is in none of them, and no character's case depends on it.
    """
    folded = "\0".join(texts).casefold()
    if "  " in folded or any(space in folded for space in _ODD_SPACES):
        return [" ".join(text.split()) for text in folded.split("\0")]
    return folded.split("\0")
