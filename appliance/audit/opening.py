"""Opens a log: where it ends, what its right edge is, and which requests are open, from the journal and the tiles at
its edge.

The cost does not grow with the log (but for listing its files): what lies left of the edge is bound by the edge's
hashes, which are compared with the signed checkpoint, and read only by `verify_log`. A folder without a journal (a
restored one, one of an earlier version, one whose journal a crash had just cut) is read whole instead, by `replay`.
What was archived is told by the entries that the pointer names (archives.py).
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
    """A log as it was found.

    `written` entries are in the tiles; `recent` holds the entries from the last full bundle before that on.
    """

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
    whole: bool = True  # False: the journal has to be begun
    recovered: int = 0  # entries that only the journal had
    torn: bool = False  # the last write was cut by a crash; nobody had been told of it


def open_log(folder: Path) -> OpenedLog:
    """Return the log in `folder`. Raises `AuditLogError` when the folder contradicts itself, `StorageError`."""
    make_private_folder(folder)
    journal = Journal(folder)
    try:
        contents = journal.read()
        return _replayed(folder, journal) if contents is None else _resumed(folder, journal, contents)
    except BaseException:
        journal.close()
        raise


def tile_at(folder: Path, size: int, key: Key, written: int = 0) -> Tile:
    """Return the tile as a log of `size` entries has it: from the file of that width, of the width at `written`
    entries, or the full one.

    Raises `AuditLogError`.
    """
    width = width_at(size, *key)
    for each in (width, max(width, width_at(written, *key)), WIDTH):
        if (folder / tile_path(*key, each)).is_file():
            return Tile(*key, read_tile_file(folder, *key, each)[: width * HASH_BYTES])
    entry = key[1] * WIDTH ** (key[0] + 1)
    raise AuditLogError("audit.tile", entry=entry, sequence=entry, value=repr(tile_path(*key, width)))


def edge_keys(size: int) -> list[Key]:
    """Return the unfinished tiles of a tree of `size` entries, one a level at most."""
    keys = [(level, size >> (8 * (level + 1))) for level in range(MAX_LEVEL + 1)]
    return [key for key in keys if 0 < width_at(size, *key) < WIDTH]


def _replayed(folder: Path, journal: Journal) -> OpenedLog:
    checkpoint, requests = read_checkpoint(folder), OpenRequests()
    state = replay(folder, checkpoint, visit=requests.follow)
    size = state.edge.size
    if journal.reach() > size:
        raise AuditLogError("audit.journal:audit-log-journal-changed-begins", entry=size, size=size)
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
        whole=False,
    )


def _resumed(folder: Path, journal: Journal, contents: JournalContents) -> OpenedLog:
    try:
        return _Resumed(folder, journal, contents).log
    except AuditLogError:
        state = replay(
            folder, read_checkpoint(folder)
        )  # The whole names the first bad entry, where the edge only shows that there is one.
        if not keep_pointer(folder, state.archives):
            raise
    return _Resumed(folder, journal, contents).log  # The pointer alone was lost.


class _Resumed:
    """Puts a log together from the edge that its journal names, and the batches in the journal."""

    def __init__(self, folder: Path, journal: Journal, contents: JournalContents) -> None:
        self._folder = folder
        self._inventory = take_inventory(folder)
        size = contents.size
        archives = self._archives(size)
        _verify_there(self._inventory, size, archives.gone)
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
        _verify_files(folder, self._inventory, log)
        if self._signed.size > edge.size:
            raise AuditLogError(
                "audit.truncated:audit-log-cut", entry=edge.size, signed_size=self._signed.size, edge_size=edge.size
            )

    def _archives(self, size: int) -> Archives:
        """Return what was archived, of a log of `size` entries in tiles."""
        archives = Archives(
            gone={index for index in range(size // WIDTH) if not self._inventory.widest((ENTRIES, index))}
        )
        for sequence in read_pointer(self._folder):
            if not 0 <= sequence < size:
                raise AuditLogError("audit.pointer:audit-log-pointer")
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
            raise AuditLogError("audit.rewritten", head_size=head.size)

    def _tail(self, size: int) -> list[bytes]:
        """Return the entries of the unfinished bundle, compared with the hashes kept of them."""
        index, width = divmod(size, WIDTH)
        if not width:
            return []
        hashes = tile_at(self._folder, size, (0, index)).hashes
        entries = list(self._bundle(index, width))
        for number, raw in enumerate(entries):
            if not hmac.compare_digest(leaf_hash(raw), hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]):
                sequence = index * WIDTH + number
                raise AuditLogError("audit.entry:entry-audit-log-hash", entry=sequence, sequence=sequence)
        return entries

    def _bundle(self, index: int, width: int) -> list[bytes]:
        if not (self._folder / tile_path(ENTRIES, index, width)).is_file():
            first = index * WIDTH
            raise AuditLogError("audit.truncated:entry-audit-log", entry=first, first=first)
        return list(split_bundle(read_tile_file(self._folder, ENTRIES, index, width), width, index * WIDTH))

    def _entry(self, sequence: int, size: int) -> bytes:
        index, number = divmod(sequence, WIDTH)
        return self._bundle(index, min(WIDTH, size - index * WIDTH))[number]


def _verify_there(inventory: Inventory, size: int, gone: set[int]) -> None:
    """Raise `AuditLogError` unless every full bundle and tile of a log of `size` entries is there, but for the bundles
    that are `gone`.
    """
    for level in range(ENTRIES, MAX_LEVEL + 1):
        span = WIDTH ** (max(level, 0) + 1)
        for index in range(size // span):
            if inventory.widest((level, index)) < WIDTH and not (level == ENTRIES and index in gone):
                raise AuditLogError(
                    "audit.truncated:entry-audit-log-missing",
                    entry=index * span,
                    index=index * span,
                    level=repr(tile_path(level, index)),
                )


def _verify_files(folder: Path, inventory: Inventory, log: OpenedLog) -> None:
    """Compare the files that go beyond what was begun: an interrupted write left them, and they must be what the
    journal says.
    """
    size, first = log.edge.size, log.written // WIDTH * WIDTH
    edge = {(tile.level, tile.index): tile for tile in log.edge.unfinished()}
    for key, widths in inventory.widths.items():
        for width in widths:
            if width <= width_at(log.written, *key):
                continue
            start = key[1] * WIDTH ** (max(key[0], 0) + 1)
            if width > width_at(size, *key):
                raise AuditLogError(
                    "audit.truncated:entry-audit-log-missing-speaks",
                    entry=size,
                    size=size,
                    value=repr(tile_path(*key, width)),
                )
            data = read_tile_file(folder, *key, width)
            if key[0] == ENTRIES:
                same = list(split_whole_bundle(data, start)) == log.recent[start - first : start - first + width]
            else:
                same = data == (log.unwritten.get(key) or edge[key]).hashes[: width * HASH_BYTES]
            if not same:
                raise AuditLogError("audit.tile:file-agree-journal", entry=start, value=repr(tile_path(*key, width)))
