"""Personal data in text: e-mail addresses, phone numbers, IBANs, card numbers, national ids.

Found by form and, where there is one, checksum. The forms are bounded regular expressions of our own; the checksums
are python-stdnum's, the phone numbers those of phonenumbers (Google's libphonenumber). Bare digits with a weak checksum
count only near a word that says what they are. Names of people are not found: that would take a model. Precision and
recall are measured in tests/unit/datasets/test_personal_data.py. Why not Presidio: ops/decisions/0010.

A policy says what happens to each kind: it is kept and reported, masked by pseudonyms, or not let in.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import phonenumbers
from stdnum import iban, luhn
from stdnum.be import nn as be_nn
from stdnum.ch import ssn as ch_ssn
from stdnum.de import idnr as de_idnr
from stdnum.dk import cpr as dk_cpr
from stdnum.es import dni as es_dni
from stdnum.es import nie as es_nie
from stdnum.fi import hetu as fi_hetu
from stdnum.fr import nir as fr_nir
from stdnum.in_ import aadhaar as in_aadhaar
from stdnum.it import codicefiscale as it_codicefiscale
from stdnum.nl import bsn as nl_bsn
from stdnum.no import fodselsnummer as no_fodselsnummer
from stdnum.pl import pesel as pl_pesel
from stdnum.se import personnummer as se_personnummer
from stdnum.us import ssn as us_ssn

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message

EMAIL, PHONE, IBAN, CARD, NATIONAL_ID = KINDS = ("e-mail address", "phone number", "IBAN", "card number", "national id")
NEAR_CHARACTERS = 40  # how far before a bare number the word that names it may be
# Countries whose national way of writing is recognised; with a plus sign, every country's is.
PHONE_REGIONS = ("US", "GB", "DE", "FR", "IT", "ES")
_SHORT_DIGEST_BYTES = 16
KEEP, MASK, BLOCK = ACTIONS = ("keep", "mask", "block")
_KINDS = {"email": EMAIL, "phone": PHONE, "iban": IBAN, "card": CARD, "national_id": NATIONAL_ID}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class PersonalItem:
    """One piece of personal data: `text[start:end]`."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class _Form:
    kind: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    near: re.Pattern[str] | None = None


def _form(kind: str, pattern: str, is_valid: Callable[[str], bool], near: str = "") -> _Form:
    return _Form(
        kind, re.compile(rf"(?<![\w.+-]){pattern}(?![\w])"), is_valid, re.compile(near, re.IGNORECASE) if near else None
    )


def _always(_text: str) -> bool:
    return True


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return digits[0] in "23456" and len(set(digits)) > 1 and luhn.is_valid(digits)


