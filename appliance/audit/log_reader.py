"""Reads entries of a log in use, without a lock: full bundles from the folder, newer entries from memory."""

from collections.abc import Iterator
from typing import Any

from appliance.audit.archives import Archives
from appliance.audit.events import parse_entry
from appliance.audit.log_state import LogState
from appliance.audit.merkle import HASH_BYTES, leaf_hash
from appliance.audit.tiles import ENTRIES, WIDTH, read_tile_file, split_bundle


class LogReader:
    """The entries of a log."""

    def __init__(self, state: LogState) -> None:
        self._state = state

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self._state.view[2]

    @property
    def full_bundles(self) -> int:
        """Return the number of full bundles on disk."""
        return self._state.view[0] // WIDTH

    @property
    def archives(self) -> Archives:
        """Return what was archived: the log has only the hashes of these entries."""
        return self._state.archives

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries from `start` to before `stop` (by default all). Raises `AuditLogError`, `StorageError`."""
        for sequence, raw in enumerate(self.raw_entries(start, stop), start=start):
            yield parse_entry(raw, sequence)

    def raw_entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of these entries, of which the tree has the hashes. Raises as `entries`."""
        first, recent, size = self._state.view
        stop = size if stop is None else min(stop, size)
        for index in range(start // WIDTH, -(-min(stop, first) // WIDTH)):
            self.archives.verify_here(index)
            raws = split_bundle(read_tile_file(self._state.folder, ENTRIES, index, WIDTH), WIDTH, index * WIDTH)
            for sequence, raw in enumerate(raws, start=index * WIDTH):
                if start <= sequence < stop:
                    yield raw
        for sequence in range(max(start, first), stop):
            yield recent[sequence - first]

    def entries_here(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries from `start` to before `stop` that are not archived. Raises as `entries`."""
        for first, end in self.archives.here(start, self.size if stop is None else min(stop, self.size)):
            yield from self.entries(first, end)

    def leaves(self, start: int, stop: int) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the hash and the bytes (None if archived) of each of these entries. Raises as `entries`."""
        at = start
        for first, end in self.archives.here(start, stop):
            yield from ((leaf, None) for leaf in self._archived_hashes(at, first))
            yield from ((leaf_hash(raw), raw) for raw in self.raw_entries(first, end))
            at = end
        yield from ((leaf, None) for leaf in self._archived_hashes(at, stop))

    def _archived_hashes(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the hashes of archived entries, which fill whole tiles."""
        for index in range(start // WIDTH, -(-stop // WIDTH) if start < stop else 0):
            hashes = read_tile_file(self._state.folder, 0, index, WIDTH)
            for sequence in range(max(start, index * WIDTH), min(stop, (index + 1) * WIDTH)):
                position = sequence % WIDTH * HASH_BYTES
                yield hashes[position : position + HASH_BYTES]
