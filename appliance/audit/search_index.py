"""What one has to know of each entry to find it again: a few columns in memory, about 50 bytes an entry, made from the
log alone.

Nothing here is kept on a disk and nothing is trusted: `read` gives what was found from the log itself. That nothing was
left out is seen by the root: the index hashes every entry that it takes in, and `catch_up` compares the root of its
tree (merkle.py) with the log's. An entry that was changed, cut out or put in after the log was opened makes it an
error; one that is changed after it was taken in makes `read` one, which compares the first half of each hash.

Of entries that are archived (archives.py) it has the hashes alone; nothing finds them.

Two fields are followed from one object to another. `details` name what an object was made from (`"dataset": "ds_..."`),
and so does a `request` that is a job's id. `made_from` and `makes` answer with these.
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

BLOCK = 4096  # entries between two looks at whether to stop
OUTCOMES = tuple(Outcome)
LEAF_BYTES = 16  # of an entry's hash: to find another entry with the same half takes 2^128 tries
_FIRST_ROOM = 4096
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
# Canonical JSON has its fields in one order, so that a pattern reads an entry ten times faster than a parser. What has
# an escape in one of these texts does not match, and is parsed.
_ENTRY = re.compile(
    rf'\{{"action":{_TEXT},"actor":\{{"id":{_TEXT},"role":"[^"\\]*","session":"[^"\\]*"\}},"boot_id":"[^"\\]*","details":\{{(.*)\}},'
    rf'"monotonic_us":\d+,"object":\{{"digest":"[^"\\]*","id":{_TEXT},"kind":{_TEXT}\}},"outcome":{_TEXT},'
    rf'"reason":"(?:[^"\\]|\\.)*","request":{_TEXT},"sequence":\d+,"time_us":(\d+),"version":1\}}',
    re.DOTALL,
)
_ID = re.compile(r'"([a-z]{2,3}_[0-9a-f]{20,64})"')
_NO_OBJECTS = ("rq_", "us_")  # a request is joined by its own column; people make things, but nothing is made from them
_NAMING = sorted(action for action, event in EVENTS.items() if str in event.details.values())
_NO_PRODUCTS = frozenset(
    {"log", "user", "session", "account", "person"}
)  # acts upon these name objects without making anything


@dataclass(frozen=True)
class Query:
    """What to look for; what is None or empty does not narrow. Times are microseconds since 1970, `until_us` excluded.

    `people` are ids of whoever acted or was acted upon; `objects` are ids; an `action` that ends with "." means all of
    that noun.
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
        """Tell whether an entry, read from the log, is one that was looked for."""
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
    """Texts as small numbers."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """Return the number of a text, a new one when there is none."""
        found = self.numbers.get(text)
        if found is None:
            found = self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return found

    def numbers_of(self, texts: Iterable[str]) -> list[int]:
        """Return the numbers of those texts that have one."""
        return [self.numbers[text] for text in texts if text in self.numbers]


class SearchIndex:
    """The index of one log. Thread-safe: one thread takes in at a time, the others wait; finding needs no lock."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self.actors, self.ids, self.kinds, self.actions = _Names(), _Names(), _Names(), _Names()
        self._columns: dict[str, Any] = {}
        self._room = 0
        self._tree = CompactRange()
        self._made_from: dict[int, set[int]] = {}
        self._makes: dict[int, set[int]] = {}
        self._taking_in = threading.Lock()
        self.size = 0  # set last: what lies below it never changes

    def catch_up(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Take in what the log got since, and compare the roots. Ends early, and returns False, when `stop` says so.

        Raises `AuditLogError` when the log's files are not what the log knows, `StorageError`.
        """
        with self._taking_in:
            head = self._log.head
            while self.size < head.size:
                if stop():
                    return False
                self._take_in(min(head.size, self.size + BLOCK))
            if self.size == head.size and not hmac.compare_digest(self._tree.root(), head.root):
                raise AuditLogError("audit.changed:files-audit-log")
        return True

    @property
    def root(self) -> bytes:
        """Return the root over what was taken in."""
        return self._tree.root()

    def find(self, query: Query) -> "Positions":
        """Return the sequences of the entries that match, ascending, among those that were taken in."""
        import numpy as np  # noqa: PLC0415 - starts threads

        size = self.size
        first, stop = max(0, query.first), size if query.last is None else min(size, query.last + 1)
        column = {name: values[first:stop] for name, values in self._columns.items()}
        if stop <= first:
            return np.zeros(0, dtype=np.int64)
        kept = column["outcome"] != _ARCHIVED
        if query.people is not None:
            acted = _is_one_of(column["actor"], self.actors.numbers_of(query.people))
            kept &= acted | _is_one_of(column["object"], self.ids.numbers_of(query.people))
        if query.objects is not None:
            kept &= _is_one_of(column["object"], self.ids.numbers_of(query.objects))
        if query.kind:
            kept &= _is_one_of(column["kind"], self.kinds.numbers_of([query.kind]))
        if query.action:
            meant = [
                number for number, text in enumerate(list(self.actions.texts)) if _action_matches(query.action, text)
            ]
            kept &= _is_one_of(column["action"], meant)
        if query.outcome:
            kept &= column["outcome"] == (OUTCOMES.index(Outcome(query.outcome)) if query.outcome in OUTCOMES else -1)
        if query.request:
            kept &= column["request"] == hash(query.request)
        if query.since_us is not None:
            kept &= column["time_us"] >= query.since_us
        if query.until_us is not None:
            kept &= column["time_us"] < query.until_us
        return np.flatnonzero(kept) + first

    def read(self, sequences: Iterable[int]) -> list[dict[str, Any]]:
        """Return what `stream` yields."""
        return list(self.stream(sequences))

    def stream(self, sequences: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Yield these entries from the log, in this order: each the one that was taken in. Raises `AuditLogError`,
        `StorageError`.

        Neighbours are read together, so that reading many costs no more than reading the log.
        """
        for _bundle, some in itertools.groupby(sequences, lambda sequence: sequence // WIDTH):
            wanted = list(some)
            first = min(wanted)
            raws = list(self._log.raw_entries(first, max(wanted) + 1))
            for sequence in wanted:
                yield self._verified(raws[sequence - first], sequence)

    def _verified(self, raw: bytes, sequence: int) -> dict[str, Any]:
        if not hmac.compare_digest(self._columns["leaf"][sequence].tobytes(), leaf_hash(raw)[:LEAF_BYTES]):
            raise AuditLogError("audit.changed", entry=sequence, sequence=sequence)
        return parse_entry(raw, sequence)

    def values(self, name: str, positions: "Positions") -> Any:
        """Return a column (`time_us`, `actor`, `object`, `kind`, `action`, `outcome`) at `positions`, as numbers."""
        return self._columns[name][positions] if self._columns else positions

    def made_from(self, object_id: str) -> set[str]:
        """Return the ids of what the object was made from, by all steps back."""
        return self._follow(object_id, self._made_from)

    def makes(self, object_id: str) -> set[str]:
        """Return the ids of what was made from the object, by all steps onward."""
        return self._follow(object_id, self._makes)

    def naming(self, object_ids: Iterable[str]) -> list["Positions"]:
        """Return the sequences of entries that may name one of the objects in a detail: on what was made from it, by
        events that can.
        """
        numbers = self.ids.numbers_of(object_ids)
        products = frozenset(
            self.ids.texts[product] for number in numbers for product in tuple(self._makes.get(number, ()))
        )
        return [self.find(Query(objects=products, action=action)) for action in _NAMING]

    def _follow(self, object_id: str, edges: dict[int, set[int]]) -> set[str]:
        begin = self.ids.numbers.get(object_id)
        found, waiting = set(), [] if begin is None else [begin]
        while waiting:
            for number in tuple(edges.get(waiting.pop(), ())):
                if number not in found and number != begin:
                    found.add(number)
                    waiting.append(number)
        return {self.ids.texts[number] for number in found}

    # What follows runs under self._taking_in.

    def _take_in(self, stop: int) -> None:
        import numpy as np  # noqa: PLC0415 - starts threads

        rows: list[tuple[int, ...]] = []
        leaves = []
        for sequence, (leaf, raw) in enumerate(self._log.leaves(self.size, stop), start=self.size):
            leaves.append(leaf)
            rows.append(_ARCHIVED_ROW if raw is None else self._row(raw, sequence))
        self._make_room(stop)
        for name, values in zip(_COLUMNS, zip(*rows, strict=True), strict=True):
            self._columns[name][self.size : stop] = values
        self._columns["leaf"][self.size : stop] = np.frombuffer(
            b"".join(leaf[:LEAF_BYTES] for leaf in leaves), dtype=_LEAF
        )
        for leaf in leaves:
            self._tree.push(leaf)
        self.size = stop

    def _row(self, raw: bytes, sequence: int) -> tuple[int, ...]:
        """Return an entry's values in the order of `_COLUMNS`, and note what it says of where its object comes from."""
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
            if not source.startswith(_NO_OBJECTS) and _ID.fullmatch(f'"{source}"'):
                other = self.ids.number(source)
                if other != number:
                    self._made_from.setdefault(number, set()).add(other)
                    self._makes.setdefault(other, set()).add(number)

    def _make_room(self, size: int) -> None:
        import numpy as np  # noqa: PLC0415 - starts threads

        if size <= self._room:
            return
        room = max(_FIRST_ROOM, self._room)
        while room < size:
            room *= 2
        grown = {}
        for name, kind in {**_COLUMNS, "leaf": _LEAF}.items():
            grown[name] = np.zeros(room, dtype=kind)
            if self.size:
                grown[name][: self.size] = self._columns[name][: self.size]
        self._columns, self._room = grown, room


def _action_matches(wanted: str, action: str) -> bool:
    """Tell whether an action is the one wanted: a whole one, or all of a noun ("dataset.")."""
    return wanted in ("", action) or (wanted.endswith(".") and action.startswith(wanted))


def _is_one_of(column: Any, numbers: list[int]) -> Any:
    import numpy as np  # noqa: PLC0415 - starts threads

    if len(numbers) == 1:
        return column == numbers[0]
    return np.isin(column, np.array(numbers, dtype=column.dtype))
