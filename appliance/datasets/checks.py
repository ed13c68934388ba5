"""What a careful reader would ask about a dataset: rows to look at before training, each with a reason and a fix.

Findings are advice; what makes a file unusable is refused by `parse`. No finding quotes a row.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.datasets.conversation import Conversation

MAX_FINDINGS = 1000
LONG_CHARACTERS = 6000  # about 1,500 tokens: more than training windows usually hold
_PLACEHOLDERS = {"", "na", "n/a", "none", "null", "nil", "tbd", "todo", "xxx"}


@dataclass(frozen=True)
class Finding:
    """One thing to look at: the row, what kind of thing (`code`), why it matters, and what to do."""

    row: int
    code: str
    reason: str
    fix: str


def check(conversations: Iterable[Conversation]) -> list[Finding]:
    """Return up to `MAX_FINDINGS` findings in the order of the rows."""
    findings: list[Finding] = []
    exact: dict[int, int] = {}
    answers: dict[int, tuple[int, int]] = {}
    for conversation in conversations:
        findings.extend(_single(conversation))
        question, answer = (hash(_normal(text)) for text in (_asked(conversation), conversation.answer))
        whole = hash((question, answer))
        if whole in exact:
            findings.append(_finding(conversation, "duplicate", f"says the same as row {exact[whole]}", "Delete one of the two."))
        elif question in answers and answers[question][1] != answer:
            other = answers[question][0]
            findings.append(
                _finding(
                    conversation,
                    "contradiction",
                    f"answers the question of row {other} differently",
                    "Keep the right answer and delete the other.",
                )
            )
        exact.setdefault(whole, conversation.row)
        answers.setdefault(question, (conversation.row, answer))
        if len(findings) >= MAX_FINDINGS:
            break
    return findings[:MAX_FINDINGS]


def _single(conversation: Conversation) -> list[Finding]:
    """Return what can be seen in one row alone."""
    found = []
    if _normal(conversation.answer).strip(" .-–—?!_") in _PLACEHOLDERS:
        found.append(_finding(conversation, "empty", "has a placeholder instead of an answer", "Write the answer, or delete the row."))
    if _normal(conversation.question).strip(" .-–—?!_") in _PLACEHOLDERS:
        found.append(_finding(conversation, "empty", "has a placeholder instead of a question", "Write the question, or delete the row."))
    length = sum(len(message["content"]) for message in conversation.messages)
    if length > LONG_CHARACTERS:
        found.append(
            _finding(
                conversation,
                "too-long",
                f"has {length:,} characters; what does not fit is not learned",
                "Shorten it or split it into rows.",
            )
        )
    if conversation.key_fact and _normal(conversation.key_fact) not in _normal(conversation.answer):
        found.append(_finding(conversation, "key-fact", "has an answer without its key fact", "Write the key fact as the answer has it."))
    return found


def _asked(conversation: Conversation) -> str:
    """Everything that leads to the answer: with an earlier turn or another system text it is another question."""
    return "\x00".join(message["content"] for message in conversation.messages[:-1])


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())


def _finding(conversation: Conversation, code: str, clause: str, fix: str) -> Finding:
    return Finding(conversation.row, code, f"Row {conversation.row} {clause}.", fix)
