"""The durable, append-only audit log in one folder (layout: tiles.py; entries: events.py).

An append writes, each whole and synced before the next: the entry bundle (the commit point: from here on the entry exists), the hash
tiles, the signed checkpoint, and the head in the `HeadStore`. Only then does it return. Without a signer (sealed) the last two
wait; the next `attach` covers what was written meanwhile. What fails before the commit point is undone; what fails after it leaves
an entry that nobody was told of, and the next append finishes the rest. Both raise `StorageError`.

Threads share one write: whoever holds the lock writes for all who wait (group commit). One process owns the folder (the home's
lock sees to that). The work of an append is bounded by the bundle it goes into, not by the length of the log.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from appliance.audit.actions import RecordedAction, reason_for
from appliance.audit.events import Actor, Details, Draft, ObjectRef, Outcome, draft_entry, encode_entry, parse_entry
from appliance.audit.key_chain import KEY_CHANGE, change_details
from appliance.audit.merkle import EMPTY_ROOT, TreeHead, leaf_hash
from appliance.audit.proofs import HashTiles
from appliance.audit.signed_note import SignedCheckpoint, Signer, parse_checkpoint, sign_checkpoint
from appliance.audit.tiles import (
    CHECKPOINT,
    ENTRIES,
    WIDTH,
    Tile,
    encode_bundle,
    partial_paths,
    read_tile_file,
    root_at,
    split_bundle,
    tile_path,
)
from appliance.audit.verifier import Replay, VerifiedLog, read_checkpoint, replay, verify_extends, verify_log
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors, write_atomic
from appliance.foundation.clock import Clock
from appliance.foundation.errors import ApplianceError, AuditLogError, ConflictError, StorageError
from appliance.foundation.identifiers import new_id


class HeadStore(Protocol):
    """Where the last head is remembered outside of the folder. It must not write to the log itself."""

    def load(self) -> TreeHead | None:
        """Return the head that was saved last, None when none ever was."""
        ...

    def save(self, head: TreeHead) -> None:
        """Keep `head` durably before returning."""
        ...


@dataclass
class _Ticket:
    """One thread's entry, waiting to be written."""

    draft: Draft
    sequence: int = -1
    done: bool = False
    failure: ApplianceError | None = None


@dataclass
class _Requests:
    """The requests that have no outcome yet, by request id, oldest first."""

    open: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def follow(self, entry: dict[str, Any]) -> None:
        """Take note of an entry of the log."""
        request = entry["request"]
        if entry["outcome"] == Outcome.REQUESTED:
            self.open.setdefault(request, []).append(entry)
        elif request in self.open:
            self.open[request].pop(0)
            if not self.open[request]:
                del self.open[request]


