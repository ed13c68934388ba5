"""Reads what is old in a log again: one full bundle of entries, with the hash tiles that lead from it to the edge in
memory.

Opening a log and appending to it read its edge alone (opening.py), so what is changed or rots left of it shows when
somebody verifies the whole, or here, a bundle at a time. The edge was compared with the signed checkpoint when the log
was opened, and has grown in memory since.
"""

import hmac
from collections.abc import Sequence

from appliance.audit.merkle import HASH_BYTES, leaf_hash, root_of
from appliance.audit.proofs import HashTiles
from appliance.audit.tiles import ENTRIES, WIDTH, read_tile_file, split_bundle, tile_path
from appliance.foundation.errors import AuditLogError


def verify_bundle(tiles: HashTiles, index: int, hashes: Sequence[bytes]) -> None:
    """Raise `AuditLogError` naming the first bad entry unless full bundle `index` is what `hashes` say, which
    `verify_hashes` returned.

    Raises `StorageError` for what cannot be read.
    """
    data = _read(tiles, ENTRIES, index)
    for sequence, (raw, kept) in enumerate(
        zip(split_bundle(data, WIDTH, index * WIDTH), hashes, strict=True), start=index * WIDTH
    ):
        if not hmac.compare_digest(leaf_hash(raw), kept):
            raise AuditLogError(
                "audit.entry:entry-audit-log-changed",
                entry=sequence,
                sequence=sequence,
                entries=repr(tile_path(ENTRIES, index)),
            )


def verify_hashes(tiles: HashTiles, index: int) -> list[bytes]:
    """Compare tile `index` of level 0 with its hash in the tile above, that one with the one above it, up to what is in
    memory.

    Return the hashes in it, of the entries of bundle `index`. Raises `AuditLogError` naming the first entry under a
    tile that was changed, `StorageError`.
    """
    leaves = hashes = _split(_read(tiles, 0, index))
    level = 0
    while (level, index) not in tiles.edge:
        above, place = divmod(index, WIDTH)
        over = _split(_read(tiles, level + 1, above))
        if not hmac.compare_digest(root_of(hashes), over[place]):
            entry = index * WIDTH ** (level + 1)
            path = tile_path(level, index)
            raise AuditLogError("audit.tile:hashes-audit-log-entry", entry=entry, sequence=entry, path=repr(path))
        level, index, hashes = level + 1, above, over
    return leaves


def _read(tiles: HashTiles, level: int, index: int) -> bytes:
    """Return a full bundle or tile from the disk, or a tile that is in memory."""
    if (level, index) in tiles.edge:
        return tiles(level, index)
    path, entry = tile_path(level, index), index * WIDTH ** (max(level, 0) + 1)
    if not (tiles.folder / path).is_file():
        raise AuditLogError("audit.truncated:audit-log-file", entry=entry, path=repr(path))
    data = read_tile_file(tiles.folder, level, index, WIDTH) if level == ENTRIES else tiles(level, index)
    if level != ENTRIES and len(data) != WIDTH * HASH_BYTES:
        raise AuditLogError("audit.tile:audit-log-file", entry=entry, path=repr(path))
    return data


def _split(hashes: bytes) -> list[bytes]:
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
