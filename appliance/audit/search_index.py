"""An index to search the log: a few columns in memory, about 50 bytes for each entry, built from the log alone.

The index is not stored and not trusted: `read` returns entries from the log itself. It is complete, because it hashes
every entry it adds, and `catch_up` compares the root of its tree (merkle.py) with the log's: it fails if an entry was
changed, removed or inserted since the log was opened. `read` compares the first half of each hash, so it fails if an
entry was changed later.

Of archived entries (archives.py) the index has only the hashes, so it never finds them.

Two fields link objects: `details` name what an object was made from (`"dataset": "ds_..."`), and so does a `request`
that is a job's id. `made_from` and `makes` follow these links.
"""

import hmac
import itertools
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appliance.audit.catalogue import EVENTS
from appliance.audit.events import Outcome, parse_entry
from appliance.audit.log import AuditLog
from appliance.audit.merkle import CompactRange, leaf_hash
from appliance.audit.tiles import WIDTH
from appliance.foundation.errors import AuditLogError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Positions = npt.NDArray[np.int64]

BLOCK = 4096  # entries between two calls of `stop`
OUTCOMES = tuple(Outcome)
LEAF_BYTES = 16  # of an entry's hash: another entry with the same half takes 2^128 tries to find
_FIRST_CAPACITY = 4096
_LEAF = f"V{LEAF_BYTES}"
_COLUMNS = {
    "time_us": "int64",
    "request": "int64",
    **dict.fromkeys(("actor", "object", "kind", "action"), "int32"),
    "outcome": "int8",
}
_ARCHIVED = -1
_ARCHIVED_ROW = (_ARCHIVED,) * len(_COLUMNS)
_TEXT = r'"((?:[^"\\])*)"'
# Canonical JSON has a fixed order of fields, so a pattern reads an entry ten times faster than a parser. Entries with
# escapes in one of these texts do not match, and are parsed.
_ENTRY = re.compile(
    rf'\{{"action":{_TEXT},"actor":\{{"id":{_TEXT},"role":"[^"\\]*","session":"[^"\\]*"\}},"boot_id":"[^"\\]*","details":\{{(.*)\}},'
    rf'"monotonic_us":\d+,"object":\{{"digest":"[^"\\]*","id":{_TEXT},"kind":{_TEXT}\}},"outcome":{_TEXT},'
    rf'"reason":"(?:[^"\\]|\\.)*","request":{_TEXT},"sequence":\d+,"time_us":(\d+),"version":1\}}',
    re.DOTALL,
)
_ID = re.compile(r'"([a-z]{2,3}_[0-9a-f]{20,64})"')
_NO_SOURCES = ("rq_", "us_")  # requests have their own column, and nothing is made from people
_NAMING = sorted(action for action, event in EVENTS.items() if str in event.details.values())
_NO_PRODUCTS = frozenset({"log", "user", "session", "account", "person"})  # their details may name unrelated objects


@dataclass(frozen=True)
class Query:
    """Search conditions; None and empty ones match everything. Times are microseconds since 1970, without `until_us`.

    `people` are ids of actors or of people acted upon, `objects` are ids; an `action` that ends with "." matches all
    actions of that noun.
    """

    people: frozenset[str] | None = None
    objects: frozenset[str] | None = None
    kind: str = ""
    action: str = ""
    outcome: str = ""
    request: str = ""
    since_us: int | None = None
    until_us: int | None = None
    first: int = 0
    last: int | None = None

    def matches(self, entry: dict[str, Any]) -> bool:
        """Return whether an entry, read from the log, matches."""
        actor, target = entry["actor"]["id"], entry["object"]
        return (
            (self.people is None or actor in self.people or target["id"] in self.people)
            and (self.objects is None or target["id"] in self.objects)
            and self.kind in ("", target["kind"])
            and _action_matches(self.action, entry["action"])
            and self.outcome in ("", entry["outcome"])
            and self.request in ("", entry["request"])
            and (self.since_us is None or entry["time_us"] >= self.since_us)
            and (self.until_us is None or entry["time_us"] < self.until_us)
            and self.first <= entry["sequence"]
            and (self.last is None or entry["sequence"] <= self.last)
        )


