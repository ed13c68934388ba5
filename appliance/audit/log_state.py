"""The state of an open log: in memory, and how it gets into the journal and the folder (layout: tiles.py).

A commit writes one frame into the journal (journal.py) and syncs it. From that moment the entries exist, and with a
signer also the signed checkpoint that covers them. A failure before that is undone. A flush writes the journal's
entries as bundles, tiles and checkpoint, and begins a new journal. Nothing here is thread-safe: `AuditLog` has the
lock.

A checkpoint on disk may cover fewer entries than there are, if later entries were not signed (the vault was sealed, a
crash). A flush then keeps its partial tiles and bundle beside the wider ones, for public tools to verify it by.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.audit.events import Actor, Details, Draft, ObjectRef, Outcome, draft_entry, parse_entry
from appliance.audit.journal import Batch
from appliance.audit.merkle import HASH_BYTES, TreeHead, leaf_hash
from appliance.audit.opening import OpenedLog, edge_keys, tile_at
from appliance.audit.signed_note import Signer, parse_checkpoint, sign_checkpoint
from appliance.audit.tile_files import TileFiles
from appliance.audit.tiles import (
    CHECKPOINT,
    ENTRIES,
    WIDTH,
    Key,
    Tile,
    encode_bundle,
    partial_paths,
    root_at,
    tile_path,
    width_at,
)
from appliance.audit.verifier import verify_extends
from appliance.foundation.clock import Clock, clock_step_us
from appliance.foundation.errors import ApplianceError, AuditLogError, ConflictError, StorageError
from appliance.foundation.messages import Message, message


@dataclass(frozen=True)
class WriteOut:
    """What a flush writes: of `size` entries, `written` are in files already; `recent` are those from `first` on.

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


SYSTEM = Actor("appliance", "system")


class HeadStore(Protocol):
    """Remembers the log's last head outside its folder. It must not write to the log itself."""

    def load(self) -> TreeHead | None:
        """Return the head that was saved last, or None."""

    def save(self, head: TreeHead) -> None:
        """Save `head` so that it survives this process. A power cut may lose the last heads, but not their order."""


