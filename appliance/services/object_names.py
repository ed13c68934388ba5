"""Objects by what people call them: an id, a name, or any beginning of an id that only one has."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, String, cast, or_, select

from appliance.foundation.errors import InputError, NotFoundError
from appliance.foundation.messages import verbatim
from appliance.services.context import ServiceContext
from appliance.services.object_kinds import OBJECT_KINDS, ObjectKind

MAX_CANDIDATES = 8  # that a sentence lists


@dataclass(frozen=True)
class Reference:
    """Marks a parameter that names an object of a kind."""

    kind: str


class _Candidate(NamedTuple):
    id: str
    name: str

    def __str__(self) -> str:
        return self.id if self.name == self.id else f"{self.name} ({self.id})"


def resolve(context: ServiceContext, kind: str, named: str) -> str:
    """Return the id of the object of a kind that somebody named.

    An exact id comes first, then an exact name, then the beginning of an id, with or without the kind's own ("ds_").
    Raises `NotFoundError`, and `InputError` listing the candidates when more than one has that name or beginning.
    """
    named = named.strip()
    with context.database.begin() as connection:
        chosen = _choose(named, _candidates(connection, OBJECT_KINDS[kind], named))
    if not chosen:
        raise NotFoundError(f"not-found:{kind}")
    return chosen


def resolve_any(context: ServiceContext, named: str) -> str:
    """Return the id of the object that somebody named, of whichever kind.

    What names nothing is returned as it is: the log knows ids of objects that are in no table. Raises `InputError` as
    `resolve` does.
    """
    named = named.strip()
    if not named:
        return ""
    with context.database.begin() as connection:
        tables = [kind for kind in OBJECT_KINDS.values() if kind.table is not None]
        return _choose(named, [each for kind in tables for each in _candidates(connection, kind, named)]) or named


def _candidates(connection: Connection, kind: ObjectKind, named: str) -> list[_Candidate]:
    """Return the objects of a kind with this id or name, or with an id that begins so."""
    table = kind.table
    assert table is not None, f"objects of the kind {kind.name} are in no table"
    name = table.c.name if kind.named else cast(table.c.id, String)
    beginnings = (named, f"{kind.prefix}_{named}") if named else ()
    matches = or_(name == named, *(table.c.id.startswith(each, autoescape=True) for each in beginnings))
    rows = connection.execute(select(table.c.id, name.label("name")).where(matches))
    return [_Candidate(row.id, row.name) for row in rows]


def _choose(named: str, candidates: list[_Candidate]) -> str:
    """Return the id of the one candidate that fits best, or "" without any. Raises `InputError` where several do."""
    by_id = [each for each in candidates if each.id == named]
    by_name = [each for each in candidates if each.name == named]
    best = by_id or by_name or candidates
    if len(best) > 1:
        listed = tuple(verbatim(str(each)) for each in best[:MAX_CANDIDATES])
        raise InputError("name.ambiguous", named=named, count=len(best), candidates=listed)
    return best[0].id if best else ""


def name_of(context: ServiceContext, kind: str, identifier: str) -> str:
    """Return the name of an object, or its id where it has none."""
    row = OBJECT_KINDS[kind]
    if row.table is None or not row.named:
        return identifier
    with context.database.begin() as connection:
        found = connection.execute(select(row.table.c.name).where(row.table.c.id == identifier)).scalar()
    return str(found or identifier)
