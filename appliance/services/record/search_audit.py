"""Find entries of the log by person, action, object, time and outcome. Looking is logged.

The index (audit/search_index.py) says where to look; what is shown is read from the log itself and verified, and held
against the question once more.
"""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from appliance.audit import ArchivedEntries, Entry
from appliance.audit.search_index import Query, SearchIndex
from appliance.foundation.errors import ApplianceError, AuditLogError, ConflictError, InputError
from appliance.foundation.identifiers import is_id
from appliance.identity import list_users
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.object_kinds import OBJECT_KINDS
from appliance.services.object_names import resolve_any
from appliance.services.operations import operation
from appliance.services.pseudonyms import account_ref, known_person

PAGE_ENTRIES = 50
MAX_PAGE_ENTRIES = 500
WAIT_S = 2.0  # for a log that is being taken in; a page then says how far that is
DAY_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True, kw_only=True)
class FoundEntries:
    """One page of the entries that were found, of `total`; `last` is the end of the log that was searched."""

    entries: list[Entry]
    total: int
    page: int
    pages: int
    last: int
    archived: ArchivedEntries | None


@dataclass(frozen=True)
class SearchChoices:
    """The actions and the kinds of object that the log has, and the people's names."""

    actions: list[str]
    kinds: list[str]
    people: list[str]


class AuditDesk:
    """Keeps the log's index while this process runs. It holds no keys, and is made from the log anew at each start."""

    def __init__(self, context: ServiceContext) -> None:
        self.context = context
        self._made: SearchIndex | None = None
        self._making = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take in the log in the background, so that the first search need not wait."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._take_in, name="audit index", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def share(self) -> float | None:
        """Return how much of the log was taken in, 0 to 1, while that goes on in the background, else None."""
        running = self._thread is not None and self._thread.is_alive()
        return self._the_index().size / max(1, self.context.log.size) if running else None

    def index(self) -> SearchIndex:
        """Return the index with every entry that there is now.

        Raises `ConflictError` while the log is being taken in and that takes long, `AuditLogError`, `StorageError`.
        """
        if self._thread is not None:
            self._thread.join(WAIT_S)
        share = self.share
        if share is not None:
            raise ConflictError("audit.reading", share=share)
        index = self._the_index()
        index.catch_up()
        return index

    def forget(self) -> None:
        """Begin the index anew at the next look: entries left for an archive."""
        with self._making:
            self._made = None

    def entries(self, *queries: Query) -> Iterator[Entry]:
        """Yield the entries that one of `queries` is about, ascending: found by the index, read from the log.

        Where the log is still being taken in, the whole of it is read instead: slower, and the same.
        """
        return self.entries_at(
            lambda index: [index.find(query) for query in queries], lambda entry: any(q.matches(entry) for q in queries)
        )

    def entries_at(self, find: Callable[[SearchIndex], list[Any]], holds: Callable[[Entry], bool]) -> Iterator[Entry]:
        """Yield the entries that hold, of those at the places that the index finds; `holds` alone says which where it
        is not ready.

        What is archived is left out.
        """
        if self.share is not None:
            return filter(holds, self.context.log.entries_here())
        import numpy as np  # noqa: PLC0415 - starts threads

        index = self.index()
        return filter(holds, index.stream(np.unique(np.concatenate(find(index))).tolist()))

    def _the_index(self) -> SearchIndex:
        with self._making:
            if self._made is None:
                self._made = SearchIndex(self.context.log)
            return self._made

    def _take_in(self) -> None:
        with contextlib.suppress(ApplianceError):  # Whoever searches meets it again, and is told.
            self._the_index().catch_up(self._ending.is_set)


