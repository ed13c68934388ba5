#!/usr/bin/env python3
"""Verify an exported audit log. For auditors: a single file that needs only Python 3.11 and the package `cryptography`.

    python verify_audit.py FOLDER [--key KEY] [--witness FILE]... [--archive FOLDER]...

FOLDER    the output of `appliance audit export --format folder`
--key     the log's public key as you noted it, as text or in a file. Any key that the log ever had will do. Without it
          the key in the folder is used, which only proves that the folder is consistent.
--witness an earlier checkpoint (`appliance audit checkpoint`), the only way to notice that a holder of the signing key
          has written a completely new history
--archive a folder with archives of old entries (`appliance audit archive`); without it, only their hashes are verified

Exit status 0: the log is whole. 1: it is not, and the first problem is named. 2: it could not be verified.

What is verified. The log is a Merkle tree (RFC 6962) of its entries, stored in files (C2SP tlog-tiles): `tile/entries/`
has the entries, each preceded by its length in two bytes, 256 in a file; `tile/0/` has the hashes of the entries,
`tile/1/` the hashes over 256 of these, and so on. The `checkpoint` is a signed note (C2SP) with the number of entries
and the root of the tree. This program

  1. reads every entry in order: canonical JSON (RFC 8785), numbered without gaps, with the known fields;
  2. recomputes every hash and compares it with the files;
  3. follows entries `home.restore` (a restored backup: must name size and root of the log before), `log.change-key`
     (a new key: the old one must have signed it, with that size and root) and `log.prune` (archived entries);
  4. compares the roots with those of checkpoint and witnesses, and verifies these with the key in force at their size.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256  # entries or hashes in a full file
MAX_FILE_BYTES = WIDTH * (2 + 65_535)
FIELDS: dict[str, type] = dict.fromkeys(("action", "boot_id", "outcome", "reason", "request"), str)
FIELDS |= dict.fromkeys(("version", "sequence", "time_us", "monotonic_us"), int)
FIELDS |= dict.fromkeys(("actor", "object", "details"), dict)
OUTCOMES = {"requested", "denied", "succeeded", "failed"}
PATH = re.compile(r"tile/(entries|[0-6])/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?\Z")
PUBLISHED_KEY = "verifier-key"
Paths = tuple[Path, ...]
OTHER_FILES = {"checkpoint", PUBLISHED_KEY, ".journal", ".archived"}  # the last two in a log in use


class Problem(Exception):  # noqa: N818 - a word for auditors
    """The log is not whole. `entry` is the first bad entry, or None if no single entry can be named."""

    def __init__(self, sentence: str, entry: int | None = None) -> None:
        super().__init__(sentence)
        self.entry = entry


def check(holds: object, sentence: str, entry: int | None = None) -> None:
    if not holds:
        raise Problem(sentence, entry)


class Tree:
    """A growing tree (RFC 6962, section 2.1), as the heights and hashes of the perfect subtrees on its right edge."""

    def __init__(self, *leaves: bytes) -> None:
        self.size = 0
        self.edge: list[tuple[int, bytes]] = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        self.size += 1
        height, value = 0, leaf
        while self.edge and self.edge[-1][0] == height:
            height, value = height + 1, hashlib.sha256(b"\x01" + self.edge.pop()[1] + value).digest()
        self.edge.append((height, value))

    def root(self) -> bytes:
        """Return the root hash of all leaves."""
        value = self.edge[-1][1] if self.edge else hashlib.sha256(b"").digest()
        for _, left in reversed(self.edge[:-1]):
            value = hashlib.sha256(b"\x01" + left + value).digest()
        return value


def parse_key(text: str) -> tuple[str, bytes]:
    """Return name and raw Ed25519 key of `<name>+<id>+<base64>`. Raises `ValueError`."""
    name, number, encoded = text.strip().split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    if len(data) != 33 or data[0] != 1 or key_id(name, data[1:]).hex() != number:
        raise ValueError("not an Ed25519 key, or mistyped")
    return name, data[1:]


def key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4]


def signed_by(key: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


class Checkpoint(NamedTuple):
    """A signed note (C2SP): its text (the log's name, the number of entries, the root) and its signatures."""

    text: bytes
    name: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]

    @classmethod
    def parse(cls, note: bytes, what: str) -> "Checkpoint":
        """Parse a note without verifying its signatures."""
        try:
            text, _, tail = note.rpartition(b"\n\n")
            name, size, encoded_root = text.decode().split("\n")
            root, signatures = base64.b64decode(encoded_root, validate=True), []
            for line in tail.decode()[:-1].split("\n"):
                dash, signer, encoded = line.split(" ")
                data = base64.b64decode(encoded, validate=True)
                if dash != "—" or base64.b64encode(data).decode() != encoded:
                    raise ValueError
                signatures.append((signer, data))
            if len(root) != 32 or str(int(size)) != size or int(size) < 0 or tail[-1:] != b"\n":
                raise ValueError
        except ValueError:
            raise Problem(f"The {what} is damaged: it is not a signed checkpoint.") from None
        return cls(text + b"\n", name, int(size), root, signatures)

    def verify(self, key: bytes, what: str) -> None:
        """Verify that the key signed the text under the log's name."""
        number = key_id(self.name, key)
        ours = [data[4:] for signer, data in self.signatures if signer == self.name and data[:4] == number]
        valid = ours and all(signed_by(key, signature, self.text) for signature in ours)
        short = f"{key.hex()[:16]}…"
        check(valid, f"The {what} is not signed with the log's key {short}: it was changed, or is another log's.")


