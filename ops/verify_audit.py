#!/usr/bin/env python3
"""Verify an exported audit log. For auditors: one file, which needs Python 3.11 and the package `cryptography`, nothing
of the appliance.

    python verify_audit.py FOLDER [--key KEY] [--witness FILE]... [--archive FOLDER]...

FOLDER    what `appliance audit export --format folder` wrote
--key     the log's public key as you noted it: the text, or a file with it. Any key that the log ever had will do.
          Without it the key that lies in the folder is taken, which proves only that the folder agrees with itself.
--witness a checkpoint that you carried away earlier (`appliance audit checkpoint`). Whoever holds the signing key can
    write a whole new
          history; that one thing only a witness shows.
--archive a folder with archives of old entries (`appliance audit archive`). Without it, of these the hashes alone are
    checked.

Exit status 0: whole. 1: not; the first problem is named. 2: it could not be checked (wrong call, unreadable file).

What is checked. The log is a Merkle tree (RFC 6962) over its entries, kept as files (C2SP tlog-tiles): `tile/entries/`
has the entries, each after its length in two bytes, 256 in a file; `tile/0/` has the hashes of the entries, `tile/1/`
those over 256 of these, and so on. The `checkpoint` is a signed note (C2SP) with the number of entries and the root of
the tree. This program

  1. reads every entry in order: canonical JSON (RFC 8785), numbered without a gap, of the known form;
  2. recomputes every hash, and compares it with every file that has it;
  3. follows entries `home.restore` (a backup: must name the size and root of the log before it), `log.change-key` (a
      new signing key: the
     old one must have signed it, and that size and root) and `log.prune` (alone explains that entries are missing:
     archived, hashes stay);
  4. compares the root with the checkpoint, and verifies its signature with the key in force; the root at each witness's
      size with that.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256  # entries or hashes in a full file
MAX_FILE_BYTES = WIDTH * (2 + 65_535)
FIELDS: dict[str, type] = dict.fromkeys(("action", "boot_id", "outcome", "reason", "request"), str)
FIELDS |= dict.fromkeys(("version", "sequence", "time_us", "monotonic_us"), int)
FIELDS |= dict.fromkeys(("actor", "object", "details"), dict)
OUTCOMES = {"requested", "denied", "succeeded", "failed"}
PLACE = re.compile(r"tile/(entries|[0-6])/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?\Z")
PUBLISHED_KEY = "verifier-key"
OWN = {".journal", ".archived"}  # of an appliance that is in use; an export has none


class Problem(Exception):  # noqa: N818 - a word for auditors
    """The log is not what it must be. `entry` is the first bad one, None where no single entry can be named."""

    def __init__(self, sentence: str, entry: int | None = None) -> None:
        super().__init__(sentence)
        self.entry = entry


# Hashes (RFC 6962, section 2.1)
def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A growing tree: of the perfect subtrees on its right edge, their heights and hashes."""

    def __init__(self, *leaves: bytes) -> None:
        self.size = 0
        self.edge: list[tuple[int, bytes]] = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash."""
        self.size += 1
        height, value = 0, leaf
        while self.edge and self.edge[-1][0] == height:
            height, value = height + 1, node_hash(self.edge.pop()[1], value)
        self.edge.append((height, value))

    def root(self) -> bytes:
        """Return the hash over all leaves."""
        if not self.edge:
            return hashlib.sha256(b"").digest()
        value = self.edge[-1][1]
        for _, left in reversed(self.edge[:-1]):
            value = node_hash(left, value)
        return value


# Signed notes and keys (C2SP signed-note, tlog-checkpoint)
def parse_key(text: str) -> tuple[str, bytes]:
    """Return name and raw Ed25519 key of `<name>+<id>+<base64>`. Raises `ValueError`."""
    name, number, encoded = text.strip().split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    if len(data) != 33 or data[0] != 1 or key_id(name, data[1:]).hex() != number:
        raise ValueError("no Ed25519 key, or mistyped")
    return name, data[1:]


def key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def signed_by(key: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass
class Checkpoint:
    """A note: its text, whose three lines are the log's name, the number of entries and the root; and its
    signatures.
    """

    text: bytes
    name: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]

    @classmethod
    def parse(cls, note: bytes, what: str) -> "Checkpoint":
        """Read a note, its signatures not verified yet."""
        try:
            text, _, tail = note.rpartition(b"\n\n")
            name, size, root = text.decode().split("\n")
            signatures = []
            for line in tail.decode()[:-1].split("\n"):
                dash, signer, encoded = line.split(" ")
                data = base64.b64decode(encoded, validate=True)
                if dash != "—" or base64.b64encode(data).decode() != encoded:
                    raise ValueError
                signatures.append((signer, data))
            if (
                len(base64.b64decode(root, validate=True)) != 32
                or str(int(size)) != size
                or int(size) < 0
                or tail[-1:] != b"\n"
            ):
                raise ValueError
        except ValueError:
            raise Problem(f"The {what} is damaged: it is no signed checkpoint.") from None
        return cls(text + b"\n", name, int(size), base64.b64decode(root), signatures)

    def verify(self, key: bytes, what: str) -> None:
        """The key must have signed it, under the log's name."""
        ours = [
            data[4:] for signer, data in self.signatures if signer == self.name and data[:4] == key_id(self.name, key)
        ]
        if not ours or not all(signed_by(key, signature, self.text) for signature in ours):
            raise Problem(
                f"The {what} is not signed with the log's key {key.hex()[:16]}…: it was changed, or is another log's."
            )


