"""Mending a dataset: a fix applied to every row with a finding, as the rows pass into the next version.

drop: the row goes. mask: secrets and personal data are replaced. trim: tags are taken out, damaged characters mended,
the oldest turns cut. merge: near duplicates become phrasings of one fact, and what is asked in training and in the test
becomes training. A row never moves out of training: what was practised must not be a test.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from appliance.datasets.conversation import PARTS, Conversation, message_problem
from appliance.datasets.credentials import mask_credentials
from appliance.datasets.people import Person
from appliance.datasets.personal_data import Pseudonyms
from appliance.datasets.row_checks import HTML
from appliance.datasets.screening import CHECKS, Screening, masked
from appliance.foundation.errors import InputError

_BLOCKS = re.compile(r"<\s*(script|style)\b.*?<\s*/\s*\1\s*>", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>")
_RUNS = re.compile(
    "[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]{2,}"
)

_Change = Callable[[Conversation], Conversation | None]


@dataclass(frozen=True)
class Fix:
    """What to do: an action for all rows with the finding `code`; or rows to drop by number; or a person whose rows to
    drop.
    """

    code: str = ""
    action: str = ""
    rows: Sequence[int] = ()
    person: Sequence[str] = ()


class Fixing:
    """Applies one fix. `changed` counts the rows that were dropped or are different."""

    def __init__(self, fix: Fix, screening: Screening) -> None:
        """`screening` has seen the version that is mended. Raises `InputError` for a fix that there is not."""
        self.changed = 0
        self._change: _Change
        self._chosen: set[int] | None
        if fix.person:
            person = Person(fix.person)
            self._chosen = None
            self._change = lambda row: None if person.is_in(row) else row
        elif fix.rows:
            self._chosen, self._change = set(fix.rows), _dropped
        elif not fix.code:
            self._chosen, self._change = set(), _dropped
        else:
            if fix.action not in CHECKS.get(fix.code, ("", "", ()))[2]:
                raise InputError("dataset.fix")
            self._chosen = set(screening.rows_of(fix.code).tolist())
            self._change = self._of(fix, screening)

    def apply(self, conversations: Iterable[Conversation]) -> Iterator[Conversation]:
        """Yield the rows of the next version."""
        for conversation in conversations:
            if self._chosen is not None and conversation.row not in self._chosen:
                yield conversation
                continue
            mended = self._change(conversation)
            if mended is not None and message_problem(mended.messages):
                mended = conversation  # nothing would be left of it: it stays to be looked at
            self.changed += mended is None or mended != conversation or mended.split != conversation.split
            if mended is not None:
                yield mended

    def _of(self, fix: Fix, screening: Screening) -> _Change:
        if fix.action == "drop":
            return _dropped
        if fix.action == "mask":
            if fix.code == "secret":
                return _texts(mask_credentials)
            pseudonyms = Pseudonyms()
            return lambda row: masked(row, pseudonyms)
        if fix.action == "trim":
            return {
                "html": _texts(without_html),
                "encoding": _texts(mended),
                "too-long": lambda row: shortened(row, screening),
            }[fix.code]
        if fix.code == "leakage":
            return lambda row: replace(row, split="training")
        return self._merge(screening)

    def _merge(self, screening: Screening) -> _Change:
        """Return how near duplicates become one group in one part."""
        root: dict[int, int] = {}
        for row, earlier in sorted(screening.joined.items()):
            root[row] = root.get(earlier, earlier)
        families: dict[int, list[int]] = {}
        for row, first in root.items():
            families.setdefault(first, [first]).append(row)
        part_of = screening.part_of
        plan: dict[int, tuple[str, str]] = {}
        for first, family in families.items():
            part = min((part_of.get(row, 0) for row in family), default=0)  # training is the first of the parts
            part = 0 if part == 0 else part_of.get(first, part)
            group = next((screening.group_of(row) for row in family if screening.group_of(row)), f"like row {first}")
            for row in family:
                plan[row] = (group, PARTS[part])
        self._chosen = set(plan)
        return lambda row: replace(row, group=row.group or plan[row.row][0], split=plan[row.row][1])


def without_html(text: str) -> str:
    """Return the text without tags, with entities as characters, and line breaks where blocks ended."""
    if not HTML.search(text):
        return text
    plain = html.unescape(_TAG.sub("", _BREAKS.sub("\n", _BLOCKS.sub("", text)))).replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", plain)).strip()


def mended(text: str) -> str:
    """Return the text with UTF-8 that was read as Windows-1252 read rightly, run by run; what does not come out as
    UTF-8 stays.
    """

    def repaired(match: re.Match[str]) -> str:
        try:
            return _bytes_of(match[0]).decode()
        except UnicodeError:
            return match[0]

    return _RUNS.sub(repaired, text)


def shortened(conversation: Conversation, screening: Screening) -> Conversation:
    """Return the row without its oldest turns, as many as needed; a single turn that is too long stays."""
    system = [message for message in conversation.messages[:1] if message["role"] == "system"]
    turns = conversation.messages[len(system) :]
    shorter = conversation
    while screening.lengths.tokens(shorter) > screening.lengths.max_length and len(turns) > 2:
        turns = turns[2:]
        shorter = replace(conversation, messages=[*system, *turns])
    return shorter


def _bytes_of(text: str) -> bytes:
    # Windows-1252 leaves five bytes undefined; programs read them as Latin-1.
    return b"".join(
        character.encode("latin-1") if ord(character) < 256 else character.encode("cp1252") for character in text
    )


def _dropped(_conversation: Conversation) -> None:
    return None


def _texts(change: Callable[[str], str]) -> _Change:
    def apply(conversation: Conversation) -> Conversation:
        return replace(
            conversation,
            messages=[{**message, "content": change(message["content"])} for message in conversation.messages],
        )

    return apply