class _Names:
    """Small numbers for texts."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """Return the number of a text, a new one if it has none."""
        number = self.numbers.get(text)
        if number is None:
            number = self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return number

    def numbers_of(self, texts: Iterable[str]) -> list[int]:
        """Return the numbers of the texts that have one."""
        return [self.numbers[text] for text in texts if text in self.numbers]


class SearchIndex:
    """The index of one log. Thread-safe: one thread adds entries at a time; searching needs no lock."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self.actors, self.ids, self.kinds, self.actions = _Names(), _Names(), _Names(), _Names()
        self._columns: dict[str, Any] = {}
        self._capacity = 0
        self._tree = CompactRange()
        self._made_from: dict[int, set[int]] = {}
        self._makes: dict[int, set[int]] = {}
        self._adding = threading.Lock()
        self.size = 0  # set last: rows below it never change

    def catch_up(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Add the new entries of the log, and compare the roots. Returns False if `stop` ended it early.

        Raises `AuditLogError` if the log's files were changed, `StorageError`.
        """
        with self._adding:
            head = self._log.head
            while self.size < head.size:
                if stop():
                    return False
                self._add(min(head.size, self.size + BLOCK))
            if self.size == head.size and not hmac.compare_digest(self._tree.root(), head.root):
                raise AuditLogError("audit.changed:root")
        return True

    @property
    def root(self) -> bytes:
        """Return the root of the added entries."""
        return self._tree.root()

    def find(self, query: Query) -> "Positions":
        """Return the sequences of the added entries that match, ascending."""
        import numpy as np  # noqa: PLC0415 - starts threads

        size = self.size
        first, stop = max(0, query.first), size if query.last is None else min(size, query.last + 1)
        column = {name: values[first:stop] for name, values in self._columns.items()}
        if stop <= first:
            return np.zeros(0, dtype=np.int64)
        mask = column["outcome"] != _ARCHIVED
        if query.people is not None:
            acting = _is_one_of(column["actor"], self.actors.numbers_of(query.people))
            mask &= acting | _is_one_of(column["object"], self.ids.numbers_of(query.people))
        if query.objects is not None:
            mask &= _is_one_of(column["object"], self.ids.numbers_of(query.objects))
        if query.kind:
            mask &= _is_one_of(column["kind"], self.kinds.numbers_of([query.kind]))
        if query.action:
            actions = [
                number for number, text in enumerate(list(self.actions.texts)) if _action_matches(query.action, text)
            ]
            mask &= _is_one_of(column["action"], actions)
        if query.outcome:
            mask &= column["outcome"] == (OUTCOMES.index(Outcome(query.outcome)) if query.outcome in OUTCOMES else -1)
        if query.request:
            mask &= column["request"] == hash(query.request)
        if query.since_us is not None:
            mask &= column["time_us"] >= query.since_us
        if query.until_us is not None:
            mask &= column["time_us"] < query.until_us
        return np.flatnonzero(mask) + first

    def read(self, sequences: Iterable[int]) -> list[dict[str, Any]]:
        """Return these entries as a list (see `stream`)."""
        return list(self.stream(sequences))

    def stream(self, sequences: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Yield these entries from the log, in this order. Raises `AuditLogError` for a changed one, `StorageError`.

        Neighbours are read together, so reading many entries costs no more than reading the log.
        """
        for _bundle, group in itertools.groupby(sequences, lambda sequence: sequence // WIDTH):
            neighbours = list(group)
            first = min(neighbours)
            raws = list(self._log.raw_entries(first, max(neighbours) + 1))
            for sequence in neighbours:
                yield self._verified(raws[sequence - first], sequence)

    def _verified(self, raw: bytes, sequence: int) -> dict[str, Any]:
        if not hmac.compare_digest(self._columns["leaf"][sequence].tobytes(), leaf_hash(raw)[:LEAF_BYTES]):
            raise AuditLogError("audit.changed:entry", entry=sequence, sequence=sequence)
        return parse_entry(raw, sequence)

    def values(self, name: str, positions: "Positions") -> Any:
        """Return a column (`time_us`, `actor`, `object`, `kind`, `action`, `outcome`) at `positions`, as numbers."""
        return self._columns[name][positions] if self._columns else positions

    def made_from(self, object_id: str) -> set[str]:
        """Return the ids of all objects from which this one was made, directly or indirectly."""
        return self._follow(object_id, self._made_from)

    def makes(self, object_id: str) -> set[str]:
        """Return the ids of all objects made from this one, directly or indirectly."""
        return self._follow(object_id, self._makes)

    def naming(self, object_ids: Iterable[str]) -> list["Positions"]:
        """Return the sequences of entries that may name one of the objects in their details, for each such event."""
        numbers = self.ids.numbers_of(object_ids)
        products = frozenset(
            self.ids.texts[product] for number in numbers for product in tuple(self._makes.get(number, ()))
        )
        return [self.find(Query(objects=products, action=action)) for action in _NAMING]

    def _follow(self, object_id: str, edges: dict[int, set[int]]) -> set[str]:
        start = self.ids.numbers.get(object_id)
        linked, waiting = set(), [] if start is None else [start]
        while waiting:
            for number in tuple(edges.get(waiting.pop(), ())):
                if number not in linked and number != start:
                    linked.add(number)
                    waiting.append(number)
        return {self.ids.texts[number] for number in linked}

    # The following methods run under self._adding.

    def _add(self, stop: int) -> None:
        import numpy as np  # noqa: PLC0415 - starts threads

        rows: list[tuple[int, ...]] = []
        leaves = []
        for sequence, (leaf, raw) in enumerate(self._log.leaves(self.size, stop), start=self.size):
            leaves.append(leaf)
            rows.append(_ARCHIVED_ROW if raw is None else self._row(raw, sequence))
        self._reserve(stop)
        for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=True):
            self._columns[name][self.size : stop] = values
        self._columns["leaf"][self.size : stop] = np.frombuffer(
            b"".join(leaf[:LEAF_BYTES] for leaf in leaves), dtype=_LEAF
        )
        for leaf in leaves:
            self._tree.push(leaf)
        self.size = stop

    def _row(self, raw: bytes, sequence: int) -> tuple[int, ...]:
        """Return an entry's values in the order of `_COLUMNS`, and link its object to its sources."""
        match = _ENTRY.fullmatch(raw.decode("utf-8"))
        if match is not None:
            action, actor, details, object_id, kind, outcome, request, time_us = match.groups()
        else:
            entry = parse_entry(raw, sequence)
            action, actor, outcome, request, time_us = (
                entry["action"],
                entry["actor"]["id"],
                entry["outcome"],
                entry["request"],
                entry["time_us"],
            )
            object_id, kind = entry["object"]["id"], entry["object"]["kind"]
            details = ",".join(f'"{value}"' for value in entry["details"].values())
        number = self.ids.number(object_id)
        if (details or not request.startswith("rq_")) and kind not in _NO_PRODUCTS:
            self._link(number, [*_ID.findall(details), request])
        return (
            int(time_us),
            hash(request),
            self.actors.number(actor),
            number,
            self.kinds.number(kind),
            self.actions.number(action),
            OUTCOMES.index(Outcome(outcome)),
        )

    def _link(self, number: int, sources: list[str]) -> None:
        for source in sources:
            if not source.startswith(_NO_SOURCES) and _ID.fullmatch(f'"{source}"'):
                other = self.ids.number(source)
                if other != number:
                    self._made_from.setdefault(number, set()).add(other)
                    self._makes.setdefault(other, set()).add(number)

    def _reserve(self, size: int) -> None:
        import numpy as np  # noqa: PLC0415 - starts threads

        if size <= self._capacity:
            return
        capacity = max(_FIRST_CAPACITY, self._capacity)
        while capacity < size:
            capacity *= 2
        columns = {}
        for name, kind in {**_COLUMNS, "leaf": _LEAF}.items():
            columns[name] = np.zeros(capacity, dtype=kind)
            if self.size:
                columns[name][: self.size] = self._columns[name][: self.size]
        self._columns, self._capacity = columns, capacity


def _action_matches(pattern: str, action: str) -> bool:
    """Return whether an action matches: an exact one, or all actions of a noun ("dataset.")."""
    return pattern in ("", action) or (pattern.endswith(".") and action.startswith(pattern))


def _is_one_of(column: Any, numbers: list[int]) -> Any:
    import numpy as np  # noqa: PLC0415 - starts threads

    if len(numbers) == 1:
        return column == numbers[0]
    return np.isin(column, np.array(numbers, dtype=column.dtype))
