"""Find the rows that mention a person, by what is known of them: a name, an e-mail address, a phone or other number.

Case, accents, spaces and the punctuation between digits do not matter. A name matches as whole words, in the given
order or with the last word first ("Doe, Jane"). Other spellings (a nickname, a misspelling) need a term of their own.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.datasets.conversation import Conversation
from appliance.foundation.errors import InputError

MAX_TERMS = 20
MIN_CHARACTERS = 3
MAX_CHARACTERS = 200
MIN_DIGITS = 5
PHONE_DIGITS = 9  # the end of a phone number, which is the same with and without the country's code
_BETWEEN = r"[\s()./-]*"


@dataclass(frozen=True)
class Place:
    """Where in a dataset a person is: the first row numbers of one part of a version, and how many there are."""

    version: int
    part: str
    count: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Hit(Place):
    """A place, and the dataset that it is in."""

    dataset_id: str


@dataclass(frozen=True)
class Hits:
    """Everything that a search found."""

    found: tuple[Hit, ...]


class Person:
    """What is known of a person, as one pattern."""

    def __init__(self, terms: Sequence[str]) -> None:
        """Raises `InputError` for too many terms, or one too short to identify a person, or too long."""
        terms = [term.strip() for term in terms if term.strip()]
        if not 1 <= len(terms) <= MAX_TERMS:
            raise InputError("person.terms:count", max_terms=MAX_TERMS)
        for term in terms:
            if not MIN_CHARACTERS <= len(term) <= MAX_CHARACTERS or not re.search(r"\w", term):
                raise InputError("person.terms:length", min_characters=MIN_CHARACTERS, max_characters=MAX_CHARACTERS)
        self._pattern = re.compile("|".join(_pattern(term) for term in terms))

    def is_in(self, conversation: Conversation) -> bool:
        """Tell whether any message or label mentions the person."""
        texts = (
            *(turn["content"] for turn in conversation.messages),
            conversation.key_fact,
            conversation.group,
            conversation.category,
        )
        return any(self._pattern.search(_normal(text)) for text in texts if text)


def _normal(text: str) -> str:
    # Without compatibility forms, accents (which people omit) and invisible characters.
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if unicodedata.category(character) not in {"Mn", "Cf"})


def _pattern(term: str) -> str:
    term = _normal(term)
    digits = re.sub(r"\D", "", term)
    if "@" not in term and len(digits) >= MIN_DIGITS and not re.search(r"[^\W\d]", term):
        # A number matches whole; a phone number, which has a plus sign or a leading zero, by its end.
        is_phone = term.lstrip("(").startswith(("+", "0")) and len(digits) > PHONE_DIGITS
        wanted = digits[-PHONE_DIGITS:] if is_phone else digits
        before = "" if is_phone else r"(?<!\d)"
        return before + _BETWEEN.join(wanted) + r"(?!\d)"
    if len(digits) >= MIN_DIGITS and "@" not in term:
        return r"(?<!\w)" + _BETWEEN.join(map(re.escape, re.sub(r"[\W_]", "", term))) + r"(?!\w)"
    words = [re.escape(word) for word in re.split(r"[\s,]+", term) if word]
    orders = [r"[\s,]+".join(words)]
    if len(words) > 1:
        orders.append(r"[\s,]+".join([words[-1], *words[:-1]]))
    return rf"(?<!\w)(?:{'|'.join(orders)})(?!\w)"
