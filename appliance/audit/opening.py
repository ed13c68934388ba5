"""Opens a log: finds its end, its right edge and its open requests in the journal and the tiles at the edge.

Except for listing files, the cost does not grow with the log. Older entries are covered by the hashes at the edge,
which are compared with the signed checkpoint; only `verify_log` reads them. A folder without a usable journal (after a
restore, from an earlier version, after a crash at the journal's beginning) is read completely by `replay` instead.
Archives are known from the entries that the pointer names (archives.py).
"""

import hmac
from dataclasses import dataclass, field
from pathlib import Path

from appliance.audit.actions import OpenRequests
from appliance.audit.archives import Archives, keep_pointer, read_pointer
from appliance.audit.events import parse_entry
from appliance.audit.journal import Journal, JournalContents
from appliance.audit.key_chain import KEY_CHANGE, KeyChain
from appliance.audit.merkle import EMPTY_ROOT, HASH_BYTES, TreeHead, leaf_hash
from appliance.audit.signed_note import SignedCheckpoint, parse_checkpoint
from appliance.audit.tiles import (
    ENTRIES,
    MAX_LEVEL,
    WIDTH,
    Inventory,
    Key,
    Tile,
    TreeEdge,
    read_tile_file,
    root_at,
    split_bundle,
    split_whole_bundle,
    take_inventory,
    tile_path,
    width_at,
)
from appliance.audit.verifier import RESTORE, read_checkpoint, replay, verify_restore
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import AuditLogError


@dataclass
class OpenedLog:
    """A log after opening. `written` entries are in tiles; `recent` are those after the last full bundle."""

    journal: Journal
    edge: TreeEdge
    written: int
    recent: list[bytes]
    requests: OpenRequests
    keys: KeyChain
    archives: Archives = field(default_factory=Archives)
    checkpoint: SignedCheckpoint | None = None
    note: bytes = b""
    unwritten: dict[Key, Tile] = field(default_factory=dict)
    partials: set[str] = field(default_factory=set)
    temporaries: list[Path] = field(default_factory=list)
    journal_begun: bool = True  # False: a new journal has to be begun
    recovered: int = 0  # entries that were in the journal only
    torn: bool = False  # a crash interrupted the last write, which had not been acknowledged


def open_log(folder: Path) -> OpenedLog:
    """Return the log in `folder`. Raises `AuditLogError` if the folder is inconsistent, `StorageError`."""
    make_private_folder(folder)
    journal = Journal(folder)
    try:
        contents = journal.read()
        return _replayed(folder, journal) if contents is None else _resumed(folder, journal, contents)
    except BaseException:
        journal.close()
        raise


def tile_at(folder: Path, size: int, key: Key, written: int = 0) -> Tile:
    """Return the tile of a log of `size` entries, from its file, its file at `written` entries, or the full tile.

    Raises `AuditLogError`.
    """
    width = width_at(size, *key)
    for file_width in (width, max(width, width_at(written, *key)), WIDTH):
        if (folder / tile_path(*key, file_width)).is_file():
            return Tile(*key, read_tile_file(folder, *key, file_width)[: width * HASH_BYTES])
    entry = key[1] * WIDTH ** (key[0] + 1)
    raise AuditLogError("audit.tile:missing-file", entry=entry, sequence=entry, path=tile_path(*key, width))


def edge_keys(size: int) -> list[Key]:
    """Return the keys of the unfinished tiles of a tree of `size` entries, at most one for each level."""
    keys = [(level, size >> (8 * (level + 1))) for level in range(MAX_LEVEL + 1)]
    return [key for key in keys if 0 < width_at(size, *key) < WIDTH]


def _replayed(folder: Path, journal: Journal) -> OpenedLog:
    checkpoint, requests = read_checkpoint(folder), OpenRequests()
    state = replay(folder, checkpoint, visit=requests.follow)
    size = state.edge.size
    if journal.reach() > size:
        raise AuditLogError("audit.journal:beginning-changed", entry=size, size=size)
    keep_pointer(folder, state.archives)
    return OpenedLog(
        journal,
        state.edge,
        size,
        state.tail,
        requests,
        state.keys,
        state.archives,
        checkpoint,
        unwritten={(tile.level, tile.index): tile for tile in state.unwritten},
        partials=state.partials,
        temporaries=state.temporaries,
        journal_begun=False,
    )


def _resumed(folder: Path, journal: Journal, contents: JournalContents) -> OpenedLog:
    try:
        return _Resumed(folder, journal, contents).log
    except AuditLogError:
        # The edge only shows that there is a bad entry; reading everything finds the first one.
        state = replay(folder, read_checkpoint(folder))
        if not keep_pointer(folder, state.archives):
            raise
    return _Resumed(folder, journal, contents).log  # Only the pointer was lost.


