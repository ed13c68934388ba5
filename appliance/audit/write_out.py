"""Determines which bundles and tiles have to be written when a journal is written out (layout: tiles.py).

A checkpoint on disk may cover fewer entries than there are, if later entries were not signed (the vault was sealed, a
crash). Its partial tiles and bundle are then kept beside the wider ones, so that public tools can still verify it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.audit.merkle import HASH_BYTES
from appliance.audit.opening import edge_keys, tile_at
from appliance.audit.tiles import ENTRIES, WIDTH, Key, Tile, encode_bundle, tile_path, width_at


@dataclass(frozen=True)
class WriteOut:
    """A log in memory: `size` entries, of which `written` are in files; `recent` are the entries from `first` on.

    `first` begins a bundle. `tiles` are the tiles in memory: unfinished ones, and full ones that are not in files yet.
    """

    folder: Path
    size: int
    written: int
    first: int
    recent: Sequence[bytes]
    tiles: Mapping[Key, Tile]

    def bundles(self) -> list[tuple[str, bytes]]:
        """Return the paths and contents of the bundles with entries that are not in files yet."""
        files = []
        for start in range(self.first, self.size, WIDTH):
            raws = self.recent[start - self.first : start - self.first + WIDTH]
            if start + len(raws) > self.written:
                files.append((tile_path(ENTRIES, start // WIDTH, len(raws)), encode_bundle(raws)))
        return files

    def partials(self, size: int) -> list[tuple[str, bytes]]:
        """Return the partial tiles and the partial bundle of the first `size` entries. Raises `AuditLogError`."""
        files = []
        for key in edge_keys(size):
            tile = self.tiles.get(key) or tile_at(self.folder, size, key)
            width = width_at(size, *key)
            files.append((tile_path(*key, width), tile.hashes[: width * HASH_BYTES]))
        index, width = divmod(size, WIDTH)
        if width:
            start = index * WIDTH - self.first
            files.append((tile_path(ENTRIES, index, width), encode_bundle(self.recent[start : start + width])))
        return files