class LogState:
    """The state of one log."""

    def __init__(self, folder: Path, clock: Clock, opened: OpenedLog) -> None:
        self.folder = folder
        self._clock = clock
        self._boot_id = clock.boot_id()
        self.journal = opened.journal
        self.edge = opened.edge
        self.written = opened.written  # number of entries in tiles
        # The sequence of the first entry in memory, the entries from there on, and the size of the log: replaced
        # together, so that readers need no lock.
        self.view = (opened.written // WIDTH * WIDTH, opened.recent, opened.edge.size)
        self.requests = opened.requests
        self.keys = opened.keys
        self.archives = opened.archives
        self._unwritten = opened.unwritten
        self._files = TileFiles(folder, opened.partials)
        self._note = opened.note  # a checkpoint that is in the journal only
        self._checkpoint = opened.checkpoint  # the last one, except for `_note`
        self.signed_size = 0 if opened.checkpoint is None else opened.checkpoint.head.size
        self._last = parse_entry(opened.recent[-1], opened.edge.size - 1) if opened.recent else None
        self.kept: list[set[str]] = []  # partial files that verifications are reading
        self.signer: Signer | None = None
        self.heads: HeadStore | None = None
        self.refusal: Message | None = None  # why the log accepts no more entries

    def head(self) -> TreeHead:
        """Return the size and the root of the log."""
        return TreeHead(self.edge.size, self.edge.root())

    def known_tiles(self) -> dict[Key, Tile]:
        """Return the hash tiles in memory: the unfinished ones, and those that are not written out yet."""
        return self._unwritten | {(tile.level, tile.index): tile for tile in self.edge.unfinished()}

    def verify_usable(self) -> None:
        """Raise `ConflictError` if the log accepts no more entries."""
        if self.refusal is not None:
            raise ConflictError(self.refusal, code="audit.closed")

    def verified_signer(self) -> Signer:
        """Return the signer. Raises `ConflictError` if there is none or the log is closed."""
        self.verify_usable()
        if self.signer is None:
            raise ConflictError("audit.sealed")
        return self.signer

    def commit(self, drafts: list[Draft]) -> list[dict[str, Any]]:
        """Make the drafts durable and return their entries. Raises `StorageError`, after which nothing has changed."""
        first, recent, size = self.view
        if not drafts:
            return []
        entries = [draft.place(size + number, self._clock, self._boot_id) for number, draft in enumerate(drafts)]
        raws = tuple(draft.encode(entry) for draft, entry in zip(drafts, entries, strict=True))
        edge = self.edge.copy()
        full = [tile for raw in raws for tile in edge.add(leaf_hash(raw))]
        note = sign_checkpoint(TreeHead(edge.size, edge.root()), self.signer) if self.signer is not None else b""
        try:
            self.journal.append(Batch(size, raws, note))
        except StorageError:
            self._undo()
            raise
        self.edge = edge
        for tile in full:
            self._unwritten[(tile.level, tile.index)] = tile
        recent.extend(raws)
        self.view = (first, recent, edge.size)
        self._last = entries[-1]
        if note:
            self._note, self.signed_size = note, edge.size
        for entry in entries:
            self.requests.follow(entry)
        return entries

    def _undo(self) -> None:
        """Remove a frame that may have been written without being durable. If that fails, close the log."""
        try:
            self.journal.verify_in_place()
            self.journal.undo()
        except (OSError, ApplianceError):
            self.refusal = message("audit.not-restored")

    def remember(self) -> None:
        """Save the head."""
        if self.heads is not None:
            self.heads.save(self.head())

    def clock_step(self) -> list[Draft]:
        """Return the entry that the wall clock was set, if it was."""
        if self._last is None:
            return []
        same_boot = self._last["boot_id"] == self._boot_id
        step = clock_step_us(self._last["time_us"], self._last["monotonic_us"], self._clock, same_boot=same_boot)
        if not step:
            return []
        details: Details = {"step_us": step, "before_us": self._last["time_us"]}
        target = ObjectRef("clock", "wall")
        return [draft_entry(SYSTEM, "clock.change", target, Outcome.SUCCEEDED, reason="", request="", details=details)]

    def verify_signer(self, signer: Signer, heads: HeadStore) -> None:
        """Raise `AuditLogError` unless checkpoint, keys and remembered head agree with this signer."""
        if self._note:
            self._checkpoint = parse_checkpoint(self._note)
        checkpoint = self._checkpoint
        if checkpoint is not None:
            checkpoint.verify(self.keys.key_at(checkpoint.head.size, signer.public_key))
            if checkpoint.origin != signer.name:
                raise AuditLogError("audit.key:other-name")
        if self.keys.key_at(self.edge.size, signer.public_key) != signer.public_key:
            raise AuditLogError("audit.key:handed-over")
        remembered = heads.load()
        if remembered is not None:
            # A head is saved after its checkpoint is durable, so it is only ahead if an older checkpoint was put back.
            signed_size = 0 if checkpoint is None else checkpoint.head.size
            verify_extends(min(self.edge.size, signed_size), self._root_at(remembered.size), remembered)

    def sign(self, signer: Signer) -> None:
        """Sign all entries, and write the checkpoint out. Raises `StorageError`."""
        self._note, self.signed_size = sign_checkpoint(self.head(), signer), self.edge.size
        self.flush()

    def _root_at(self, size: int) -> bytes | None:
        """Return the root of the first `size` entries from the hash tiles, or None if there are fewer entries."""
        if size > self.edge.size:
            return None
        known = self.known_tiles()
        return root_at(size, [known.get(key) or tile_at(self.folder, size, key) for key in edge_keys(size)])

    def flush_if_possible(self) -> None:
        """Write the journal out. If that fails nothing is lost: the next start reads the journal."""
        with contextlib.suppress(StorageError):
            self.flush()

    def flush(self) -> None:
        """Write the journal's entries to bundles, tiles and checkpoint; begin a new journal. Raises `StorageError`."""
        self.journal.verify_in_place()
        first, recent, size = self.view
        out = WriteOut(self.folder, size, self.written, first, recent, self.known_tiles())
        files = out.bundles()
        # What a crash left is written again although it exists: its name may not be durable yet.
        tiles = [
            tile for key, tile in sorted(out.tiles.items()) if key in self._unwritten or not self._files.has(tile.path)
        ]
        files += [(tile.path, tile.hashes) for tile in tiles]
        if self._note:
            if self.signed_size not in {0, size}:
                files += out.partials(self.signed_size)
            files.append((CHECKPOINT, self._note))
            self._checkpoint = parse_checkpoint(self._note)
        self._files.write(files)
        self.journal.begin(size, [entry["sequence"] for entry in self.requests.entries()], self.keys.sequences)
        self._unwritten, self.written, self._note = {}, size, b""
        start = size // WIDTH * WIDTH
        self.view = (start, recent[start - first :], size)
        self._files.remove_superseded(partial_paths(size).union(partial_paths(self.signed_size), *self.kept))
