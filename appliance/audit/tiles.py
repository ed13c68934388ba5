"""The folder of a log: C2SP `tlog-tiles`. Paths, entry bundles, and the right edge of the tree as tiles.

    checkpoint                          signed note (signed_note.py)
    tile/<L>/<N>[.p/<W>]                up to 256 hashes of height 8 L; N in groups of three digits, all but the last
                                        after 'x'
    tile/entries/<N>[.p/<W>]            up to 256 entries, each after its length (uint16, big-endian)

A full tile has no suffix; a partial one says its width W (1 to 255). Wider partial tiles supersede narrower ones, which
are then removed, but not those that the checkpoint on disk speaks of. Every other file is refused, save the journal
(journal.py), the pointer (archives.py) and the temporaries of a writer that died. Full bundles may have left for an
archive; hashes stay.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.audit.merkle import HASH_BYTES, CompactRange, root_of
from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import AuditLogError

WIDTH = 256
ENTRIES = -1  # The "level" of entry bundles, so that one key (level, index) names any tile.
CHECKPOINT = "checkpoint"
MAX_LEVEL = 6  # 256^7 entries are more than 2^53.
_PREFIX_BYTES = 2
_MAX_BUNDLE_BYTES = WIDTH * (_PREFIX_BYTES + 65_535)
_TILE = re.compile(r"tile/(entries|[0-6])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
JOURNAL_NAME = ".journal"
POINTER_NAME = ".archived"
_TEMPORARY = re.compile(r"\.{1,2}[0-9a-z]{1,16}\.[0-9a-f]{8}\.tmp")

Key = tuple[int, int]


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path, below the log's folder, of the tile `index` of `level` (or `ENTRIES`) with `width` hashes or
    entries.
    """
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    name = "entries" if level == ENTRIES else str(level)
    return f"tile/{name}/{'/'.join(groups)}" + ("" if width == WIDTH else f".p/{width}")


def width_at(size: int, level: int, index: int) -> int:
    """Return how many hashes (entries) the tile has in a log of `size` entries: 0 to 256."""
    return min(WIDTH, max(0, (size >> (8 * max(level, 0))) - index * WIDTH))


def partial_paths(size: int) -> set[str]:
    """Return the partial tiles, and the partial bundle, that a log of `size` entries has."""
    paths = set()
    for level in range(ENTRIES, MAX_LEVEL + 1):
        index = size >> (8 * (max(level, 0) + 1))
        width = width_at(size, level, index)
        if 0 < width < WIDTH:
            paths.add(tile_path(level, index, width))
    return paths


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the entries, each after its length. An entry is at most 65,535 bytes."""
    return b"".join(len(entry).to_bytes(_PREFIX_BYTES, "big") + entry for entry in entries)


def split_bundle(data: bytes, width: int, first: int) -> Iterator[bytes]:
    """Yield the `width` entries of a bundle whose first is entry `first`.

    Raises `AuditLogError` naming the entry where it goes wrong.
    """
    position = 0
    for sequence in range(first, first + width):
        start = position + _PREFIX_BYTES
        position = start + int.from_bytes(data[start - _PREFIX_BYTES : start], "big")
        if start > len(data) or position > len(data):
            raise AuditLogError("audit.bundle:entry-audit-log", entry=sequence, sequence=sequence)
        yield data[start:position]
    if position != len(data):
        sequence = first + width
        raise AuditLogError("audit.bundle", entry=sequence, sequence=sequence)


def split_whole_bundle(data: bytes, first: int) -> Iterator[bytes]:
    """Yield all entries of a bundle of unknown width, the first of which is entry `first`.

    Raises `AuditLogError` as `split_bundle`.
    """
    width = position = 0
    while position < len(data):
        position += _PREFIX_BYTES + int.from_bytes(data[position : position + _PREFIX_BYTES], "big")
        width += 1
    return split_bundle(data, width, first)


@dataclass(frozen=True)
class Tile:
    """A tile's place and its hashes, one after the other."""

    level: int
    index: int
    hashes: bytes

    @property
    def width(self) -> int:
        """Return the number of hashes."""
        return len(self.hashes) // HASH_BYTES

    @property
    def path(self) -> str:
        """Return where it is kept."""
        return tile_path(self.level, self.index, self.width)


class TreeEdge:
    """The right edge of the tree, in memory: the unfinished tile of each level, and the compact range that gives the
    root.
    """

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[list[bytes]] = []
        self._range = CompactRange()

    @classmethod
    def resume(cls, size: int, tiles: Sequence[Tile]) -> "TreeEdge":
        """Return the edge of a tree of `size` leaves from the rightmost tile of each level that has an unfinished one
        (wider ones do).
        """
        edge = cls()
        edge.size = size
        for tile in sorted(tiles, key=lambda tile: -tile.level):
            while len(edge._levels) <= tile.level:
                edge._levels.append([])
            for number in range(width_at(size, tile.level, tile.index)):
                hashed = tile.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]
                edge._levels[tile.level].append(hashed)
                edge._range.push(hashed, 8 * tile.level)
        return edge

    def copy(self) -> "TreeEdge":
        """Return an edge that grows on its own."""
        edge = TreeEdge()
        edge.size = self.size
        edge._levels = [list(hashes) for hashes in self._levels]
        edge._range = self._range.copy()
        return edge

    def add(self, leaf: bytes) -> list[Tile]:
        """Append a leaf hash; return the tiles that became full by it, lowest first."""
        full: list[Tile] = []
        self._range.push(leaf)
        self.size += 1
        level, subtree = 0, leaf
        while True:
            if level == len(self._levels):
                self._levels.append([])
            tile = self._levels[level]
            tile.append(subtree)
            if len(tile) < WIDTH:
                return full
            full.append(Tile(level, (self.size >> (8 * (level + 1))) - 1, b"".join(tile)))
            subtree = root_of(tile)
            tile.clear()
            level += 1

    def unfinished(self) -> list[Tile]:
        """Return the unfinished tile of each level that has one."""
        return [
            Tile(level, self.size >> (8 * (level + 1)), b"".join(hashes))
            for level, hashes in enumerate(self._levels)
            if hashes
        ]

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        return self._range.root()


