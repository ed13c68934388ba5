"""The folder of a log (C2SP `tlog-tiles`): paths, entry bundles, and the right edge of the tree as tiles.

    checkpoint                          signed note (signed_note.py)
    tile/<L>/<N>[.p/<W>]                up to 256 hashes of height 8 L; N in groups of three digits, all but the last
                                        after 'x'
    tile/entries/<N>[.p/<W>]            up to 256 entries, each preceded by its length (uint16, big-endian)

A full tile has no suffix; a partial tile names its width W (1 to 255). Wider partial tiles supersede narrower ones,
which are then removed, except those of the checkpoint on disk. All other files are refused, except the journal
(journal.py), the pointer (archives.py) and temporaries of a killed writer. Full bundles may be archived; hashes stay.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.audit.merkle import HASH_BYTES, CompactRange, root_of
from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import AuditLogError
from appliance.foundation.messages import message

WIDTH = 256
ENTRIES = -1  # the "level" of entry bundles, so that a key (level, index) can name any tile
CHECKPOINT = "checkpoint"
MAX_LEVEL = 6  # 256^7 entries are more than 2^53
_PREFIX_BYTES = 2
_MAX_BUNDLE_BYTES = WIDTH * (_PREFIX_BYTES + 65_535)
_TILE = re.compile(r"tile/(entries|[0-6])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
JOURNAL_NAME = ".journal"
POINTER_NAME = ".archived"
_TEMPORARY = re.compile(r"\.{1,2}[0-9a-z]{1,16}\.[0-9a-f]{8}\.tmp")

Key = tuple[int, int]


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path in the log's folder of the tile `index` of `level` (or `ENTRIES`) with `width` items."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    name = "entries" if level == ENTRIES else str(level)
    return f"tile/{name}/{'/'.join(groups)}" + ("" if width == WIDTH else f".p/{width}")


def width_at(size: int, level: int, index: int) -> int:
    """Return the number of hashes (or entries) of the tile in a log of `size` entries: 0 to 256."""
    return min(WIDTH, max(0, (size >> (8 * max(level, 0))) - index * WIDTH))


def partial_paths(size: int) -> set[str]:
    """Return the paths of the partial tiles and the partial bundle of a log of `size` entries."""
    paths = set()
    for level in range(ENTRIES, MAX_LEVEL + 1):
        index = size >> (8 * (max(level, 0) + 1))
        width = width_at(size, level, index)
        if 0 < width < WIDTH:
            paths.add(tile_path(level, index, width))
    return paths


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the entries, each preceded by its length. An entry has at most 65,535 bytes."""
    return b"".join(len(entry).to_bytes(_PREFIX_BYTES, "big") + entry for entry in entries)


def split_bundle(data: bytes, width: int, first: int) -> Iterator[bytes]:
    """Yield the `width` entries of a bundle that begins with entry `first`. Raises `AuditLogError`."""
    position = 0
    for sequence in range(first, first + width):
        start = position + _PREFIX_BYTES
        position = start + int.from_bytes(data[start - _PREFIX_BYTES : start], "big")
        if start > len(data) or position > len(data):
            raise AuditLogError("audit.bundle:cut", entry=sequence, sequence=sequence)
        yield data[start:position]
    if position != len(data):
        sequence = first + width
        raise AuditLogError("audit.bundle:extra-bytes", entry=sequence, sequence=sequence)


def split_whole_bundle(data: bytes, first: int) -> Iterator[bytes]:
    """Yield all entries of a bundle of unknown width that begins with entry `first`. Raises as `split_bundle`."""
    width = position = 0
    while position < len(data):
        position += _PREFIX_BYTES + int.from_bytes(data[position : position + _PREFIX_BYTES], "big")
        width += 1
    return split_bundle(data, width, first)


@dataclass(frozen=True)
class Tile:
    """A tile's position and its hashes, concatenated."""

    level: int
    index: int
    hashes: bytes

    @property
    def width(self) -> int:
        """Return the number of hashes."""
        return len(self.hashes) // HASH_BYTES

    @property
    def path(self) -> str:
        """Return the path in the log's folder."""
        return tile_path(self.level, self.index, self.width)


