"""Rows that repeat, contradict or leak: found in the hashes of all rows. Arrays have one element for each row."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.foundation.messages import Message, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def repeated_rows(
    rows: "npt.NDArray[np.int64]", questions: "npt.NDArray[np.uint64]", answers: "npt.NDArray[np.uint64]"
) -> Iterator[tuple[int, str, Message]]:
    """Yield (row, check, finding) for each row whose question another row asks too: with the same answer, or another.

    Of the same rows, the first has no finding; of those that differ, every one has.
    """
    import numpy as np  # noqa: PLC0415 - starts threads

    order = np.lexsort((rows, questions))
    starts = np.flatnonzero(np.r_[True, questions[order][1:] != questions[order][:-1]])
    ends = np.r_[starts[1:], len(order)]
    repeated = ends - starts > 1
    for start, end in zip(starts[repeated].tolist(), ends[repeated].tolist(), strict=True):
        same_question = order[start:end]
        first_row_by_answer: dict[int, int] = {}
        has_contradiction = len(np.unique(answers[same_question])) > 1
        for index in same_question.tolist():
            row, answer = int(rows[index]), int(answers[index])
            if answer in first_row_by_answer:
                yield row, "duplicate", message("finding.duplicate", other=first_row_by_answer[answer])
            elif has_contradiction:
                first_row = next(iter(first_row_by_answer.values()), 0)
                yield row, "contradiction", message("finding.contradiction", other=first_row)
            first_row_by_answer.setdefault(answer, row)


def largest_answer(answers: "npt.NDArray[np.uint64]") -> int:
    """Return how many rows have the most frequent answer."""
    import numpy as np  # noqa: PLC0415 - starts threads

    return int(np.unique(answers, return_counts=True)[1].max())


def leaked_rows(
    rows: "npt.NDArray[np.int64]", questions: "npt.NDArray[np.uint64]", parts: "npt.NDArray[np.int8]"
) -> list[int]:
    """Return the rows held out of training (part 0) whose question training asks too."""
    import numpy as np  # noqa: PLC0415 - starts threads

    return [int(row) for row in rows[(parts > 0) & np.isin(questions, questions[parts == 0])]]
