"""Objects by what people call them: an id, a name, or any beginning of an id that only one has."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, or_, select

from appliance.foundation.errors import InputError, NotFoundError
from appliance.foundation.messages import verbatim
from appliance.services.context import ServiceContext
from appliance.services.object_kinds import OBJECT_KINDS

MAX_CANDIDATES = 8  # that a sentence lists
MAX_NAMED_CHARACTERS = 256  # more than any name has


@dataclass(frozen=True)
class Reference:
    """Marks a parameter that names an object of a kind."""

    kind: str


def resolve(context: ServiceContext, kind: str, named: str) -> str:
    """Return the id of the object that somebody named.

    An exact id comes first, then a name or the beginning of an id, with or without the kind's own ("ds_").
    Raises `NotFoundError`, and `InputError` listing the candidates when more than one has that name or beginning.
    """
    chosen = choose(named, _matching(context, kind, named))
    if not chosen:
        raise NotFoundError(f"not-found:{kind}")
    return chosen


def resolve_any(context: ServiceContext, named: str) -> str:
    """Return the id of an object of any kind, as `resolve` does, or what was given when no table has it.

    Raises `InputError` listing the candidates when more than one has that name or beginning.
    """
    kinds = [kind for kind, row in OBJECT_KINDS.items() if row.table is not None]
    return choose(named, [each for kind in kinds for each in _matching(context, kind, named)]) or named


def _matching(context: ServiceContext, kind: str, named: str) -> list[tuple[str, str]]:
    """Return ids and names of the objects of a kind that may be meant."""
    row, named = OBJECT_KINDS[kind], named.strip()
    if len(named) > MAX_NAMED_CHARACTERS:
        return []
    table = row.table
    assert table is not None, f"objects of the kind {kind} are in no table"
    name = table.c.name if row.named else cast(table.c.id, String)
    beginnings = (named, f"{row.prefix}_{named}")
    matches = or_(name == named, *(table.c.id.startswith(each, autoescape=True) for each in beginnings if named))
    with context.database.begin() as connection:
        return [
            (each.id, each.name) for each in connection.execute(select(table.c.id, name.label("name")).where(matches))
        ]


def choose(named: str, candidates: Sequence[tuple[str, str]]) -> str:
    """Return the id of the one candidate (id and name) that is meant, "" when none is.

    An exact id comes first, then what has that name or an id that begins so. Raises `InputError` listing the candidates
    when that is more than one: a name that looks like an id must not stand in for the object with that id.
    """
    named = named.strip()
    exact = [each for each in candidates if each[0] == named]
    begun = [each for each in candidates if named and any(text.startswith(named) for text in _written(each[0]))]
    chosen = exact or list(dict.fromkeys([*(each for each in candidates if each[1] == named), *begun]))
    if len(chosen) > 1:
        listed = tuple(verbatim(each if name in ("", each) else f"{name} ({each})") for each, name in chosen)
        raise InputError("name.ambiguous", named=named, count=len(chosen), candidates=listed[:MAX_CANDIDATES])
    return chosen[0][0] if chosen else ""


def _written(identifier: str) -> tuple[str, str]:
    """Return an id as it may be typed: with the prefix of its kind or without."""
    return identifier, identifier.partition("_")[2]