class TreeEdge:
    """The right edge of the tree in memory: the unfinished tile of each level, and a compact range for the root."""

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[list[bytes]] = []
        self._range = CompactRange()

    @classmethod
    def resume(cls, size: int, tiles: Sequence[Tile]) -> "TreeEdge":
        """Return the edge of a tree of `size` leaves, from the unfinished tile of each level (or wider copies)."""
        edge = cls()
        edge.size = size
        for tile in sorted(tiles, key=lambda tile: -tile.level):
            while len(edge._levels) <= tile.level:
                edge._levels.append([])
            for number in range(width_at(size, tile.level, tile.index)):
                node = tile.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]
                edge._levels[tile.level].append(node)
                edge._range.push(node, 8 * tile.level)
        return edge

    def copy(self) -> "TreeEdge":
        """Return an independent copy."""
        edge = TreeEdge()
        edge.size = self.size
        edge._levels = [list(hashes) for hashes in self._levels]
        edge._range = self._range.copy()
        return edge

    def add(self, leaf: bytes) -> list[Tile]:
        """Append a leaf hash, and return the tiles that it completed, lowest first."""
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
        """Return the root of all leaves so far."""
        return self._range.root()


def root_at(size: int, tiles: Sequence[Tile]) -> bytes:
    """Return the root of the first `size` leaves, from the unfinished tile of each level (or wider copies)."""
    tree = CompactRange()
    for tile in sorted(tiles, key=lambda tile: -tile.level):
        for number in range(width_at(size, tile.level, tile.index)):
            tree.push(tile.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES], 8 * tile.level)
    return tree.root()


@dataclass
class Inventory:
    """The files of a log's folder: the widths on disk of each tile (ascending), and leftover temporaries."""

    widths: dict[Key, list[int]] = field(default_factory=dict)
    temporaries: list[Path] = field(default_factory=list)
    checkpoint: bool = False

    def widest(self, key: Key) -> int:
        """Return the width of the widest copy of a tile, or 0 if there is none."""
        return self.widths[key][-1] if key in self.widths else 0

    def at(self, size: int, present: int) -> "Inventory":
        """Return the files of a log of `size` entries, if they were listed while the log grew to `present` entries.

        Raises `AuditLogError` if there are files of even later entries.
        """
        earlier = Inventory({}, self.temporaries, self.checkpoint)
        for key, widths in sorted(self.widths.items()):
            if widths[-1] > width_at(present, *key):
                path = tile_path(*key, widths[-1])
                raise AuditLogError("audit.truncated:later-file", entry=present, sequence=present, path=path)
            if known := [width for width in widths if width <= width_at(size, *key)]:
                earlier.widths[key] = known
        return earlier

    def partials(self) -> set[str]:
        """Return the paths of all partial tiles and bundles."""
        return {tile_path(*key, width) for key, widths in self.widths.items() for width in widths if width < WIDTH}


def take_inventory(folder: Path) -> Inventory:
    """List the folder, in which files may come and go meanwhile. Raises `AuditLogError` for a foreign file."""

    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError) or error.filename == os.fspath(folder):
            raise error

    inventory = Inventory()
    with storage_errors(message("task:list-log")):
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
                    raise AuditLogError("audit.file:foreign", path=repr(relative))
    for widths in inventory.widths.values():
        widths.sort()
    return inventory


def _admit(inventory: Inventory, relative: str) -> bool:
    """Add a file of the log to the inventory. Returns False for another file."""
    if relative == CHECKPOINT:
        inventory.checkpoint = True
        return True
    parsed = parse_path(relative)
    if parsed is None:
        return False
    level, index, width = parsed
    inventory.widths.setdefault((level, index), []).append(width)
    return True


def parse_path(relative: str) -> tuple[int, int, int] | None:
    """Return level, index and width of the tile or bundle with this path, or None if the path is not canonical."""
    match = _TILE.fullmatch(relative)
    if match is None:
        return None
    level = ENTRIES if match[1] == "entries" else int(match[1])
    index, width = int(re.sub(r"\D", "", match[2])), int(match[3] or WIDTH)
    return (level, index, width) if tile_path(level, index, width) == relative else None


def read_tile_file(folder: Path, level: int, index: int, width: int) -> bytes:
    """Read a tile or bundle. Raises `AuditLogError` if it is too long, `StorageError`."""
    limit = _MAX_BUNDLE_BYTES if level == ENTRIES else WIDTH * HASH_BYTES
    path = tile_path(level, index, width)
    with storage_errors(message("task:read-file", file=path)), open(folder / path, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise AuditLogError("audit.file:too-long", entry=index * WIDTH ** (max(level, 0) + 1), path=path)
    return data
