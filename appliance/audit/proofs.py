"""Inclusion proofs from hash tiles in O(log n) (RFC 6962 section 2.1.1; RFC 9162 section 2.1.3).

A perfect subtree of 2^h leaves is one hash of a tile of level h // 8, or the root over 2^(h % 8) adjacent hashes of a
tile. So a proof reads no entries, and only the tiles on its path: at most two of each level. `merkle` verifies proofs.

A proof for an auditor is a text, C2SP `tlog-proof`, with the entry and the signed checkpoint that it belongs to.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.audit.merkle import HASH_BYTES, CompactRange, root_of, split_at
from appliance.audit.tiles import WIDTH, Tile, read_tile_file
from appliance.foundation.errors import AuditLogError

ReadTile = Callable[[int, int], bytes]  # from level and index to the tile's hashes, concatenated
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_UNBOUNDED_HEIGHT = 64  # higher than any tree, for the subtree that begins at leaf 0


@dataclass
class HashTiles:
    """The hash tiles of a log at one moment: full tiles are read from its folder and cached, edge tiles are given."""

    folder: Path
    edge: dict[tuple[int, int], Tile]
    _cache: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def __call__(self, level: int, index: int) -> bytes:
        """Return a tile's hashes. Raises `AuditLogError`, `StorageError`."""
        key = (level, index)
        if key in self.edge:
            return self.edge[key].hashes
        if key not in self._cache:
            self._cache[key] = read_tile_file(self.folder, level, index, WIDTH)
        return self._cache[key]


def inclusion_proof(read: ReadTile, index: int, size: int) -> list[bytes]:
    """Return PATH(index, first `size` entries), leaf side first. Raises `AuditLogError` if there is no such entry."""
    if not 0 <= index < size:
        raise AuditLogError("audit.proof:no-entry", entry=index, index=index, size=size)
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


def proof_text(entry: bytes | None, index: int, proof: list[bytes], checkpoint: bytes) -> str:
    """Return the proof that `entry` is at `index` in the log of `checkpoint` (a signed note), as C2SP `tlog-proof`.

    The entry is included as extra data, so that only the log's key is needed besides (ops/verify_proof.py). It is None
    if it is archived.
    """
    extra = [] if entry is None else [f"extra {base64.b64encode(entry).decode()}"]
    lines = [_PROOF_HEADER, *extra, f"index {index}", *(base64.b64encode(sibling).decode() for sibling in proof)]
    return "\n".join(lines) + "\n\n" + checkpoint.decode()


def _root(read: ReadTile, start: int, end: int) -> bytes:
    """Return MTH of the leaves from `start` to before `end`, a range of the RFC's division of a tree."""
    tree = CompactRange()
    while start < end:
        aligned = (start & -start).bit_length() - 1 if start else _UNBOUNDED_HEIGHT
        height = min(aligned, (end - start).bit_length() - 1)
        tree.push(_subtree(read, height, start), height)
        start += 1 << height
    return tree.root()


def _subtree(read: ReadTile, height: int, start: int) -> bytes:
    """Return the hash of the perfect subtree of 2^`height` leaves that begins at leaf `start`."""
    level, height_in_tile = divmod(height, 8)
    index, position = divmod(start >> (8 * level), WIDTH)
    hashes = read(level, index)[position * HASH_BYTES : (position + (1 << height_in_tile)) * HASH_BYTES]
    if len(hashes) != HASH_BYTES << height_in_tile:
        raise AuditLogError("audit.tile:missing", entry=start, sequence=start)
    return root_of([hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)])
