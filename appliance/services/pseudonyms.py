"""How the log names what it must not quote: a person, an account that was typed, a file.

A person who is looked for is named by HMACs under a random key of that person, which erasing them drops:

    term (a name, an address) -> HMAC under the home's key, in the database alone -> person -> the person's key, wrapped
        like a data key

The log has the person as HMAC(key, "person"), the same at every request, and each term as HMAC(key, term). With the key
gone, nobody can say any more whom an entry speaks of, not even by trying names; the entries themselves, and every proof
over them, stay as they are.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from appliance.audit import ObjectRef
from appliance.foundation.identifiers import new_id
from appliance.services.context import ServiceContext
from appliance.vault.keys import new_key as fresh_key
from appliance.vault.tables import PERSON_TERMS

PERSON_KIND = "person"
_SHOWN = 32  # hex digits of an HMAC that the log has: 128 bits


@dataclass(frozen=True)
class LoggedPerson:
    """A person as the log names them: the object, an HMAC of each term, and what still is to be kept to find them."""

    target: ObjectRef
    terms: tuple[str, ...]
    person_id: str = field(repr=False)
    new_key: bytes | None = field(repr=False)
    new_terms: tuple[str, ...] = field(repr=False)

    @property
    def details(self) -> dict[str, str | int | bool]:
        """Return the terms as details of an entry."""
        return {f"term-{number}": term for number, term in enumerate(self.terms, start=1)}

    def keep(self, context: ServiceContext) -> None:
        """Keep the person's key, and what leads to it, once the log has the request."""
        if self.new_key is not None:
            context.vault.new_data_key(PERSON_KIND, self.person_id, key=self.new_key)
        if self.new_terms:
            with context.database.begin() as connection:
                connection.execute(
                    insert(PERSON_TERMS), [{"term": term, "person_id": self.person_id} for term in self.new_terms]
                )


def logged_person(context: ServiceContext, terms: Sequence[str]) -> LoggedPerson:
    """Return the person of these terms, with a new key where none is known; only `LoggedPerson.keep` keeps it."""
    evened, indices = _indices(context, terms)
    with context.database.begin() as connection:
        known = connection.execute(select(PERSON_TERMS).where(PERSON_TERMS.c.term.in_(indices))).all()
    new = tuple(index for index in indices if index not in {row.term for row in known})
    if not known:
        return _logged(new_id("pn"), evened, new_key := fresh_key(), new_key, new)
    person_id = str(known[0].person_id)
    return _logged(person_id, evened, context.vault.data_key(PERSON_KIND, person_id), None, new)


def known_person(context: ServiceContext, term: str) -> LoggedPerson | None:
    """Return the person that this term belongs to, None when nobody asked for them, or they were erased."""
    evened, indices = _indices(context, [term])
    with context.database.begin() as connection:
        row = connection.execute(select(PERSON_TERMS).where(PERSON_TERMS.c.term.in_(indices))).first()
    return (
        None
        if row is None
        else _logged(row.person_id, evened, context.vault.data_key(PERSON_KIND, row.person_id), None, ())
    )


def forget_person(context: ServiceContext, terms: Sequence[str]) -> None:
    """Drop the key of whoever these terms belong to, and what leads to it, for good (a new epoch: `Vault.shred`)."""
    _evened, indices = _indices(context, terms)
    with context.database.begin() as connection:
        people = (
            connection.execute(select(PERSON_TERMS.c.person_id).where(PERSON_TERMS.c.term.in_(indices))).scalars().all()
        )
        connection.execute(delete(PERSON_TERMS).where(PERSON_TERMS.c.person_id.in_(people)))
    if people:
        context.vault.shred(*((PERSON_KIND, person_id) for person_id in dict.fromkeys(people)))


def _indices(context: ServiceContext, terms: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the terms, evened out, and what the database knows them by."""
    evened = list(dict.fromkeys(sorted(" ".join(term.casefold().split()) for term in terms)))
    return evened, [context.vault.pseudonym("person-term", term.encode("utf-8", "replace")) for term in evened]


def _logged(
    person_id: str, evened: Sequence[str], key: bytes, new_key: bytes | None, new_terms: tuple[str, ...]
) -> LoggedPerson:
    def fingerprint(label: str, text: str) -> str:
        return hmac.digest(key, f"{label}\0{text}".encode("utf-8", "replace"), "sha256").hex()[:_SHOWN]

    terms = tuple(fingerprint("term", term) for term in evened)
    return LoggedPerson(ObjectRef("person", fingerprint("person", "")), terms, person_id, new_key, new_terms)


def account_ref(context: ServiceContext, name: str) -> ObjectRef:
    """Return a name that was typed to sign in as the log has it, whether there is such an account or not."""
    return ObjectRef("account", context.vault.pseudonym("account-name", name.encode("utf-8", "replace"))[:32])


def file_fingerprint(context: ServiceContext, sha256: str) -> str:
    """Return how the log names a file with this SHA-256 (hex): under a key, so that nobody else can try files on it."""
    return context.vault.pseudonym("file", bytes.fromhex(sha256))
