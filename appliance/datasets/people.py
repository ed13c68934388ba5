"""Who is in this: find the rows that speak of a person, by what somebody knows of them (name, e-mail address, phone, a
number).

Ways of writing are evened out: case, accents, spaces, and the signs between digits. A name counts as whole words, in
the order given or with the last word first ("Doe, Jane"). What is written otherwise (a nickname, a misspelling) is not
found: give it as a further term.
"""

import re
import unicodedata
from collections.abc import Sequence

from appliance.datasets.conversation import Conversation
from appliance.foundation.errors import InputError

MAX_TERMS = 20
MIN_CHARACTERS = 3
MAX_CHARACTERS = 200
MIN_DIGITS = 5
PHONE_DIGITS = 9  # the end of a phone number: with or without the country's code it is the same person's
_BETWEEN = r"[\s()./-]*"


class Person:
    """What is known of a person, as one pattern."""

    def __init__(self, terms: Sequence[str]) -> None:
        """Raises `InputError` for terms that are too short to tell somebody, too long, or too many."""
        terms = [term.strip() for term in terms if term.strip()]
        if not 1 <= len(terms) <= MAX_TERMS:
            raise InputError("person.terms", max_terms=MAX_TERMS)
        for term in terms:
            if not MIN_CHARACTERS <= len(term) <= MAX_CHARACTERS or not re.search(r"\w", term):
                raise InputError(
                    "person.terms:known-person-characters", min_characters=MIN_CHARACTERS, max_characters=MAX_CHARACTERS
                )
        self._pattern = re.compile("|".join(_pattern(term) for term in terms))

    def is_in(self, conversation: Conversation) -> bool:
        """Tell whether any message, or a label, speaks of the person."""
        texts = (
            *(message["content"] for message in conversation.messages),
            conversation.key_fact,
            conversation.group,
            conversation.category,
        )
        return any(self._pattern.search(_evened(text)) for text in texts if text)


def _evened(text: str) -> str:
    # Compatibility forms and accents, which people leave out; marks that are seen nowhere go.
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if unicodedata.category(character) not in {"Mn", "Cf"})


def _pattern(term: str) -> str:
    even = _evened(term)
    digits = re.sub(r"\D", "", even)
    if "@" not in even and len(digits) >= MIN_DIGITS and not re.search(r"[^\W\d]", even):
        # A number stands whole; a phone number, with a plus sign or a leading zero, by its end.
        is_phone = even.lstrip("(").startswith(("+", "0")) and len(digits) > PHONE_DIGITS
        wanted = digits[-PHONE_DIGITS:] if is_phone else digits
        before = "" if is_phone else r"(?<!\d)"
        return before + _BETWEEN.join(wanted) + r"(?!\d)"
    if len(digits) >= MIN_DIGITS and "@" not in even:
        return r"(?<!\w)" + _BETWEEN.join(map(re.escape, re.sub(r"[\W_]", "", even))) + r"(?!\w)"
    words = [re.escape(word) for word in re.split(r"[\s,]+", even) if word]
    orders = [r"[\s,]+".join(words)]
    if len(words) > 1:
        orders.append(r"[\s,]+".join([words[-1], *words[:-1]]))
    return rf"(?<!\w)(?:{'|'.join(orders)})(?!\w)"