class _Resumed:
    """Assembles a log from the tree's edge at the journal's beginning, and the batches in the journal."""

    def __init__(self, folder: Path, journal: Journal, contents: JournalContents) -> None:
        self._folder = folder
        self._inventory = take_inventory(folder)
        size = contents.size
        archives = self._archives(size)
        _verify_full_files(self._inventory, size, archives.gone)
        edge = TreeEdge.resume(size, [tile_at(folder, size, key) for key in edge_keys(size)])
        checkpoint = read_checkpoint(folder)
        self._signed = TreeHead(0, EMPTY_ROOT) if checkpoint is None else checkpoint.head
        log = self.log = OpenedLog(
            journal, edge, size, self._tail(size), OpenRequests(), KeyChain(), archives, checkpoint
        )
        log.partials, log.temporaries = self._inventory.partials(), self._inventory.temporaries
        log.torn = contents.torn
        for sequence in sorted(contents.open):
            log.requests.follow(parse_entry(self._entry(sequence, size), sequence))
        for sequence in sorted(contents.keys):
            log.keys.follow(
                parse_entry(self._entry(sequence, size), sequence), TreeHead(sequence, self._root_at(sequence))
            )
        if self._signed.size <= size:
            self._verify_root(self._signed, self._root_at(self._signed.size))
        for batch in contents.batches:
            for sequence, raw in enumerate(batch.entries, start=batch.first):
                self._add(sequence, raw)
            if batch.note:
                log.note, log.checkpoint = batch.note, parse_checkpoint(batch.note)
                self._verify_root(log.checkpoint.head, edge.root(), edge.size)
        log.recovered = edge.size - size
        for tile in edge.unfinished() if log.recovered else []:
            log.unwritten[(tile.level, tile.index)] = tile
        _verify_newer_files(folder, self._inventory, log)
        if self._signed.size > edge.size:
            raise AuditLogError(
                "audit.truncated:signed-entries", entry=edge.size, size=edge.size, signed_size=self._signed.size
            )

    def _archives(self, size: int) -> Archives:
        """Return the archives of a log with `size` entries in tiles."""
        archives = Archives(
            gone={index for index in range(size // WIDTH) if not self._inventory.widest((ENTRIES, index))}
        )
        for sequence in read_pointer(self._folder):
            if not 0 <= sequence < size:
                raise AuditLogError("audit.pointer:absent-entry")
            archives.follow(parse_entry(self._entry(sequence, size), sequence))
        archives.verify_explained()
        return archives

    def _root_at(self, size: int) -> bytes:
        return root_at(size, [tile_at(self._folder, size, key, self.log.written) for key in edge_keys(size)])

    def _add(self, sequence: int, raw: bytes) -> None:
        log = self.log
        entry = parse_entry(raw, sequence)
        if entry["action"] == RESTORE:
            verify_restore(entry, TreeHead(log.edge.size, log.edge.root()))
        elif entry["action"] == KEY_CHANGE:
            log.keys.follow(entry, TreeHead(log.edge.size, log.edge.root()))
        log.archives.follow(entry)
        for tile in log.edge.add(leaf_hash(raw)):
            log.unwritten[(tile.level, tile.index)] = tile
        log.recent.append(raw)
        log.requests.follow(entry)
        if log.edge.size == self._signed.size:
            self._verify_root(self._signed, log.edge.root())

    def _verify_root(self, head: TreeHead, root: bytes, size: int | None = None) -> None:
        if not hmac.compare_digest(head.root, root) or size not in {None, head.size}:
            raise AuditLogError("audit.rewritten:signed", size=head.size)

    def _tail(self, size: int) -> list[bytes]:
        """Return the entries of the unfinished bundle, after comparing them with their hashes."""
        index, width = divmod(size, WIDTH)
        if not width:
            return []
        hashes = tile_at(self._folder, size, (0, index)).hashes
        entries = list(self._bundle(index, width))
        for number, raw in enumerate(entries):
            if not hmac.compare_digest(leaf_hash(raw), hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]):
                sequence = index * WIDTH + number
                raise AuditLogError("audit.entry:hash-mismatch", entry=sequence, sequence=sequence)
        return entries

    def _bundle(self, index: int, width: int) -> list[bytes]:
        if not (self._folder / tile_path(ENTRIES, index, width)).is_file():
            first = index * WIDTH
            raise AuditLogError("audit.truncated:end-missing", entry=first, sequence=first)
        return list(split_bundle(read_tile_file(self._folder, ENTRIES, index, width), width, index * WIDTH))

    def _entry(self, sequence: int, size: int) -> bytes:
        index, number = divmod(sequence, WIDTH)
        return self._bundle(index, min(WIDTH, size - index * WIDTH))[number]


def _verify_full_files(inventory: Inventory, size: int, gone: set[int]) -> None:
    """Raise `AuditLogError` unless all full tiles of a log of `size` entries and all bundles not in `gone` exist."""
    for level in range(ENTRIES, MAX_LEVEL + 1):
        span = WIDTH ** (max(level, 0) + 1)
        for index in range(size // span):
            if inventory.widest((level, index)) < WIDTH and not (level == ENTRIES and index in gone):
                entry, path = index * span, tile_path(level, index)
                raise AuditLogError("audit.truncated:missing-file", entry=entry, sequence=entry, path=path)


def _verify_newer_files(folder: Path, inventory: Inventory, log: OpenedLog) -> None:
    """Compare files beyond the journal's beginning, left by an interrupted write, with the journal's entries."""
    size, first = log.edge.size, log.written // WIDTH * WIDTH
    edge = {(tile.level, tile.index): tile for tile in log.edge.unfinished()}
    for key, widths in inventory.widths.items():
        for width in widths:
            if width <= width_at(log.written, *key):
                continue
            start = key[1] * WIDTH ** (max(key[0], 0) + 1)
            if width > width_at(size, *key):
                path = tile_path(*key, width)
                raise AuditLogError("audit.truncated:later-file", entry=size, sequence=size, path=path)
            data = read_tile_file(folder, *key, width)
            if key[0] == ENTRIES:
                same = list(split_whole_bundle(data, start)) == log.recent[start - first : start - first + width]
            else:
                same = data == (log.unwritten.get(key) or edge[key]).hashes[: width * HASH_BYTES]
            if not same:
                raise AuditLogError("audit.tile:not-in-journal", entry=start, path=tile_path(*key, width))