class AuditLog:
    """The log of one home. Thread-safe; opened with `AuditLog.open`.

    Do not append inside of a transaction on the database in which the heads are kept: saving the head needs that database.
    """

    def __init__(self, folder: Path, clock: Clock, state: Replay, checkpoint: SignedCheckpoint | None, requests: _Requests) -> None:
        self._folder = folder
        self._clock = clock
        self._boot_id = clock.boot_id()
        self._edge = state.edge
        self._tail = (state.edge.size, tuple(state.tail))  # Replaced as one, so that readers need no lock.
        self._requests = requests
        self._unwritten = {(tile.level, tile.index): tile for tile in state.unwritten}
        self._partials = state.partials
        self._keys = state.keys
        self._checkpoint = checkpoint
        self._signer: Signer | None = None
        self._heads: HeadStore | None = None
        self._refusal = ""
        self._known_folders = {folder}
        self._waiting: deque[_Ticket] = deque()
        self._writing = threading.Lock()

    @classmethod
    def open(cls, folder: Path, clock: Clock) -> Self:
        """Open the log, an empty one where there is none, and finish what a crash interrupted.

        Reads every entry and recomputes every hash. Raises `AuditLogError` when the folder contradicts itself, `StorageError`.
        """
        make_private_folder(folder)
        checkpoint = read_checkpoint(folder)
        requests = _Requests()
        state = replay(folder, checkpoint, visit=requests.follow)
        log = cls(folder, clock, state, checkpoint, requests)
        with storage_errors("Removing what a crash left in the audit log"):
            for path in state.temporaries:
                path.unlink()
        log._write_tiles()
        log._remove_superseded()
        return log

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self._tail[0]

    @property
    def head(self) -> TreeHead:
        """Return the size and the root of the log as it is."""
        with self._writing:
            return self._head()

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries from `start` to before `stop` (default: as many as there are now). Raises `AuditLogError`, `StorageError`."""
        for sequence, raw in enumerate(self.raw_entries(start, stop), start=start):
            yield parse_entry(raw, sequence)

    def raw_entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the same entries as their bytes: what the leaves of the tree are hashes of."""
        size, tail = self._tail
        stop = size if stop is None else min(stop, size)
        for index in range(start // WIDTH, -(-stop // WIDTH)):
            first = index * WIDTH
            full = index < size // WIDTH
            raws = split_bundle(read_tile_file(self._folder, ENTRIES, index, WIDTH), WIDTH, first) if full else iter(tail)
            for sequence, raw in enumerate(raws, start=first):
                if start <= sequence < stop:
                    yield raw

    def unfinished(self) -> list[dict[str, Any]]:
        """Return the requests without an outcome: actions that run at this moment, and those that a crash interrupted."""
        with self._writing:
            return sorted(
                (entry for entries in self._requests.open.values() for entry in entries), key=lambda entry: int(entry["sequence"])
            )

    def verify(
        self,
        *,
        public_key: bytes,
        remembered: TreeHead | None = None,
        witnesses: Sequence[SignedCheckpoint] = (),
        require_signed: bool = True,
    ) -> VerifiedLog:
        """Do `verify_log` on this folder while it is in use: appends wait meanwhile."""
        with self._writing:
            return verify_log(
                self._folder, public_key=public_key, remembered=remembered, witnesses=witnesses, require_signed=require_signed
            )

    @property
    def changed_key(self) -> bytes | None:
        """Return the public key that the log was changed to last, None when it has its first one."""
        return self._keys.last

    def provable(self) -> tuple[bytes, TreeHead, HashTiles]:
        """Return the signed checkpoint over all there is (a note), its head, and the hash tiles that proofs under it are made from.

        Raises `ConflictError` while nothing is attached that signs.
        """
        with self._writing:
            self._verify_usable()
            if self._signer is None or self._heads is None:
                raise ConflictError("The audit log signs nothing while the vault is sealed.", code="audit.sealed")
            if self._checkpoint is None or self._checkpoint.head.size < self._edge.size:
                self._cover()
            edge = {(tile.level, tile.index): tile for tile in self._edge.unfinished()}
            return sign_checkpoint(self._head(), self._signer), self._head(), HashTiles(self._folder, edge)

    def change_key(self, actor: Actor, target: ObjectRef, signer: Signer) -> int:
        """Hand over to `signer`, in an entry that the key before signs; return its sequence. See key_chain.py.

        When the entry is there the change is made, even if the checkpoint could not be written: `changed_key` tells. Raises
        `ConflictError` without a signer, `StorageError`.
        """
        with self._writing:
            self._verify_usable()
            if self._signer is None or self._heads is None:
                raise ConflictError("The audit log signs nothing while the vault is sealed.", code="audit.sealed")
            before = self._head()
            details = change_details(self._signer, signer.public_key, before)
            ticket = _Ticket(draft_entry(actor, KEY_CHANGE, target, Outcome.SUCCEEDED, reason="", request="", details=details))
            (entry,) = self._commit([ticket])
            self._keys.follow(entry, before)
            self._signer = signer
            self._cover()
            return ticket.sequence

    @contextlib.contextmanager
    def still(self) -> Iterator[tuple[TreeHead, list[Path]]]:
        """Hold the log still for the block, which must not append: give its head, and the files that make it up, all of them covered.

        Of these files those whose parent's name does not end with ".p" never change again, but for the checkpoint.
        """
        with self._writing:
            self._verify_usable()
            self._cover()
            wanted = partial_paths(self._edge.size)
            files = [path for path in sorted(self._folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
            names = {path: path.relative_to(self._folder).as_posix() for path in files}
            yield self._head(), [path for path in files if ".p/" not in names[path] or names[path] in wanted]

    def attach(self, signer: Signer, heads: HeadStore) -> None:
        """Sign from now on, and sign what is there, after the checkpoint and the remembered head were found to agree with it.

        Raises `AuditLogError` (another key; an older folder put back; history rewritten), `ConflictError`, `StorageError`.
        """
        with self._writing:
            self._verify_usable()
            if self._signer is not None:
                raise ConflictError("The audit log has a signer already.", code="audit.attached")
            self._write_tiles()
            signed = TreeHead(0, EMPTY_ROOT)
            if self._checkpoint is not None:
                self._verify_own(self._checkpoint, signer)
            if self._keys.key_at(self._edge.size, signer.public_key) != signer.public_key:
                raise AuditLogError("The audit log was handed over to another key than this one.", code="audit.key")
            if self._checkpoint is not None:
                signed = self._checkpoint.head
            remembered = heads.load()
            if remembered is not None:
                # The head is saved after its checkpoint is durable: it is never ahead, unless an older checkpoint was put back.
                verify_extends(min(self._edge.size, signed.size), self._root_at(remembered.size), remembered)
            self._signer, self._heads = signer, heads
            try:
                self._cover()
            except BaseException:
                self._signer = self._heads = None
                raise

    def detach(self) -> None:
        """Sign no more (the vault is being sealed). Entries stay durable, and are signed at the next `attach`."""
        with self._writing:
            self._signer = self._heads = None

    def close(self) -> None:
        """Detach, and refuse every further append."""
        with self._writing:
            self._signer = self._heads = None
            self._refusal = "The audit log is closed."

    def append(
        self,
        actor: Actor,
        action: str,
        target: ObjectRef,
        outcome: Outcome,
        *,
        reason: str = "",
        request: str = "",
        details: Details | None = None,
    ) -> int:
        """Write one entry; return its sequence when it is durable, and signed when a signer is attached.

        Raises `InputError` (the entry cannot be written so), `StorageError` (nothing is acknowledged), `ConflictError` (closed).
        """
        ticket = _Ticket(draft_entry(actor, action, target, outcome, reason=reason, request=request, details=details or {}))
        self._waiting.append(ticket)
        with self._writing:
            while not ticket.done:
                self._write_batch()
        if ticket.failure is not None:
            # Each thread raises an exception of its own: they share one cause, not one traceback.
            raise type(ticket.failure)(ticket.failure.sentence, code=ticket.failure.code) from ticket.failure
        return ticket.sequence

    @contextlib.contextmanager
    def action(self, actor: Actor, action: str, target: ObjectRef, details: Details | None = None) -> Iterator[RecordedAction]:
        """Log the request durably, run the block, log its outcome. When the request cannot be logged the block does not run.

        An exception is logged as `failed` with its code, and raised again.
        """
        request = new_id("rq")
        sequence = self.append(actor, action, target, Outcome.REQUESTED, request=request, details=details)
        recorded = RecordedAction(request, target, sequence, dict(details or {}))
        try:
            yield recorded
        except BaseException as error:
            try:
                self._append_outcome(actor, action, recorded, Outcome.FAILED, reason_for(error))
            except ApplianceError as second:
                error.add_note(f"The audit log could not record this failure, and has the request without an outcome: {second.sentence}")
            raise
        self._append_outcome(actor, action, recorded, Outcome.SUCCEEDED, "")

    def _append_outcome(self, actor: Actor, action: str, recorded: RecordedAction, outcome: Outcome, reason: str) -> None:
        self.append(actor, action, recorded.target, outcome, reason=reason, request=recorded.request, details=recorded.details)

    # What follows runs under self._writing.

    def _head(self) -> TreeHead:
        return TreeHead(self._edge.size, self._edge.root())

    def _verify_usable(self) -> None:
        if self._refusal:
            raise ConflictError(self._refusal, code="audit.closed")

    def _verify_own(self, checkpoint: SignedCheckpoint, signer: Signer) -> None:
        checkpoint.verify(self._keys.key_at(checkpoint.head.size, signer.public_key))
        if checkpoint.origin != signer.name:
            raise AuditLogError("The audit log's checkpoint bears another log's name.", code="audit.key")

    def _write_batch(self) -> None:
        """Write what waits, as far as the current bundle has room: one bundle, so that a batch is there whole or not at all."""
        room = WIDTH - self._edge.size % WIDTH
        batch = [self._waiting[number] for number in range(min(room, len(self._waiting)))]
        failure: ApplianceError | None = StorageError(
            "The audit log was interrupted while it was being written. Start the appliance again."
        )
        try:
            self._verify_usable()
            self._commit(batch)
            self._cover()
            failure = None
        except ApplianceError as error:
            failure = error
        except Exception as error:
            failure = StorageError("The audit log could not be signed, or its head not be kept; nothing was done.", code="audit.cover")
            failure.__cause__ = error
        except BaseException:
            # Interrupted anywhere: memory and disk may differ, and only a fresh look at the disk settles it.
            self._refusal = "The audit log was interrupted while it was being written. Start the appliance again."
            raise
        finally:
            for ticket in batch:
                self._waiting.popleft()
                ticket.failure, ticket.done = failure, True

    def _commit(self, batch: list[_Ticket]) -> list[dict[str, Any]]:
        """Make the batch durable, and return its entries; memory follows the disk, not the other way round."""
        size, tail = self._tail
        entries = [ticket.draft.place(size + number, self._clock, self._boot_id) for number, ticket in enumerate(batch)]
        raws = (*tail, *(encode_entry(entry) for entry in entries))
        path = tile_path(ENTRIES, size // WIDTH, len(raws))
        try:
            self._write(path, encode_bundle(raws))
        except StorageError:
            self._undo(path)
            raise
        for raw in raws[len(tail) :]:
            for tile in self._edge.add(leaf_hash(raw)):
                self._unwritten[(tile.level, tile.index)] = tile
        for tile in self._edge.unfinished():
            if tile.path not in self._partials:
                self._unwritten[(tile.level, tile.index)] = tile
        self._tail = (self._edge.size, () if len(raws) == WIDTH else raws)
        for ticket, entry in zip(batch, entries, strict=True):
            ticket.sequence = entry["sequence"]
            self._requests.follow(entry)
        return entries

    def _undo(self, path: str) -> None:
        """Remove a bundle that may have got its name without being durable; when even that fails, write no more."""
        bundle = self._folder / path
        try:
            if bundle.parent.is_dir():
                bundle.unlink(missing_ok=True)
                fsync_folder(bundle.parent)
            self._partials.discard(path)
        except OSError:
            self._refusal = (
                "The audit log could not be written, nor put back as it was. Make the disk writable and start the appliance again."
            )

    def _cover(self) -> None:
        """Write the hash tiles, and with a signer the checkpoint and the head; then remove what these supersede."""
        self._write_tiles()
        if self._signer is not None and self._heads is not None:
            head = self._head()
            note = sign_checkpoint(head, self._signer)
            self._write(CHECKPOINT, note)
            self._checkpoint = parse_checkpoint(note)
            self._heads.save(head)
        self._remove_superseded()

    def _write_tiles(self) -> None:
        for key, tile in sorted(self._unwritten.items()):
            self._write(tile.path, tile.hashes)
            del self._unwritten[key]

    def _write(self, path: str, data: bytes) -> None:
        target = self._folder / path
        for folder in reversed(target.relative_to(self._folder).parents[:-1]):
            if folder not in self._known_folders:
                # Without the parents: a log whose own folder is gone must not begin anew beside what was written.
                with storage_errors("Creating a folder of the audit log"):
                    (self._folder / folder).mkdir(mode=0o700, exist_ok=True)
                    fsync_folder((self._folder / folder).parent)
                self._known_folders.add(folder)
        write_atomic(target, data)
        if ".p/" in path:
            self._partials.add(path)

    def _remove_superseded(self) -> None:
        """Remove partial files that neither the log nor the checkpoint on disk needs. What stays by mischance does no harm."""
        signed = 0 if self._checkpoint is None else self._checkpoint.head.size
        for path in self._partials - partial_paths(self._edge.size) - partial_paths(signed):
            with contextlib.suppress(OSError):
                (self._folder / path).unlink(missing_ok=True)
                self._partials.discard(path)
                (self._folder / path).parent.rmdir()  # Refused while the folder is in use, which is as it should be.

    def _root_at(self, size: int) -> bytes | None:
        """Return the root of the first `size` entries from the hash tiles, None when there are not so many."""
        if size > self._edge.size:
            return None
        edge = {(tile.level, tile.index): tile for tile in self._edge.unfinished()}
        tiles = []
        for level in range(8):
            index = size >> (8 * (level + 1))
            if (size >> (8 * level)) % WIDTH:
                tile = edge.get((level, index))
                tiles.append(tile or Tile(level, index, read_tile_file(self._folder, level, index, WIDTH)))
        return root_at(size, tiles)
