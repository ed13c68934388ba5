"""What a careful reader would ask about a dataset: rows to look at before training, each with a reason and a fix.

Findings are advice; what makes a file unusable is refused by `parse`. No finding quotes a row.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.datasets.conversation import Conversation
from appliance.datasets.credentials import find_credential
from appliance.datasets.near_duplicates import NearDuplicates

MAX_FINDINGS = 1000
LONG_CHARACTERS = 6000  # about 1,500 tokens: more than training windows usually hold
MIN_ROWS_A_KIND = 20  # below, shares say nothing
ONE_SIDED_SHARE = 0.9
_TAGS = "a|b|br|code|div|em|h[1-6]|i|img|li|ol|p|pre|script|span|strong|style|table|t[dhr]|u|ul"
_HTML = re.compile(rf"</?(?:{_TAGS})\b[^<>]{{0,200}}>|&(?:nbsp|amp|lt|gt|quot);", re.IGNORECASE)
_PLACEHOLDERS = {"", "na", "n/a", "none", "null", "nil", "tbd", "todo", "xxx"}


@dataclass(frozen=True)
class Finding:
    """One thing to look at: the row, what kind of thing (`code`), why it matters, and what to do."""

    row: int
    code: str
    reason: str
    fix: str


def check(conversations: Iterable[Conversation]) -> list[Finding]:
    """Return up to `MAX_FINDINGS` findings in the order of the rows; what concerns all of them comes first, as row 0."""
    findings: list[Finding] = []
    exact: dict[int, int] = {}
    answers: dict[int, tuple[int, int]] = {}
    near = NearDuplicates()
    answered: Counter[int] = Counter()
    count = 0
    for conversation in conversations:
        count += 1
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
        elif (alike := near.add(conversation.row, _normal(conversation.question), conversation.group)) is not None:
            findings.append(
                _finding(
                    conversation,
                    "near-duplicate",
                    f"asks nearly the same as row {alike}",
                    "Delete one of the two, or give both the same group, so that they are not torn apart into practice and test.",
                )
            )
        answered[answer] += 1
        exact.setdefault(whole, conversation.row)
        answers.setdefault(question, (conversation.row, answer))
        if len(findings) >= MAX_FINDINGS:
            break
    if count >= MIN_ROWS_A_KIND and (most := answered.most_common(1)[0][1]) >= ONE_SIDED_SHARE * count:
        reason = f"{most:,} of {count:,} rows have the same answer."
        findings.insert(0, Finding(0, "one-sided", reason, "Bring rows with other answers: the model would learn to say this always."))
    return findings[:MAX_FINDINGS]


def _single(conversation: Conversation) -> list[Finding]:
    """Return what can be seen in one row alone."""
    found = []
    if _normal(conversation.answer).strip(" .-–—?!_") in _PLACEHOLDERS:
        found.append(_finding(conversation, "empty", "has a placeholder instead of an answer", "Write the answer, or delete the row."))
    if _normal(conversation.question).strip(" .-–—?!_") in _PLACEHOLDERS:
        found.append(_finding(conversation, "empty", "has a placeholder instead of a question", "Write the question, or delete the row."))
    texts = [message["content"] for message in conversation.messages]
    if any(_HTML.search(text) for text in texts):
        found.append(_finding(conversation, "html", "holds HTML", "Take the tags out, unless the model should write them."))
    if secret := next(filter(None, map(find_credential, texts)), ""):
        found.append(_finding(conversation, "secret", f"holds {secret}", "Take it out, and change it: it has left the place where it was."))
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
