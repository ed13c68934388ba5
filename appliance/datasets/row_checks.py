"""Checks of a single row: placeholders, HTML, secrets, damaged text, a missing key fact. No finding quotes the row."""

import re
from collections.abc import Iterator

from appliance.datasets.conversation import Conversation
from appliance.datasets.credentials import find_credential
from appliance.foundation.messages import Message, message

_TAGS = "a|b|br|code|div|em|h[1-6]|i|img|li|ol|p|pre|script|span|strong|style|table|t[dhr]|u|ul"
HTML = re.compile(rf"</?(?:{_TAGS})\b[^<>]{{0,200}}>|&(?:nbsp|amp|lt|gt|quot|#\d{{1,6}});", re.IGNORECASE)
# UTF-8 that was read as Windows-1252, and the mark of a lost character.
_LATE = (
    "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122"
)
DAMAGED = re.compile(f"[ÃÂ][{_LATE}]|â€|\ufffd")
PLACEHOLDERS = {"", "na", "n/a", "none", "null", "nil", "tbd", "todo", "xxx"}
_LONGEST_PLACEHOLDER = 12


def normal(text: str) -> str:
    """Return a text in the form in which it is compared: regardless of case and white space."""
    return " ".join(text.casefold().split())


def check_row(conversation: Conversation) -> Iterator[tuple[str, Message]]:
    """Yield each finding: the check's code, and what is wrong."""
    texts = [turn["content"] for turn in conversation.messages]
    if _is_placeholder(texts[-1]):
        yield "empty", message("finding.placeholder-answer")
    if _is_placeholder(texts[-2]):
        yield "empty", message("finding.placeholder-question")
    if any(("<" in text or "&" in text) and HTML.search(text) for text in texts):
        yield "html", message("finding.html")
    if any(not text.isascii() and DAMAGED.search(text) for text in texts):
        yield "encoding", message("finding.encoding")
    if kind := next(filter(None, map(find_credential, texts)), ""):
        yield "secret", message("finding.secret", kind=kind)
    if conversation.key_fact and normal(conversation.key_fact) not in normal(conversation.answer):
        yield "key-fact", message("finding.key-fact")


def _is_placeholder(text: str) -> bool:
    return len(text) <= _LONGEST_PLACEHOLDER and normal(text).strip(" .-–—?!_") in PLACEHOLDERS