def place(level: str, index: int, width: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == WIDTH else f".p/{width}")


class Files:
    """The files of the folder (C2SP tlog-tiles): for each level ("entries", "0", ...) and index, how many entries or
    hashes it has.
    """

    def __init__(self, folder: Path, archives: tuple[Path, ...]) -> None:
        found = [(PLACE.search(path.as_posix()), path) for archive in archives for path in sorted(archive.rglob("*"))]
        bundles = [
            (int(re.sub(r"\D", "", match[2])), path)
            for match, path in found
            if match and match[1] == "entries" and not match[3]
        ]
        self.path = {("entries", index): path for index, path in bundles if path.is_file()}
        self.archived = {index for _, index in self.path}
        self.width: dict[tuple[str, int], int] = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            match = PLACE.fullmatch(name)
            if name in ("checkpoint", PUBLISHED_KEY, *OWN) or (path.is_dir() and not path.is_symlink()):
                continue
            level, index, width = (
                (match[1], int(re.sub(r"\D", "", match[2])), int(match[3] or WIDTH)) if match else ("", 0, 0)
            )
            if not 0 < width <= WIDTH or place(level, index, width) != name or path.is_symlink():
                raise Problem(f"The file {name!r} does not belong to the log.")
            if (level, index) in self.width:
                raise Problem(f"There are two copies of {name!r}.")
            self.width[level, index], self.path[level, index] = width, path

    def read(self, level: str, index: int) -> bytes:
        """Return a file's content, from an archive where it was archived, nothing where there is none."""
        if (level, index) not in self.path:
            return b""
        with open(self.path[level, index], "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)


def split_entries(data: bytes, width: int) -> list[bytes]:
    """Return the entries of a file; an empty one at the end where it is cut short or too long, so that earlier problems
    come first.
    """
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            return [*entries, b""]
        entries.append(data[at + 2 : end])
        at = end
    return entries if at == len(data) else [*entries, b""]


def parse_entry(data: bytes, number: int) -> dict[str, Any]:
    if not data:
        raise Problem(f"Entry {number} is cut short, or bytes that belong to no entry stand in its place.", number)
    try:
        entry = json.loads(data)
        if json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != data:
            raise ValueError
    except (ValueError, RecursionError):
        raise Problem(f"Entry {number} is damaged: it is not canonical JSON.", number) from None
    formed = isinstance(entry, dict) and {name: type(value) for name, value in entry.items()} == FIELDS
    if not formed or entry["version"] != 1 or entry["outcome"] not in OUTCOMES:
        raise Problem(f"Entry {number} is damaged: it does not have the form of an entry.", number)
    if entry["sequence"] != number:
        raise Problem(
            f"Where entry {number} belongs stands entry {entry['sequence']}: one was cut out, put in or moved.", number
        )
    return dict(entry)


def check_restore(entry: dict[str, Any], tree: Tree) -> bool:
    """Tell whether the entry begins a restored log. It must name what it stands on."""
    here = {"size": tree.size, "root": tree.root().hex()}
    if entry["outcome"] == "requested" and {name: entry["details"].get(name) for name in here} != here:
        raise Problem(
            f"Entry {tree.size} says that a backup was restored, and names another log than the one before it.",
            tree.size,
        )
    return bool(entry["outcome"] == "requested")


def changed_key(entry: dict[str, Any], tree: Tree, last: bytes | None) -> tuple[bytes, bytes]:
    details, here = entry["details"], {"size": tree.size, "root": tree.root().hex()}
    try:
        text = {"kind": "log-key-change", **{name: details[name] for name in ("new", "old", "origin", "root", "size")}}
        old, new, signature = (bytes.fromhex(details[name]) for name in ("old", "new", "signature"))
        good = signed_by(old, signature, json.dumps(text, sort_keys=True, separators=(",", ":")).encode() + b"\n")
        good = (
            good
            and {name: details[name] for name in here} == here
            and entry["outcome"] == "succeeded"
            and last in (None, old)
        )
    except (KeyError, TypeError, ValueError):
        good = False
    if not good:
        raise Problem(f"Entry {tree.size} changes the signing key, and the key before did not sign that.", tree.size)
    return old, new


def pruned(entry: dict[str, Any]) -> set[int]:
    """Return which files the entry says have left: with the entries `first` to before `end`, but not those `without`
    ("3,7-9").
    """
    details = entry["details"]
    try:
        runs = [run.partition("-") for run in details["without"].split(",") if run]
        left = range(details["first"] // WIDTH, min(details["end"], entry["sequence"]) // WIDTH)
        return {
            index for index in left if not any(int(first) <= index <= int(last or first) for first, _, last in runs)
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Problem(
            f"Entry {entry['sequence']} says that entries were archived, and not which.", entry["sequence"]
        ) from None


def entries_in(files: set[int]) -> str:
    begins, ends = (sorted(index for index in files if index + step not in files) for step in (-1, 1))
    return ", ".join(f"{begin * WIDTH} to {(end + 1) * WIDTH - 1}" for begin, end in zip(begins, ends, strict=True))


class Verification:
    """One reading of the log in `folder`, from the first entry to the last. `run` raises `Problem`, the first one."""

    def __init__(
        self, folder: Path, trusted: bytes, witnesses: list[Checkpoint], archives: tuple[Path, ...] = ()
    ) -> None:
        self.files = Files(folder, archives)
        if not (folder / "checkpoint").is_file():
            raise Problem("There is no checkpoint, so nothing is signed.", 0)
        self.checkpoint = Checkpoint.parse((folder / "checkpoint").read_bytes(), "checkpoint")
        self.trusted, self.witnesses = trusted, witnesses
        self.tree = Tree()
        self.roots = {0: self.tree.root()}  # at the sizes that are asked for
        self.levels: list[list[bytes]] = [[]]  # the hashes of each level's last file, while it is not full
        self.seen: set[tuple[str, int]] = set()
        self.changes: list[tuple[int, bytes, bytes]] = []  # at which entry which key was followed by which
        self.missing, self.explained = set[int](), set[int]()  # of the files with entries
        self.restores = 0

    def run(self) -> None:
        """Check everything, in the order in which the docstring above says it."""
        index, width = 0, WIDTH
        while width == WIDTH and (
            width := self.files.width.get(("entries", index)) or self.files.width.get(("0", index), 0)
        ):
            self._read_bundle(index, width)
            index += 1
        if unexplained := self.missing - self.explained:
            raise Problem(
                f"Entry {min(unexplained) * WIDTH} is missing, and no entry says that it was archived.",
                min(unexplained) * WIDTH,
            )
        checkpoint, size = self.checkpoint, self.tree.size
        checkpoint.verify(self._key_at(checkpoint.size), "checkpoint")
        if checkpoint.size > size:
            raise Problem(f"The end was cut off: {checkpoint.size} entries were signed, and {size} are there.", size)
        for level, hashes in enumerate(self.levels):
            if hashes:
                self._check_hashes(level, size // WIDTH ** (level + 1), hashes)
        if left := sorted(set(self.files.width) - self.seen):
            raise Problem(
                f"Entry {size} is missing: {place(*left[0], self.files.width[left[0]])!r} speaks of what comes after "
                "it.",
                size,
            )
        if self.roots[checkpoint.size] != checkpoint.root:
            raise Problem(
                f"The history was rewritten: the first {checkpoint.size} entries are not the ones that were signed."
            )
        for witness in self.witnesses:
            self._check_witness(witness)
        if checkpoint.size < size:
            raise Problem(f"Nothing signed covers the entries from {checkpoint.size} on.", checkpoint.size)

    def _read_bundle(self, index: int, width: int) -> None:
        data, kept = self.files.read("entries", index), self.files.read("0", index)
        self.seen.add(("entries", index))
        if ("entries", index) not in self.files.width:
            self.missing.add(index)
        if index in self.missing - self.files.archived:
            for at in range(0, len(kept), 32):
                self.add(kept[at : at + 32])
            return
        for number, raw in enumerate(split_entries(data, width), start=index * WIDTH):
            entry = parse_entry(raw, number)
            if entry["action"] == "home.restore":
                self.restores += check_restore(entry, self.tree)
            elif entry["action"] == "log.change-key":
                self.changes.append(
                    (number, *changed_key(entry, self.tree, self.changes[-1][2] if self.changes else None))
                )
            elif entry["action"] == "log.prune" and entry["outcome"] == "requested":
                self.explained |= pruned(entry)
            at = number % WIDTH * 32
            if kept[at : at + 32] not in (b"", leaf_hash(raw)):
                raise Problem(f"Entry {number} and the hash kept of it do not agree: one of them was changed.", number)
            self.add(leaf_hash(raw))

    def add(self, leaf: bytes) -> None:
        """Let the tree grow; compare each file of hashes that is full now."""
        self.tree.add(leaf)
        level, value = 0, leaf
        self.levels[0].append(leaf)
        while len(self.levels[level]) == WIDTH:
            self._check_hashes(level, self.tree.size // WIDTH ** (level + 1) - 1, self.levels[level])
            value, self.levels[level] = Tree(*self.levels[level]).root(), []
            level += 1
            self.levels += [[]] if level == len(self.levels) else []
            self.levels[level].append(value)
        if self.tree.size in {self.checkpoint.size, *(witness.size for witness in self.witnesses)}:
            self.roots[self.tree.size] = self.tree.root()

    def _check_hashes(self, level: int, index: int, hashes: list[bytes]) -> None:
        self.seen.add((str(level), index))
        data, must = (
            self.files.read(str(level), index),
            min(WIDTH, self.checkpoint.size // WIDTH**level - index * WIDTH),
        )
        width = self.files.width.get((str(level), index), 0)
        if data != b"".join(hashes[:width]) or not must <= width <= len(hashes):
            bad = next((at for at, each in enumerate(hashes) if data[at * 32 : at * 32 + 32] != each), len(hashes))
            entry = (index * WIDTH + bad) * WIDTH**level
            file = place(str(level), index, width or must)
            raise Problem(
                f"The hashes in {file!r} are missing, or not those of the entries, from entry {entry} on.", entry
            )

    def keys(self) -> list[bytes]:
        """Return the log's keys, the first one first. Raises `Problem` unless the trusted one is among them."""
        keys = [self.changes[0][1], *(new for _, _, new in self.changes)] if self.changes else [self.trusted]
        if self.trusted not in keys:
            raise Problem("The log is not signed with the key that you gave, nor with one that it leads to.")
        return keys

    def _key_at(self, size: int) -> bytes:
        return self.keys()[sum(number < size for number, _, _ in self.changes)]

    def _check_witness(self, witness: Checkpoint) -> None:
        if witness.name != self.checkpoint.name:
            raise Problem("The witness is of another log: it bears another name.")
        if witness.size > self.tree.size:
            raise Problem(
                f"The log lost its end: the witness has {witness.size} entries, {self.tree.size} are there.",
                self.tree.size,
            )
        if witness.root != self.roots[witness.size]:
            raise Problem(f"The history was rewritten: its first {witness.size} entries are not those of the witness.")
        witness.verify(self._key_at(witness.size), "witness")


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an exported audit log.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", default="")
    parser.add_argument("--witness", type=Path, action="append", default=[])
    parser.add_argument("--archive", type=Path, action="append", default=[])
    given = parser.parse_args()
    try:
        text = Path(given.key).read_text(encoding="utf-8") if given.key and Path(given.key).is_file() else given.key
        text = text or (given.folder / PUBLISHED_KEY).read_text(encoding="utf-8")
        name, trusted = parse_key(text)
        witnesses = [Checkpoint.parse(path.read_bytes(), f"witness {path.name}") for path in given.witness]
        log = Verification(given.folder, trusted, witnesses, tuple(given.archive))
        log.run()
        if log.checkpoint.name != name:
            raise Problem(f"This is the log {log.checkpoint.name!r}, and the key is that of {name!r}.")
    except ValueError:
        parser.error(
            "the key is of the form name+id+base64, as `appliance audit checkpoint` prints it; this is none, or it was "
            "mistyped"
        )
    except Problem as problem:
        print(
            f"NOT WHOLE: {problem}"
            + ("" if problem.entry is None else f"\nThe first bad entry is number {problem.entry}.")
        )
        return 1
    except OSError as error:
        print(f"Could not be checked: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"WHOLE: {log.tree.size} entries, root {log.tree.root().hex()}, signed.")
    print(
        f"Signing keys: {len(log.keys())}. Restores from a backup: {log.restores}. Witnesses that agree: "
        f"{len(log.witnesses)}."
    )
    if unseen := log.missing - log.files.archived:
        print(
            f"Archived, and seen by their hashes alone: entries {entries_in(unseen)}. Give the folder of the archives "
            "with --archive."
        )
    if not given.key:
        print(
            "The key was taken from the folder itself. Compare it with the one that you were given:",
            given.folder / PUBLISHED_KEY,
        )
    if not log.witnesses:
        print("Without a witness, a history that the key's own holder wrote anew would not have been noticed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