@operation("audit.search", action="audit.read", on="log")
def search_audit(
    context: ServiceContext,
    caller: Caller,
    *,
    person: str = "",
    action: str = "",
    kind: str = "",
    object_id: str = "",
    outcome: str = "",
    request: str = "",
    since: str = "",
    until: str = "",
    first: int = 0,
    last: int | None = None,
    page: int = 0,
    limit: int = PAGE_ENTRIES,
) -> FoundEntries:
    """Return one page of the entries that match, newest first. What is archived is not searched.

    `person` is a name or an id, `object_id` a name, an id or the beginning of one, `action` a whole one or a noun with
    its dot ("dataset."), `since` and `until` are days (the last one included) or moments, UTC. `last` keeps the pages
    of one search from moving while the log grows: it is the answer's `last`. Raises `InputError` for what no entry can
    be asked for.
    """
    desk = context.part(AuditDesk)
    context.verify_allowed(caller, "audit.read", LOG)
    object_id = resolve_any(context, object_id)
    last = context.log.size - 1 if last is None else last
    query = Query(
        people=people_called(context, person.strip()) if person.strip() else None,
        objects=frozenset({object_id}) if object_id else None,
        kind=kind,
        action=action,
        outcome=outcome,
        request=request.strip(),
        since_us=moment(since) if since.strip() else None,
        until_us=moment(until, end=True) if until.strip() else None,
        first=max(0, first),
        last=last,
    )
    asked: dict[str, str | bool] = {
        "look": "search",
        "action": action,
        "kind": kind,
        "outcome": outcome,
        "object": loggable(object_id),
        "person": bool(person),
    }
    with context.act(caller, "audit.read", LOG, {name: value for name, value in asked.items() if value}):
        index = desk.index()
        found = index.find(query)
        limit, page = min(max(1, limit), MAX_PAGE_ENTRIES), max(0, page)
        chosen = [int(sequence) for sequence in found[::-1][page * limit : (page + 1) * limit]]
        entries = index.read(chosen)
        if not all(query.matches(entry) for entry in entries):
            raise AuditLogError("audit:index")
    return FoundEntries(
        entries=with_names(context, entries),
        total=len(found),
        page=page,
        pages=max(1, -(-len(found) // limit)),
        last=last,
        archived=context.log.archives.archived,
    )


def choices(context: ServiceContext, index: SearchIndex) -> SearchChoices:
    """Return what the search form offers."""
    with context.database.begin() as connection:
        names = [user.name for user in list_users(connection)]
    return SearchChoices(sorted(index.actions.texts), sorted(index.kinds.texts), names)


def with_names(context: ServiceContext, entries: list[Entry]) -> list[Entry]:
    """Add what the log may not hold: the names of who acted (`person`) and on what (`object_name`), or ""."""
    ids = {entry["object"]["id"] for entry in entries} | {entry["actor"]["id"] for entry in entries}
    names = names_of(context, ids)
    return [
        {**entry, "person": names.get(entry["actor"]["id"], ""), "object_name": names.get(entry["object"]["id"], "")}
        for entry in entries
    ]


def names_of(context: ServiceContext, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of objects by id, of those that have one: people, datasets, models, adapters."""
    wanted = set(ids)
    names: dict[str, str] = {}
    with context.database.begin() as connection:
        for kind in OBJECT_KINDS.values():
            some = [identifier for identifier in wanted if identifier.startswith(f"{kind.prefix}_")]
            if some and kind.named and kind.table is not None:
                rows = connection.execute(select(kind.table.c.id, kind.table.c.name).where(kind.table.c.id.in_(some)))
                names |= {row.id: row.name for row in rows}
    return names


def people_called(context: ServiceContext, person: str) -> frozenset[str]:
    """Return the ids under which somebody is in the log.

    An account's, the fingerprint of a name that was typed to sign in, and the pseudonym of a person who was looked for
    in the data.
    """
    with context.database.begin() as connection:
        ids = {user.id for user in list_users(connection) if user.name == person}
    known = known_person(context, person)
    return frozenset({person, account_ref(context, person).id, *ids, *([known.target.id] if known else [])})


def loggable(object_id: str) -> str:
    """Return what the log may hold of what somebody typed: an id, and nothing that could be a name."""
    return object_id if is_id(object_id) or not object_id else "typed"


def moment(text: str, *, end: bool = False) -> int:
    """Return a day or a moment (ISO 8601, UTC unless it says otherwise) in microseconds since 1970. `end`: of a day,
    when it is over.

    Raises `InputError`.
    """
    text = text.strip()
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        pass
    else:
        start = int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())
        return start * 1_000_000 + (DAY_US if end else 0)
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError("audit.moment", text=text[:40]) from None
    when = when if when.tzinfo else when.replace(tzinfo=dt.UTC)
    return int(when.timestamp() * 1_000_000)
