"""What of a log was archived: bundles of old entries that left its folder, and whose hashes stayed (ADR 0027).

Two kinds of entries speak of it. `log.archive`, succeeded: an archive (archive_folder.py) was written, read again, and
is the log's. `log.prune`, requested: its bundles are going to be removed; this is what explains that they are missing.
Both have the details

    first, end    the archive has whole bundles, of the entries from `first` to before `end`
    without       but not these bundles between them, by index: "3,7-9"
    digest        SHA-256 of the archive's list of files

and `log.prune` has `open`: the sequences of the requests before `end` that had no outcome then. Whoever reads the log
without the archive cannot find the outcomes of the others.

A bundle with an entry of `STAYING` is never archived: what reading the log anew needs (keys, restores, archives) and
the reviews, which say what was looked at. Nor is one with a request that has no outcome.

`.archived` in the log's folder, {"prunes": [sequences of the `log.prune` entries], "version": 1}, saves opening the
search for them. It is no evidence: the entries that it names are read.
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

ARCHIVE, PRUNE = "log.archive", "log.prune"
STAYING = frozenset({ARCHIVE, PRUNE, KEY_CHANGE, "home.restore", "audit.review"})
MAX_POINTER_BYTES = 1024 * 1024
_RUNS = re.compile(r"(\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)*)?")


@dataclass(frozen=True)
class ArchivePlan:
    """The bundles of one archive, by index, ascending; never empty."""

    bundles: tuple[int, ...]

    @property
    def first(self) -> int:
        """Return the first entry."""
        return self.bundles[0] * WIDTH

    @property
    def end(self) -> int:
        """Return the entry after the last one."""
        return (self.bundles[-1] + 1) * WIDTH

    @property
    def details(self) -> dict[str, str | int | bool]:
        """Return what an entry says of it."""
        between = set(range(self.bundles[0], self.bundles[-1])) - set(self.bundles)
        return {"first": self.first, "end": self.end, "without": runs_text(between)}

    @classmethod
    def fitting(cls, bundles: Sequence[int], waiting: Collection[int]) -> "ArchivePlan | None":
        """Return a plan of the first of these bundles, as many as one entry of the log can name; None when there are
        none.

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
        """Read it from an entry's details. Raises `ValueError`, `KeyError`, `TypeError`."""
        first, end = details["first"], details["end"]
        if first % WIDTH or end % WIDTH or not 0 <= first < end:
            raise ValueError("no whole bundles")
        without = parse_runs(details["without"], end // WIDTH)
        bundles = tuple(index for index in range(first // WIDTH, end // WIDTH) if index not in without)
        return cls(bundles)


@dataclass
class Archives:
    """What a log says was archived (`explained`), and which bundles its folder does not have (`gone`); both by
    index.
    """

    prunes: list[int] = field(default_factory=list)
    explained: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)

    def follow(self, entry: Mapping[str, Any]) -> None:
        """Take note of an entry that says that bundles are removed. Raises `AuditLogError` for one that cannot be."""
        if entry["action"] != PRUNE or entry["outcome"] != Outcome.REQUESTED:
            return
        try:
            plan = ArchivePlan.parse(entry["details"])
            possible = plan.end <= entry["sequence"]
        except (ValueError, KeyError, TypeError):
            possible = False
        if not possible:
            raise AuditLogError("audit.archive:entry-audit-log", entry=entry["sequence"], sequence=entry["sequence"])
        self.prunes.append(entry["sequence"])
        self.explained.update(plan.bundles)

    def verify_explained(self) -> None:
        """Raise `AuditLogError` unless an entry explains every bundle that is missing."""
        missing = self.gone - self.explained
        if missing:
            first = min(missing)
            raise AuditLogError(
                "audit.truncated", entry=first * WIDTH, first=first * WIDTH, entries=repr(tile_path(ENTRIES, first))
            )

    def verify_here(self, index: int) -> None:
        """Raise `AuditLogError` when the bundle is archived."""
        if index in self.gone:
            raise AuditLogError(
                "audit.archived",
                entry=index * WIDTH,
                index=index * WIDTH,
                index_2=(index + 1) * WIDTH - 1,
                entries=repr(tile_path(ENTRIES, index)),
            )

    def here(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the runs of entries from `start` to before `stop` that are not archived, each as its first and the one
        after its last.
        """
        begin = start
        for index in range(start // WIDTH, -(-stop // WIDTH)):
            if index in self.gone:
                if begin < index * WIDTH:
                    yield begin, index * WIDTH
                begin = (index + 1) * WIDTH
        if begin < stop:
            yield begin, stop

    def told(self) -> dict[str, Any] | None:
        """Return which entries are archived, for people and for programs; None when none are."""
        return told_of(self.gone)


def told_of(bundles: Iterable[int]) -> dict[str, Any] | None:
    """Return which entries these bundles have, and a sentence that says that they are archived; None when there are
    none.
    """
    runs = [[first * WIDTH, (last + 1) * WIDTH - 1] for first, last in _runs(bundles)]
    if not runs:
        return None
    named = ", ".join(f"{first} to {last}" for first, last in runs[:5]) + (
        f" and {len(runs) - 5} more runs" if len(runs) > 5 else ""
    )
    return {
        "entries": sum(last - first + 1 for first, last in runs),
        "runs": runs,
        "sentence": f"Entries {named} are archived: their hashes are here, what they say is in the archives.",
    }


def prune_details(
    plan: ArchivePlan, digest: str, unfinished: Iterable[Mapping[str, Any]]
) -> dict[str, str | int | bool]:
    """Return what the entry says that comes before the removal."""
    waiting = {entry["sequence"] for entry in unfinished if entry["sequence"] < plan.end}
    return {**plan.details, "digest": digest, "open": runs_text(waiting)}


def still_open(entry: Mapping[str, Any]) -> tuple[int, set[int]] | None:
    """Return, of an entry that says that bundles are removed, up to where, and which requests before had no outcome;
    None for any other.
    """
    if entry["action"] != PRUNE or entry["outcome"] != Outcome.REQUESTED:
        return None
    details = entry["details"]
    return details["end"], parse_runs(details["open"], details["end"])


def remove_bundles(folder: Path, archives: Archives, bundles: Iterable[int]) -> int:
    """Remove these bundles, which `archives` explains, durably; return how many were there.

    What says so is durable before the first one goes. Raises `StorageError`, some of them removed.
    """
    keep_pointer(folder, archives)
    count, parents = 0, set()
    with storage_errors("Removing archived entries"):
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
    """Return the sequences of the entries that explain what is missing. Raises `AuditLogError`, `StorageError`."""
    path = folder / POINTER_NAME
    with storage_errors("Reading the audit log"):
        if not path.is_file():
            return []
        with open(path, "rb") as file:
            data = file.read(MAX_POINTER_BYTES)
    try:
        value: Any = canonical_json.decode(data)
    except InputError:
        value = None
    if not isinstance(value, dict) or value.keys() != {"prunes", "version"} or value["version"] != 1:
        raise AuditLogError("audit.pointer", pointer_name=repr(POINTER_NAME))
    return [int(sequence) for sequence in value["prunes"]]


def keep_pointer(folder: Path, archives: Archives) -> bool:
    """Write down which entries explain what is missing; tell whether that was new. Raises `StorageError`."""
    data = canonical_json.encode({"prunes": archives.prunes, "version": 1})
    path = folder / POINTER_NAME
    with storage_errors("Reading the audit log"):
        known = path.read_bytes() if path.is_file() else b""
    if not archives.prunes or known == data:
        return False
    write_atomic(path, data)
    return True


def runs_text(numbers: Iterable[int]) -> str:
    """Return numbers as text: "3,7-9"."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in _runs(numbers))


def parse_runs(text: str, end: int) -> set[int]:
    """Return the numbers, all of them below `end`. Raises `ValueError`."""
    if not _RUNS.fullmatch(text):
        raise ValueError("no runs of numbers")
    found: set[int] = set()
    for run in text.split(",") if text else []:
        first, _, last = run.partition("-")
        if int(last or first) >= end:
            raise ValueError("a number is too large")
        found.update(range(int(first), int(last or first) + 1))
    return found


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the runs of consecutive numbers, each as its first and its last."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