def tile_path(level: str, index: int, width: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/{'/'.join(groups)}" + ("" if width == WIDTH else f".p/{width}")


class Files:
    """The files of the folder (C2SP tlog-tiles): the width of each by level ("entries", "0", ...) and index."""

    def __init__(self, folder: Path, archives: Paths) -> None:
        self.path: dict[tuple[str, int], Path] = {}
        self.width: dict[tuple[str, int], int] = {}
        for path in (path for archive in archives for path in sorted(archive.rglob("*")) if path.is_file()):
            match = PATH.search(path.as_posix())
            if match and match[1] == "entries" and not match[3]:
                self.path["entries", int(re.sub(r"\D", "", match[2]))] = path
        self.archived = {index for _, index in self.path}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if name in OTHER_FILES or (path.is_dir() and not path.is_symlink()):
                continue
            match = PATH.fullmatch(name)
            level, number, width = match.groups(str(WIDTH)) if match else ("", "0", "0")
            index, width = int(re.sub(r"\D", "", number)), int(width)
            valid = 0 < width <= WIDTH and tile_path(level, index, width) == name and not path.is_symlink()
            check(valid, f"The file {name!r} does not belong to the log.")
            check((level, index) not in self.width, f"There are two copies of {name!r}.")
            self.width[level, index], self.path[level, index] = width, path

    def read(self, level: str, index: int) -> bytes:
        """Return a file's content, from an archive if it is archived, or nothing if there is none."""
        if (level, index) not in self.path:
            return b""
        with open(self.path[level, index], "rb") as file:
            return file.read(MAX_FILE_BYTES + 1)


def split_entries(data: bytes, width: int) -> list[bytes]:
    """Return the entries of a file. An empty one at the end marks damage, so that earlier problems are found first."""
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
    check(data, f"Entry {number} is incomplete, or there are additional bytes in its place.", number)
    try:
        entry = json.loads(data)
        if json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != data:
            raise ValueError
    except (ValueError, RecursionError):
        raise Problem(f"Entry {number} is damaged: it is not canonical JSON.", number) from None
    known = isinstance(entry, dict) and {name: type(value) for name, value in entry.items()} == FIELDS
    known = known and entry["version"] == 1 and entry["outcome"] in OUTCOMES
    check(known, f"Entry {number} is damaged: it does not have the known fields.", number)
    place, other = f"the place of entry {number}", entry["sequence"]
    check(other == number, f"Entry {other} is in {place}: one was removed, inserted or moved.", number)
    return dict(entry)


def check_restore(entry: dict[str, Any], tree: Tree) -> bool:
    """Return whether the entry begins a restored log, in which case it must name the log before it."""
    before, requested = {"size": tree.size, "root": tree.root().hex()}, entry["outcome"] == "requested"
    valid = not requested or {name: entry["details"].get(name) for name in before} == before
    check(valid, f"Entry {tree.size} says that a backup was restored, but names another log before it.", tree.size)
    return requested


def changed_key(entry: dict[str, Any], tree: Tree, last: bytes | None) -> tuple[bytes, bytes]:
    details, before = entry["details"], {"size": tree.size, "root": tree.root().hex()}
    try:
        text = {"kind": "log-key-change", **{name: details[name] for name in ("new", "old", "origin", "root", "size")}}
        old, new, signature = (bytes.fromhex(details[name]) for name in ("old", "new", "signature"))
        line = json.dumps(text, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        valid = signed_by(old, signature, line) and {name: details[name] for name in before} == before
    except (KeyError, TypeError, ValueError):
        valid = False
    valid = valid and entry["outcome"] == "succeeded" and last in (None, old)
    check(valid, f"Entry {tree.size} changes the signing key, but the old key did not sign that.", tree.size)
    return old, new


def pruned(entry: dict[str, Any]) -> set[int]:
    """Return the files with entries that were archived: from `first` to before `end`, except `without` ("3,7-9")."""
    details, number = entry["details"], entry["sequence"]
    try:
        runs = [run.partition("-") for run in details["without"].split(",") if run]
        kept = [range(int(first), int(last or first) + 1) for first, _, last in runs]
        files = range(details["first"] // WIDTH, min(details["end"], number) // WIDTH)
        return {index for index in files if not any(index in run for run in kept)}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Problem(f"Entry {number} says that entries were archived, but not which.", number) from None


def entries_in(files: set[int]) -> str:
    firsts, lasts = (sorted(index for index in files if index + step not in files) for step in (-1, 1))
    return ", ".join(f"{first * WIDTH} to {(last + 1) * WIDTH - 1}" for first, last in zip(firsts, lasts, strict=True))


class Verification:
    """One reading of the log in `folder`, from the first entry to the last. `run` raises the first `Problem`."""

    def __init__(self, folder: Path, trusted: bytes, witnesses: list[Checkpoint], archives: Paths = ()) -> None:
        self.files = Files(folder, archives)
        check((folder / "checkpoint").is_file(), "There is no checkpoint, so nothing is signed.", 0)
        self.checkpoint = Checkpoint.parse((folder / "checkpoint").read_bytes(), "checkpoint")
        self.trusted, self.witnesses = trusted, witnesses
        self.tree = Tree()
        self.roots = {0: self.tree.root()}  # at the sizes of checkpoint and witnesses
        self.levels: list[list[bytes]] = [[]]  # for each level, the hashes of its unfinished file
        self.seen: set[tuple[str, int]] = set()
        self.changes: list[tuple[int, bytes, bytes]] = []  # entry, old key and new key
        self.missing, self.explained = set[int](), set[int]()  # files with entries
        self.restores = 0

    def run(self) -> None:
        """Verify everything, in the order of the docstring above."""
        index, width, widths = 0, WIDTH, self.files.width
        while width == WIDTH and (width := widths.get(("entries", index)) or widths.get(("0", index), 0)):
            self._read_bundle(index, width)
            index += 1
        if unexplained := self.missing - self.explained:
            first = min(unexplained) * WIDTH
            raise Problem(f"Entry {first} is missing, and no entry says that it was archived.", first)
        signed, size = self.checkpoint.size, self.tree.size
        self.checkpoint.verify(self._key_at(signed), "checkpoint")
        check(signed <= size, f"The end is missing: {signed} entries were signed, but there are only {size}.", size)
        for level, hashes in enumerate(self.levels):
            if hashes:
                self._check_hashes(level, size // WIDTH ** (level + 1), hashes)
        if remaining := sorted(set(self.files.width) - self.seen):
            path = tile_path(*remaining[0], self.files.width[remaining[0]])
            raise Problem(f"Entry {size} is missing, but {path!r} refers to later entries.", size)
        same = self.roots[signed] == self.checkpoint.root
        check(same, f"The history was rewritten: the first {signed} entries are not the ones that were signed.")
        for witness in self.witnesses:
            self._check_witness(witness)
        check(signed == size, f"The entries from {signed} on are not signed.", signed)

    def _read_bundle(self, index: int, width: int) -> None:
        data, hashes = self.files.read("entries", index), self.files.read("0", index)
        self.seen.add(("entries", index))
        if ("entries", index) not in self.files.width:
            self.missing.add(index)
        if index in self.missing - self.files.archived:
            for at in range(0, len(hashes), 32):
                self._add(hashes[at : at + 32])
            return
        for number, raw in enumerate(split_entries(data, width), start=index * WIDTH):
            entry = parse_entry(raw, number)
            if entry["action"] == "home.restore":
                self.restores += check_restore(entry, self.tree)
            elif entry["action"] == "log.change-key":
                last = self.changes[-1][2] if self.changes else None
                self.changes.append((number, *changed_key(entry, self.tree, last)))
            elif entry["action"] == "log.prune" and entry["outcome"] == "requested":
                self.explained |= pruned(entry)
            at, leaf = number % WIDTH * 32, hashlib.sha256(b"\x00" + raw).digest()
            check(hashes[at : at + 32] in (b"", leaf), f"Entry {number} and its hash differ: one was changed.", number)
            self._add(leaf)

    def _add(self, leaf: bytes) -> None:
        """Extend the tree, and compare the files of hashes that this completes."""
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
        data = self.files.read(str(level), index)
        width = self.files.width.get((str(level), index), 0)
        signed_width = min(WIDTH, self.checkpoint.size // WIDTH**level - index * WIDTH)
        if data != b"".join(hashes[:width]) or not signed_width <= width <= len(hashes):
            bad = next((at for at, value in enumerate(hashes) if data[at * 32 : at * 32 + 32] != value), len(hashes))
            entry, path = (index * WIDTH + bad) * WIDTH**level, tile_path(str(level), index, width or signed_width)
            raise Problem(f"The hashes in {path!r} are missing or wrong from entry {entry} on.", entry)

    def keys(self) -> list[bytes]:
        """Return the log's keys, the first one first. Raises `Problem` unless the trusted one is among them."""
        keys = [self.changes[0][1], *(new for _, _, new in self.changes)] if self.changes else [self.trusted]
        check(self.trusted in keys, "The log is not signed with the given key or with one that it leads to.")
        return keys

    def _key_at(self, size: int) -> bytes:
        return self.keys()[sum(number < size for number, _, _ in self.changes)]

    def _check_witness(self, witness: Checkpoint) -> None:
        size = self.tree.size
        check(witness.name == self.checkpoint.name, "The witness has the name of another log.")
        check(witness.size <= size, f"The end is missing: the witness has {witness.size} entries, not {size}.", size)
        same = witness.root == self.roots[witness.size]
        check(same, f"The history was rewritten: its first {witness.size} entries are not those of the witness.")
        witness.verify(self._key_at(witness.size), "witness")


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an exported audit log.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--key", default="")
    parser.add_argument("--witness", type=Path, action="append", default=[])
    parser.add_argument("--archive", type=Path, action="append", default=[])
    options = parser.parse_args()
    published = options.folder / PUBLISHED_KEY
    try:
        key_file = Path(options.key) if options.key else published
        text = key_file.read_text(encoding="utf-8") if key_file == published or key_file.is_file() else options.key
        name, trusted = parse_key(text)
        witnesses = [Checkpoint.parse(path.read_bytes(), f"witness {path.name}") for path in options.witness]
        log = Verification(options.folder, trusted, witnesses, tuple(options.archive))
        log.run()
        check(log.checkpoint.name == name, f"This is the log {log.checkpoint.name!r}, but the key is of {name!r}.")
    except ValueError:
        parser.error("the key is invalid or mistyped: `appliance audit checkpoint` prints it as name+id+base64")
    except Problem as problem:
        print(f"NOT WHOLE: {problem}")
        if problem.entry is not None:
            print(f"The first bad entry is number {problem.entry}.")
        return 1
    except OSError as error:
        print(f"Could not be verified: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    keys, restores = len(log.keys()), log.restores
    print(f"WHOLE: {log.tree.size} entries, root {log.tree.root().hex()}, signed.")
    print(f"Signing keys: {keys}. Restores from a backup: {restores}. Witnesses that agree: {len(witnesses)}.")
    if unseen := log.missing - log.files.archived:
        print(f"Archived, and verified by their hashes only: entries {entries_in(unseen)}. See --archive.")
    if not options.key:
        print("The key was taken from the folder itself. Compare it with the one that you were given:", published)
    if not witnesses:
        print("Without a witness, a history rewritten by the holder of the key would not be noticed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
