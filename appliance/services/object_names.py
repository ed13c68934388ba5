"""Objects by what people call them: an id, a name, or any beginning of an id that only one has."""

from dataclasses import dataclass

from sqlalchemy import String, cast, or_, select

from appliance.foundation.errors import InputError, NotFoundError
from appliance.foundation.messages import verbatim
from appliance.services.context import ServiceContext
from appliance.services.object_kinds import OBJECT_KINDS

MAX_CANDIDATES = 8  # that a sentence lists


@dataclass(frozen=True)
class Reference:
    """Marks a parameter that names an object of a kind."""

    kind: str


def resolve(context: ServiceContext, kind: str, named: str) -> str:
    """Return the id of the object that somebody named.

    An exact id comes first, then an exact name, then the beginning of an id, with or without the kind's own ("ds_").
    Raises `NotFoundError`, and `InputError` listing the candidates when more than one has that name or beginning.
    """
    row = OBJECT_KINDS[kind]
    table = row.table
    assert table is not None, f"objects of the kind {kind} are in no table"
    named = named.strip()
    name = table.c.name if row.named else cast(table.c.id, String)
    with context.database.begin() as connection:
        beginnings = (named, f"{row.prefix}_{named}")
        matches = or_(name == named, *(table.c.id.startswith(each, autoescape=True) for each in beginnings if named))
        found = connection.execute(select(table.c.id, name.label("name")).where(matches)).all()
    for chosen in ([each for each in found if each.id == named], [each for each in found if each.name == named], found):
        if len(chosen) == 1:
            return str(chosen[0].id)
        if chosen:
            listed = tuple(
                verbatim(f"{each.name} ({each.id})" if row.named else each.id) for each in chosen[:MAX_CANDIDATES]
            )
            raise InputError("name.ambiguous", named=named, count=len(chosen), candidates=listed)
    raise NotFoundError(f"not-found:{kind}")


def name_of(context: ServiceContext, kind: str, identifier: str) -> str:
    """Return the name of an object, or its id where it has none."""
    row = OBJECT_KINDS[kind]
    if row.table is None or not row.named:
        return identifier
    with context.database.begin() as connection:
        found = connection.execute(select(row.table.c.name).where(row.table.c.id == identifier)).scalar()
    return str(found or identifier)
