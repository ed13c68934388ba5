"""Inclusion and consistency proofs from hash tiles, in O(log n) (RFC 6962 sections 2.1.1 and 2.1.2; RFC 9162 sections
2.1.3 and 2.1.4).

A perfect subtree of 2^h leaves is one hash of a tile of level h // 8, or the root over 2^(h % 8) hashes that stand side
by side in one. So a proof reads no entry, and of the tiles only those on its path: with 256 hashes a tile, at most two
of each level. `merkle` verifies them.

A proof for an auditor is a text, C2SP `tlog-proof`: what is proved, and the signed checkpoint that it is proved under.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.audit.merkle import HASH_BYTES, CompactRange, root_of, split_at
from appliance.audit.tiles import WIDTH, Tile, read_tile_file
from appliance.foundation.errors import AuditLogError

ReadTile = Callable[[int, int], bytes]  # level and index to the tile's hashes, one after the other
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_ABOVE_ALL = 64  # more than the height of any tree: the subtree that begins at leaf 0 may be as large as it likes


@dataclass
class HashTiles:
    """The hash tiles of a log as it was at one moment: full ones are read from its folder, and kept; those of its edge
    are in memory.
    """

    folder: Path
    edge: dict[tuple[int, int], Tile]
    _read: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def __call__(self, level: int, index: int) -> bytes:
        """Return a tile's hashes. Raises `AuditLogError`, `StorageError`."""
        key = (level, index)
        if key in self.edge:
            return self.edge[key].hashes
        if key not in self._read:
            self._read[key] = read_tile_file(self.folder, level, index, WIDTH)
        return self._read[key]


def inclusion_proof(read: ReadTile, index: int, size: int) -> list[bytes]:
    """Return PATH(index, first `size` entries), leaf side first. Raises `AuditLogError` when there is no such entry."""
    if not 0 <= index < size:
        raise AuditLogError("audit.proof:entry-log", entry=index, index=index, size=size)
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + split_at(end - start)
        if index < middle:
            path.append(_root(read, middle, end))
            end = middle
        else:
            path.append(_root(read, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(read: ReadTile, old_size: int, size: int) -> list[bytes]:
    """Return PROOF(old_size, first `size` entries): the log of `size` extends that of `old_size`.

    Empty for sizes 0 and `size`.
    """
    if not 0 <= old_size <= size:
        raise AuditLogError("audit.proof:log-extend", size=size, old_size=old_size)
    if old_size == 0:
        return []
    start, end, path = 0, size, []
    while end != old_size:
        middle = start + split_at(end - start)
        if old_size <= middle:
            path.append(_root(read, middle, end))
            end = middle
        else:
            path.append(_root(read, start, middle))
            start = middle
    if start:  # Else it is the old tree itself, whose root the verifier knows.
        path.append(_root(read, start, end))
    return path[::-1]


def root_over(read: ReadTile, size: int) -> bytes:
    """Return the root of the first `size` entries."""
    return _root(read, 0, size)


def proof_text(entry: bytes | None, index: int, proof: list[bytes], checkpoint: bytes) -> str:
    """Return the proof that `entry` is at `index` in the log of `checkpoint` (a signed note), as C2SP `tlog-proof`
    writes it.

    The entry is its extra data, so that beside the log's key nothing else is needed (ops/verify_proof.py); None where
    it is archived.
    """
    extra = [] if entry is None else [f"extra {base64.b64encode(entry).decode()}"]
    lines = [_PROOF_HEADER, *extra, f"index {index}", *(base64.b64encode(each).decode() for each in proof)]
    return "\n".join(lines) + "\n\n" + checkpoint.decode()


def _root(read: ReadTile, start: int, end: int) -> bytes:
    """Return MTH of the leaves from `start` to before `end`, as the RFC's division of a tree gives such ranges."""
    tree = CompactRange()
    while start < end:
        aligned = (start & -start).bit_length() - 1 if start else _ABOVE_ALL
        height = min(aligned, (end - start).bit_length() - 1)
        tree.push(_subtree(read, height, start), height)
        start += 1 << height
    return tree.root()


def _subtree(read: ReadTile, height: int, start: int) -> bytes:
    """Return the hash of the perfect subtree of 2^`height` leaves that begins at leaf `start`."""
    level, rest = divmod(height, 8)
    index, place = divmod(start >> (8 * level), WIDTH)
    hashes = read(level, index)[place * HASH_BYTES : (place + (1 << rest)) * HASH_BYTES]
    if len(hashes) != HASH_BYTES << rest:
        raise AuditLogError("audit.tile:hashes-audit-log", entry=start, start=start)
    return root_of([hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)])