def root_at(size: int, tiles: Sequence[Tile]) -> bytes:
    """Return the root of the first `size` leaves from the rightmost tile of each level of that tree (wider ones do)."""
    tree = CompactRange()
    for tile in sorted(tiles, key=lambda tile: -tile.level):
        for number in range(width_at(size, tile.level, tile.index)):
            tree.push(tile.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES], 8 * tile.level)
    return tree.root()


@dataclass
class Inventory:
    """What files a log's folder has: the widths on disk for each tile (ascending), and leftover temporaries."""

    widths: dict[Key, list[int]] = field(default_factory=dict)
    temporaries: list[Path] = field(default_factory=list)
    checkpoint: bool = False

    def widest(self, key: Key) -> int:
        """Return the width of the widest copy of a tile, 0 when there is none."""
        return self.widths[key][-1] if key in self.widths else 0

    def at(self, size: int, present: int) -> "Inventory":
        """Return what of this a log of `size` entries has, when it was listed while the log grew to `present` entries.

        Raises `AuditLogError` when there are files that even those do not account for.
        """
        earlier = Inventory({}, self.temporaries, self.checkpoint)
        for key, widths in sorted(self.widths.items()):
            if widths[-1] > width_at(present, *key):
                raise AuditLogError(
                    "audit.truncated:entry-audit-log-missing-speaks-comes",
                    entry=present,
                    present=present,
                    value=repr(tile_path(*key, widths[-1])),
                )
            if known := [width for width in widths if width <= width_at(size, *key)]:
                earlier.widths[key] = known
        return earlier

    def partials(self) -> set[str]:
        """Return the paths of all partial tiles and bundles."""
        return {tile_path(*key, width) for key, widths in self.widths.items() for width in widths if width < WIDTH}


def take_inventory(folder: Path) -> Inventory:
    """List the folder, in which files may come and go meanwhile.

    Raises `AuditLogError` for a file that does not belong to a log (nothing may hide there).
    """

    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError) or error.filename == os.fspath(folder):
            raise error

    inventory = Inventory()
    with storage_errors("Listing the audit log"):
        for parent, folders, files in os.walk(folder, onerror=refuse):
            for name in sorted(files) + [name for name in folders if os.path.islink(os.path.join(parent, name))]:
                path = Path(parent, name)
                relative = path.relative_to(folder).as_posix()
                if relative in (JOURNAL_NAME, POINTER_NAME) and path.is_file() and not path.is_symlink():
                    continue
                if _TEMPORARY.fullmatch(name) and not path.is_symlink():
                    inventory.temporaries.append(path)
                elif (path.is_symlink() or not path.is_file() or not _admit(inventory, relative)) and os.path.lexists(
                    path
                ):
                    raise AuditLogError("audit.file:file-belong-audit", relative=repr(relative))
    for widths in inventory.widths.values():
        widths.sort()
    return inventory


def _admit(inventory: Inventory, relative: str) -> bool:
    """Enter a file under its key; False when it is none of ours.

    The path must be the one spelling that the format has.
    """
    if relative == CHECKPOINT:
        inventory.checkpoint = True
        return True
    place = parse_path(relative)
    if place is None:
        return False
    level, index, width = place
    inventory.widths.setdefault((level, index), []).append(width)
    return True


def parse_path(relative: str) -> tuple[int, int, int] | None:
    """Return level, index and width of the tile or bundle that belongs at this path, None when it is none or not in its
    one spelling.
    """
    match = _TILE.fullmatch(relative)
    if match is None:
        return None
    level = ENTRIES if match[1] == "entries" else int(match[1])
    index, width = int(re.sub(r"\D", "", match[2])), int(match[3] or WIDTH)
    return (level, index, width) if tile_path(level, index, width) == relative else None


def read_tile_file(folder: Path, level: int, index: int, width: int) -> bytes:
    """Read a tile or bundle, whose length is bounded. Raises `AuditLogError` when it is too long, `StorageError`."""
    limit = _MAX_BUNDLE_BYTES if level == ENTRIES else WIDTH * HASH_BYTES
    path = tile_path(level, index, width)
    with storage_errors(f"Reading {path}"), open(folder / path, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise AuditLogError("audit.file", entry=index * WIDTH ** (max(level, 0) + 1), path=repr(path))
    return data