def _is_nino(text: str) -> bool:
    return text[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


# The first form that fits a place takes it.
_FORMS = (
    _form(EMAIL, r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}", _always),
    _form(IBAN, r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?", iban.is_valid),
    _form(CARD, r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}", _is_card),
    _form(CARD, r"3[47]\d{2}([ -]?)\d{6}\1\d{5}", _is_card),
    _form(NATIONAL_ID, r"\d{3}-\d{2}-\d{4}", us_ssn.is_valid),
    _form(NATIONAL_ID, r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", _is_nino),
    _form(NATIONAL_ID, r"[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}", fr_nir.is_valid),
    _form(NATIONAL_ID, r"\d{8}-?[A-Z]", es_dni.is_valid),
    _form(NATIONAL_ID, r"[XYZ]-?\d{7}-?[A-Z]", es_nie.is_valid),
    _form(NATIONAL_ID, r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", it_codicefiscale.is_valid),
    _form(NATIONAL_ID, r"756\.?\d{4}\.?\d{4}\.?\d{2}", ch_ssn.is_valid),
    _form(
        NATIONAL_ID, r"\d{6}(?:\d{2})?[-+]\d{4}", lambda text: se_personnummer.is_valid(text) or dk_cpr.is_valid(text)
    ),
    _form(NATIONAL_ID, r"\d{6}[-+A]\d{3}[0-9A-Y]", fi_hetu.is_valid),
    _form(NATIONAL_ID, r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", be_nn.is_valid),
    _form(NATIONAL_ID, r"\d{4} \d{4} \d{4}", in_aadhaar.is_valid, "aadhaar|uidai"),
    _form(NATIONAL_ID, r"\d{2} ?\d{3} ?\d{3} ?\d{3}", de_idnr.is_valid, "steuer|idnr|tax id|tin"),
    _form(NATIONAL_ID, r"\d{9}", nl_bsn.is_valid, "bsn|burgerservice|sofi"),
    _form(NATIONAL_ID, r"\d{11}", pl_pesel.is_valid, "pesel"),
    _form(NATIONAL_ID, r"\d{6} ?\d{5}", no_fodselsnummer.is_valid, "fødsels|fodsels|personnummer|national id"),
)
# Every form but the e-mail address matches this: a digit and six digits or capitals, with at most one sign between.
MAYBE_NUMBERED = re.compile(r"\d(?:[ .+-]?[\dA-Z]){6}")
_PHONE_FORM = re.compile(r"^0|[ ()./-]")  # bare digits are more often something else
# A phone number has seven digits close together; the real search costs a hundred times as much as this one.
MAYBE_PHONE = re.compile(r"\d(?:[ ()./-]{0,3}\d){6}")


def find_personal_data(text: str, regions: Iterable[str] = PHONE_REGIONS) -> list[PersonalItem]:
    """Return the personal data in `text`, in order, without overlaps.

    `regions` are ISO 3166 codes of the countries whose national way of writing is recognised.
    """
    kept: list[PersonalItem] = []
    for candidate in (*_by_forms(text), *_phones(text, regions)):
        if all(candidate.end <= other.start or other.end <= candidate.start for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda item: item.start)


def _by_forms(text: str) -> Iterator[PersonalItem]:
    numbered = MAYBE_NUMBERED.search(text) is not None
    for form in _FORMS:
        if not ("@" in text if form.kind == EMAIL else numbered):
            continue
        for match in form.pattern.finditer(text):
            named = form.near is None or form.near.search(text, max(0, match.start() - NEAR_CHARACTERS), match.start())
            value = match.group()
            while form.kind == IBAN and " " in value and not form.is_valid(value):
                value = value.rpartition(" ")[0]  # the next word looked like its last group
            if named and form.is_valid(value):
                yield PersonalItem(form.kind, match.start(), match.start() + len(value))


def _phones(text: str, regions: Iterable[str]) -> Iterator[PersonalItem]:
    if not MAYBE_PHONE.search(text):
        return
    for region in (None, *regions):
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID):
            if region is None or _PHONE_FORM.search(match.raw_string):
                yield PersonalItem(PHONE, match.start, match.end)


class Pseudonyms:
    """Replaces personal data by pseudonyms: the same value gets the same one throughout a dataset. Keeps no value."""

    def __init__(self, regions: Iterable[str] = PHONE_REGIONS, kinds: Iterable[str] = KINDS) -> None:
        """`kinds` are those to replace."""
        self._regions = tuple(regions)
        self._kinds = frozenset(kinds)
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, str] = {}
        self._counts: dict[str, int] = {}

    def mask(self, text: str) -> tuple[str, list[PersonalItem]]:
        """Return the text with `[e-mail address 1]` and the like instead of personal data, and what was replaced."""
        replaced = [item for item in find_personal_data(text, self._regions) if item.kind in self._kinds]
        parts, place = [], 0
        for item in replaced:
            parts += [text[place : item.start], self._pseudonym(item.kind, text[item.start : item.end])]
            place = item.end
        return "".join([*parts, text[place:]]), replaced

    def _pseudonym(self, kind: str, value: str) -> str:
        normal = re.sub(r"[\s()./-]", "", value).casefold() if kind != EMAIL else value.casefold()
        digest = hashlib.blake2b(f"{kind}\0{normal}".encode(), key=self._key, digest_size=_SHORT_DIGEST_BYTES).digest()
        if digest not in self._known:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._known[digest] = f"[{kind} {self._counts[kind]}]"
        return self._known[digest]


class PersonalDataPolicy:
    """The action for each kind, by the names in the policy's file; a kind that it does not name is kept."""

    all_kinds = tuple(_KINDS.values())

    def __init__(self, actions: Mapping[str, str]) -> None:
        """Raises `InputError` for an unknown kind or action."""
        if not set(actions) <= set(_KINDS) or not set(actions.values()) <= set(ACTIONS):
            raise InputError("input:personal-data-policy", kinds=", ".join(_KINDS), actions=", ".join(ACTIONS))
        self._actions = {_KINDS[name]: action for name, action in actions.items()}

    def action(self, kind: str) -> str:
        """Return the action for a kind."""
        return self._actions.get(kind, KEEP)

    def kinds(self, action: str) -> tuple[str, ...]:
        """Return the kinds with this action."""
        return tuple(kind for kind in self.all_kinds if self.action(kind) == action)


def kind_name(kind: str) -> Message:
    """Return what a kind of personal data is called."""
    return message("personal-data.kind", kind=_NAMES.get(kind, kind), name=kind)


def kind_count(kind: str, count: int) -> Message:
    """Return so many pieces of a kind, in words: "2 e-mail addresses"."""
    return message("personal-data.count", kind=_NAMES[kind], count=count)
