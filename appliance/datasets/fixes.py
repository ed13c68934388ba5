"""Fixes of a dataset: one is applied to every row with a finding, as the rows pass into the next version.

drop: the row is removed. mask: secrets and personal data are replaced. trim: HTML is removed, damaged characters are
repaired, the oldest turns are cut. merge: near duplicates become phrasings of one fact; rows set aside whose question
training asks too become training rows. A row never leaves training: what was trained on must not be a test.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from appliance.datasets.checks import CHECKS
from appliance.datasets.conversation import PARTS, Conversation, message_problem
from appliance.datasets.credentials import mask_credentials
from appliance.datasets.people import Person
from appliance.datasets.personal_data import Pseudonyms
from appliance.datasets.row_checks import HTML
from appliance.datasets.screening import Screening, masked
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
    """An action for all rows with a finding of the check `code`; or numbers of rows, or a person, to drop."""

    code: str = ""
    action: str = ""
    rows: Sequence[int] = ()
    person: Sequence[str] = ()


class Fixing:
    """Applies one fix. `changed` counts the rows that were dropped or changed."""

    def __init__(self, fix: Fix, screening: Screening) -> None:
        """`screening` has seen the version to fix. Raises `InputError` for a fix that the check does not offer."""
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
            if fix.code not in CHECKS or fix.action not in CHECKS[fix.code].fixes:
                raise InputError("dataset.fix:unknown")
            self._chosen = set(screening.rows_of(fix.code).tolist())
            self._change = self._change_of(fix, screening)

    def apply(self, conversations: Iterable[Conversation]) -> Iterator[Conversation]:
        """Yield the rows of the next version."""
        for conversation in conversations:
            if self._chosen is not None and conversation.row not in self._chosen:
                yield conversation
                continue
            fixed = self._change(conversation)
            if fixed is not None and message_problem(fixed.messages):
                fixed = conversation  # nothing would be left of it, so that it stays for a person to look at
            self.changed += fixed is None or fixed != conversation or fixed.split != conversation.split
            if fixed is not None:
                yield fixed

    def _change_of(self, fix: Fix, screening: Screening) -> _Change:
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
                "encoding": _texts(repaired),
                "too-long": lambda row: shortened(row, screening),
            }[fix.code]
        if fix.code == "leakage":
            return lambda row: replace(row, split="training")
        return self._merge(screening)

    def _merge(self, screening: Screening) -> _Change:
        """Return the change that puts near duplicates into one group in one part."""
        first_of: dict[int, int] = {}
        for row, earlier in sorted(screening.joined.items()):
            first_of[row] = first_of.get(earlier, earlier)
        families: dict[int, list[int]] = {}
        for row, first in first_of.items():
            families.setdefault(first, [first]).append(row)
        part_of = screening.part_of
        group_and_part: dict[int, tuple[str, str]] = {}
        for first, family in families.items():
            part = min(part_of.get(row, 0) for row in family)  # training is the first of the parts
            part = 0 if part == 0 else part_of.get(first, part)
            group = next(filter(None, map(screening.group_of, family)), f"like row {first}")
            group_and_part |= dict.fromkeys(family, (group, PARTS[part]))
        self._chosen = set(group_and_part)
        return lambda row: replace(row, group=row.group or group_and_part[row.row][0], split=group_and_part[row.row][1])


def without_html(text: str) -> str:
    """Return the text without tags, with entities as characters and line breaks at the ends of blocks."""
    if not HTML.search(text):
        return text
    plain = html.unescape(_TAG.sub("", _BREAKS.sub("\n", _BLOCKS.sub("", text)))).replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", plain)).strip()


def repaired(text: str) -> str:
    """Return the text with every run of UTF-8 that was read as Windows-1252 decoded correctly; other runs stay."""

    def decoded(match: re.Match[str]) -> str:
        try:
            return _bytes_of(match[0]).decode()
        except UnicodeError:
            return match[0]

    return _RUNS.sub(decoded, text)


def shortened(conversation: Conversation, screening: Screening) -> Conversation:
    """Return the row without as many of its oldest turns as necessary; a single turn that is too long stays."""
    system = [turn for turn in conversation.messages[:1] if turn["role"] == "system"]
    turns = conversation.messages[len(system) :]
    shorter = conversation
    while screening.lengths.tokens(shorter) > screening.lengths.max_length and len(turns) > 2:
        turns = turns[2:]
        shorter = replace(conversation, messages=[*system, *turns])
    return shorter


def _bytes_of(text: str) -> bytes:
    # Programs read the five bytes that Windows-1252 leaves undefined as Latin-1.
    return b"".join(
        character.encode("latin-1") if ord(character) < 256 else character.encode("cp1252") for character in text
    )


def _dropped(_conversation: Conversation) -> None:
    return None


def _texts(change: Callable[[str], str]) -> _Change:
    def apply(conversation: Conversation) -> Conversation:
        turns = [{**turn, "content": change(turn["content"])} for turn in conversation.messages]
        return replace(conversation, messages=turns)

    return apply
