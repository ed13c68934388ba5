"""Rereads old parts of a log: one full bundle of entries, and the hash tiles between it and the edge in memory.

Opening a log and appending to it read only its edge (opening.py). Damage left of the edge is found by a verification of
the whole log, or here, bundle by bundle. The edge was compared with the signed checkpoint when the log was opened, and
has grown in memory since.
"""

import hmac
from collections.abc import Sequence

from appliance.audit.merkle import HASH_BYTES, leaf_hash, root_of
from appliance.audit.proofs import HashTiles
from appliance.audit.tiles import ENTRIES, WIDTH, read_tile_file, split_bundle, tile_path
from appliance.foundation.errors import AuditLogError


def verify_bundle(tiles: HashTiles, index: int, hashes: Sequence[bytes]) -> None:
    """Compare the full bundle `index` with its entries' hashes, which `verify_hashes` returned.

    Raises `AuditLogError` with the first bad entry, `StorageError`.
    """
    data = _read(tiles, ENTRIES, index)
    for sequence, (raw, expected) in enumerate(
        zip(split_bundle(data, WIDTH, index * WIDTH), hashes, strict=True), start=index * WIDTH
    ):
        if not hmac.compare_digest(leaf_hash(raw), expected):
            raise AuditLogError(
                "audit.entry:changed", entry=sequence, sequence=sequence, path=tile_path(ENTRIES, index)
            )


def verify_hashes(tiles: HashTiles, index: int) -> list[bytes]:
    """Compare tile `index` of level 0 with its hash in the tile above, and so on up to a tile in memory.

    Returns the hashes in it, of the entries of bundle `index`. Raises `AuditLogError` with the first entry under a
    changed tile, `StorageError`.
    """
    leaves = hashes = _split(_read(tiles, 0, index))
    level = 0
    while (level, index) not in tiles.edge:
        parent_index, position = divmod(index, WIDTH)
        parent = _split(_read(tiles, level + 1, parent_index))
        if not hmac.compare_digest(root_of(hashes), parent[position]):
            entry = index * WIDTH ** (level + 1)
            raise AuditLogError("audit.tile:changed", entry=entry, sequence=entry, path=tile_path(level, index))
        level, index, hashes = level + 1, parent_index, parent
    return leaves


def _read(tiles: HashTiles, level: int, index: int) -> bytes:
    """Return a full bundle or tile from the disk, or a tile from memory."""
    if (level, index) in tiles.edge:
        return tiles(level, index)
    path, entry = tile_path(level, index), index * WIDTH ** (max(level, 0) + 1)
    if not (tiles.folder / path).is_file():
        raise AuditLogError("audit.truncated:file", entry=entry, path=path)
    data = read_tile_file(tiles.folder, level, index, WIDTH) if level == ENTRIES else tiles(level, index)
    if level != ENTRIES and len(data) != WIDTH * HASH_BYTES:
        raise AuditLogError("audit.tile:length", entry=entry, path=path)
    return data


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
