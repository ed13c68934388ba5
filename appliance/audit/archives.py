"""Archived entries of a log: bundles of old entries that left its folder, while their hashes stayed (ADR 0027).

Two kinds of entries describe an archive. `log.archive`, succeeded: the archive (archive_folder.py) was written and
verified. `log.prune`, requested: its bundles are going to be removed, which explains why they are missing. Both have
the details

    first, end    the archive has the full bundles of the entries from `first` to before `end`
    without       except these bundles, by index: "3,7-9"
    digest        SHA-256 of the archive's list of files

and `log.prune` has `open`: the sequences of the requests before `end` without an outcome at that time. The outcomes of
the others may be in the archive only.

A bundle with an action in `STAYING` is never archived: replaying the log needs these entries (keys, restores,
archives), and reviews must remain visible. Nor is a bundle with a request that has no outcome.

`.archived` in the log's folder, {"prunes": [sequences of the `log.prune` entries], "version": 1}, saves searching for
these entries when the log is opened. It proves nothing: the entries themselves are read.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.audit.events import MAX_TEXT_CHARACTERS, Outcome
from appliance.audit.key_chain import KEY_CHANGE
from appliance.audit.tiles import ENTRIES, POINTER_NAME, WIDTH, tile_path
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import fsync_folder, storage_errors, write_atomic
from appliance.foundation.errors import AuditLogError, InputError
from appliance.foundation.messages import Message, message

ARCHIVE, PRUNE = "log.archive", "log.prune"
STAYING = frozenset({ARCHIVE, PRUNE, KEY_CHANGE, "home.restore", "audit.review"})
MAX_POINTER_BYTES = 1024 * 1024
_READING = message("task:read-log")
_NAMED_RUNS = 5  # in a sentence
_RUNS = re.compile(r"(\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)*)?")


@dataclass(frozen=True)
class ArchivePlan:
    """The bundles of an archive, by index, ascending, at least one."""

    bundles: tuple[int, ...]

    @property
    def first(self) -> int:
        """Return the sequence of the first entry."""
        return self.bundles[0] * WIDTH

    @property
    def end(self) -> int:
        """Return the sequence after the last entry."""
        return (self.bundles[-1] + 1) * WIDTH

    @property
    def details(self) -> dict[str, str | int | bool]:
        """Return the plan as details of an entry."""
        between = set(range(self.bundles[0], self.bundles[-1])) - set(self.bundles)
        return {"first": self.first, "end": self.end, "without": runs_text(between)}

    @classmethod
    def fitting(cls, bundles: Sequence[int], waiting: Collection[int]) -> "ArchivePlan | None":
        """Return a plan of the first of these bundles, as many as an entry can name, or None if there are none.

        `waiting` are the sequences of the requests without an outcome.
        """
        while bundles:
            plan = cls(tuple(bundles))
            texts = (str(plan.details["without"]), runs_text(sequence for sequence in waiting if sequence < plan.end))
            if max(map(len, texts)) <= MAX_TEXT_CHARACTERS:
                return plan
            bundles = bundles[: len(bundles) // 2]
        return None

    @classmethod
    def parse(cls, details: Mapping[str, Any]) -> "ArchivePlan":
        """Parse the details of an entry. Raises `ValueError`, `KeyError`, `TypeError`."""
        first, end = details["first"], details["end"]
        if first % WIDTH or end % WIDTH or not 0 <= first < end:
            raise ValueError("not full bundles")
        without = parse_runs(details["without"], end // WIDTH)
        bundles = tuple(index for index in range(first // WIDTH, end // WIDTH) if index not in without)
        return cls(bundles)


@dataclass
class Archives:
    """The bundles that a log's entries declare as archived (`explained`) and those missing in its folder (`gone`)."""

    prunes: list[int] = field(default_factory=list)
    explained: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)

    def follow(self, entry: Mapping[str, Any]) -> None:
        """Add the bundles that an entry declares as removed. Raises `AuditLogError` if that is impossible."""
        if entry["action"] != PRUNE or entry["outcome"] != Outcome.REQUESTED:
            return
        try:
            plan = ArchivePlan.parse(entry["details"])
            possible = plan.end <= entry["sequence"]
        except (ValueError, KeyError, TypeError):
            possible = False
        if not possible:
            raise AuditLogError("audit.archive:impossible", entry=entry["sequence"], sequence=entry["sequence"])
        self.prunes.append(entry["sequence"])
        self.explained.update(plan.bundles)

    def verify_explained(self) -> None:
        """Raise `AuditLogError` unless an entry explains every missing bundle."""
        missing = self.gone - self.explained
        if missing:
            first, path = min(missing) * WIDTH, tile_path(ENTRIES, min(missing))
            raise AuditLogError("audit.truncated:unexplained", entry=first, sequence=first, path=path)

    def verify_here(self, index: int) -> None:
        """Raise `AuditLogError` if the bundle is archived."""
        if index in self.gone:
            first, path = index * WIDTH, tile_path(ENTRIES, index)
            raise AuditLogError("audit.archived", entry=first, first=first, last=first + WIDTH - 1, path=path)

    def here(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of entries from `start` to before `stop` that are not archived, each as (first, end)."""
        begin = start
        for index in range(start // WIDTH, -(-stop // WIDTH)):
            if index in self.gone:
                if begin < index * WIDTH:
                    yield begin, index * WIDTH
                begin = (index + 1) * WIDTH
        if begin < stop:
            yield begin, stop

    @property
    def archived(self) -> "ArchivedEntries | None":
        """Return which entries are archived, if any."""
        return ArchivedEntries.of(self.gone)


@dataclass(frozen=True)
class ArchivedEntries:
    """Which entries are archived: how many, in which ranges (first, last), and the sentence that says so."""

    entries: int
    runs: tuple[tuple[int, int], ...]
    sentence: Message

    @classmethod
    def of(cls, bundles: Iterable[int]) -> "ArchivedEntries | None":
        """Return the entries of these bundles, or None if there are no bundles."""
        runs = tuple((first * WIDTH, (last + 1) * WIDTH - 1) for first, last in _runs(bundles))
        if not runs:
            return None
        named = [message("audit.archived:range", first=first, last=last) for first, last in runs[:_NAMED_RUNS]]
        if len(runs) > _NAMED_RUNS:
            named.append(message("audit.archived:more-ranges", count=len(runs) - _NAMED_RUNS))
        sentence = message("audit.archived:summary", ranges=tuple(named))
        return cls(sum(last - first + 1 for first, last in runs), runs, sentence)


def prune_details(
    plan: ArchivePlan, digest: str, unfinished: Iterable[Mapping[str, Any]]
) -> dict[str, str | int | bool]:
    """Return the details of the entry that announces the removal."""
    waiting = {entry["sequence"] for entry in unfinished if entry["sequence"] < plan.end}
    return {**plan.details, "digest": digest, "open": runs_text(waiting)}


def still_open(entry: Mapping[str, Any]) -> tuple[int, set[int]] | None:
    """Return `end` and the open requests before it of an entry that removes bundles, or None for other entries."""
    if entry["action"] != PRUNE or entry["outcome"] != Outcome.REQUESTED:
        return None
    details = entry["details"]
    return details["end"], parse_runs(details["open"], details["end"])


def remove_bundles(folder: Path, archives: Archives, bundles: Iterable[int]) -> int:
    """Remove these bundles, as far as `archives` explains them, durably, and return how many existed.

    The pointer is durable before the first removal. Raises `StorageError`; some bundles may be removed then.
    """
    keep_pointer(folder, archives)
    count, parents = 0, set()
    with storage_errors(message("task:remove-archived")):
        for index in sorted(set(bundles) & archives.explained):
            path = folder / tile_path(ENTRIES, index)
            archives.gone.add(index)
            if path.exists():
                path.unlink()
                parents.add(path.parent)
                count += 1
        for parent in parents:
            fsync_folder(parent)
    return count


def read_pointer(folder: Path) -> list[int]:
    """Return the sequences of the entries that explain missing bundles. Raises `AuditLogError`, `StorageError`."""
    path = folder / POINTER_NAME
    with storage_errors(_READING):
        if not path.is_file():
            return []
        with open(path, "rb") as file:
            data = file.read(MAX_POINTER_BYTES)
    try:
        value: Any = canonical_json.decode(data)
    except InputError:
        value = None
    if not isinstance(value, dict) or value.keys() != {"prunes", "version"} or value["version"] != 1:
        raise AuditLogError("audit.pointer:damaged", file=POINTER_NAME)
    return [int(sequence) for sequence in value["prunes"]]


def keep_pointer(folder: Path, archives: Archives) -> bool:
    """Save which entries explain missing bundles, and return whether that has changed. Raises `StorageError`."""
    data = canonical_json.encode({"prunes": archives.prunes, "version": 1})
    path = folder / POINTER_NAME
    with storage_errors(_READING):
        known = path.read_bytes() if path.is_file() else b""
    if not archives.prunes or known == data:
        return False
    write_atomic(path, data)
    return True


def runs_text(numbers: Iterable[int]) -> str:
    """Return numbers as text: "3,7-9"."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in _runs(numbers))


def parse_runs(text: str, end: int) -> set[int]:
    """Return the numbers, all below `end`. Raises `ValueError`."""
    if not _RUNS.fullmatch(text):
        raise ValueError("not runs of numbers")
    numbers: set[int] = set()
    for run in text.split(",") if text else []:
        first, _, last = run.partition("-")
        if int(last or first) >= end:
            raise ValueError("a number is too large")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the runs of consecutive numbers, each as (first, last)."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
