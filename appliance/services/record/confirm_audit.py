"""Ask the log about a file or a name, of which it holds keyed fingerprints alone. Asking is logged."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import select

from appliance.audit import ArchivedEntries
from appliance.audit.search_index import Query
from appliance.foundation.errors import InputError
from appliance.identity.tables import USERS
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.pseudonyms import account_ref, file_fingerprint, known_person
from appliance.services.record.search_audit import AuditDesk

SHA256_HEX_DIGITS = 64


@dataclass(frozen=True)
class Match:
    """Something that the log speaks of, as an upload, an account, a sign-in or a person, in which entries."""

    kind: str
    id: str
    entries: list[int] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is shown."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "kind"}
        return {"as": self.kind, **values}


@dataclass(frozen=True)
class MatchedUpload(Match):
    """An upload that was the file, and the datasets that were made of it."""

    datasets: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class MatchedName(Match):
    """An account or a person of the name; the entries in `named_in` have an HMAC of it."""

    named_in: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Confirmation:
    """Whether the log speaks of a file or a name, and where; what is archived was not looked at."""

    found: bool
    matches: Sequence[Match]
    archived: ArchivedEntries | None


@operation("audit.confirm", action="audit.confirm", on="log")
def confirm(context: ServiceContext, caller: Caller, *, sha256: str = "", name: str = "") -> Confirmation:
    """Tell whether the log speaks of the file with this SHA-256, or of this name or address, and in which entries.

    An account's name leads to its id; a person who was looked for in the data, to their key. Of who was erased, nothing
    is known any more. What is archived is not looked at, and said. Raises `InputError` unless it is asked for one of
    the two.
    """
    if bool(sha256) == bool(name) or (
        sha256 and (len(sha256) != SHA256_HEX_DIGITS or set(sha256) - set("0123456789abcdef"))
    ):
        raise InputError("audit.confirm")
    desk = context.part(AuditDesk)
    with context.act(caller, "audit.confirm", LOG, {"about": "file" if sha256 else "name"}) as recorded:
        matches = _about_file(desk, sha256) if sha256 else _about_name(desk, name)
        recorded.details = {**recorded.details, "entries": sum(len(match.entries) for match in matches)}
    return Confirmation(bool(matches), matches, context.log.archives.archived)


def _about_file(desk: AuditDesk, sha256: str) -> list[MatchedUpload]:
    """Return the uploads that were this file, each with the entries that speak of it."""
    fingerprint = file_fingerprint(desk.context, sha256)
    uploads: dict[str, MatchedUpload] = {}
    for entry in desk.entries(Query(kind="upload"), Query(action="dataset.import")):
        target, sequence = entry["object"], entry["sequence"]
        if target["digest"] == fingerprint:
            uploads.setdefault(target["id"], MatchedUpload("upload", target["id"])).entries.append(sequence)
        elif entry["action"] == "dataset.import" and (upload := uploads.get(entry["details"].get("upload"))):
            upload.entries.append(sequence)
            if target["id"] not in upload.datasets:
                upload.datasets.append(target["id"])
    return list(uploads.values())


def _about_name(desk: AuditDesk, name: str) -> list[MatchedName]:
    """Return the account of this name, and the person, each with the entries that speak of them."""
    context = desk.context
    with context.database.begin() as connection:
        account = connection.execute(select(USERS.c.id).where(USERS.c.name == name)).scalar()
    tried = account_ref(context, name).id
    person = known_person(context, name)
    wanted = {("account", tried): "sign-in"}
    if account is not None:
        wanted[("user", str(account))] = "account"
    terms: set[Any] = set()
    if person is not None:
        wanted[("person", person.target.id)] = "person"
        terms = set(person.terms)
    matches: dict[tuple[str, str], MatchedName] = {}
    for entry in desk.entries(Query(people=frozenset(id_ for _kind, id_ in wanted))):
        for place in {(entry["object"]["kind"], entry["object"]["id"]), ("user", entry["actor"]["id"])} & wanted.keys():
            match = matches.setdefault(place, MatchedName(wanted[place], place[1]))
            match.entries.append(entry["sequence"])
            if place[0] == "person" and terms & set(entry["details"].values()):
                match.named_in.append(entry["sequence"])
    return list(matches.values())
