"""The durable, append-only audit log in one folder (layout: tiles.py; entries: events.py; what may be said:
catalogue.py).

An append writes one frame into the journal (journal.py) and syncs it: the commit point, from which on the entry exists,
and with a signer the signed checkpoint that covers it. Then the head goes to the `HeadStore`, and only then it returns.
Every `FLUSH_ENTRIES`, and whenever somebody is to read the folder, the journal's entries are written out as bundles,
tiles and checkpoint, and the journal begins anew. Without a signer (sealed) checkpoint and head wait; the next `attach`
covers what was written meanwhile. What fails before the commit point is undone; what fails after it leaves an entry
that nobody was told of. Both raise `StorageError`.

Threads share one write (group_commit.py). One process owns the folder (the home's lock sees to that). The work of an
append does not grow with the log, nor does that of opening it.

**Full disk.** The journal's blocks are there already. While less than `MIN_FREE_BYTES` are free, or the journal cannot
    be written out, no
request is taken: it is logged as denied, in what the journal has left, and the action does not happen. Outcomes of what
was begun before, denials, and the acts that need no space (`Event.spare`) are still logged.

**Clock.** Entries are ordered by their sequence. A wall clock that moved back, or otherwise than the monotonic one, is
    an entry of its own
before the one that noticed it.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from appliance.audit.actions import RecordedAction, reason_for
from appliance.audit.archives import ArchivePlan, Archives, remove_bundles
from appliance.audit.catalogue import verify_listed
from appliance.audit.events import Actor, Details, Draft, ObjectRef, Outcome, draft_entry, parse_entry
from appliance.audit.group_commit import GroupCommit
from appliance.audit.journal import Batch, frame_bytes
from appliance.audit.key_chain import KEY_CHANGE, change_details
from appliance.audit.merkle import EMPTY_ROOT, HASH_BYTES, TreeHead, leaf_hash
from appliance.audit.opening import OpenedLog, edge_keys, open_log, tile_at
from appliance.audit.proofs import HashTiles
from appliance.audit.reread import verify_bundle, verify_hashes
from appliance.audit.signed_note import MAX_NOTE_BYTES, SignedCheckpoint, Signer, parse_checkpoint, sign_checkpoint
from appliance.audit.tile_files import TileFiles
from appliance.audit.tiles import (
    CHECKPOINT,
    ENTRIES,
    WIDTH,
    Key,
    Tile,
    partial_paths,
    read_tile_file,
    root_at,
    split_bundle,
    take_inventory,
)
from appliance.audit.verifier import Snapshot, VerifiedLog, read_checkpoint, verify_extends, verify_log
from appliance.audit.write_out import WriteOut
from appliance.foundation.atomic_files import free_bytes, storage_errors
from appliance.foundation.clock import Clock, clock_step_us
from appliance.foundation.errors import ApplianceError, AuditLogError, ConflictError, StorageError
from appliance.foundation.identifiers import new_id
from appliance.foundation.messages import Message, message

FLUSH_ENTRIES = 1024
RESERVE_BYTES = 256 * 1024  # of the journal, for what has to be said when the disk is full
MIN_FREE_BYTES = 8 * 1024 * 1024  # of the disk, for writing the journal out
_CLOCK_BYTES = 1024  # more than the entry takes that says that the clock was moved
_LOG = ObjectRef("log", "audit")
_SYSTEM = Actor("appliance", "system")
_INTERRUPTED = message("audit.interrupted")


class HeadStore(Protocol):
    """Where the last head is remembered outside of the folder. It must not write to the log itself."""

    def load(self) -> TreeHead | None:
        """Return the head that was saved last, None when none ever was."""
        ...

    def save(self, head: TreeHead) -> None:
        """Keep `head` before returning, so that it outlives this process; a power cut may take the last ones, never the
        order of them.
        """
        ...


@dataclass(slots=True)
class _Ticket:
    """One thread's entry, waiting to be written."""

    draft: Draft
    spare: bool  # may use what is kept for a full disk
    sequence: int = -1
    failure: ApplianceError | None = None


class AuditLog:
    """The log of one home. Thread-safe; opened with `AuditLog.open`.

    Do not append inside of a transaction on the database in which the heads are kept: saving the head needs that
    database.
    """

    def __init__(self, folder: Path, clock: Clock, opened: OpenedLog, free_bytes: Callable[[Path], int]) -> None:
        self._folder = folder
        self._free_bytes = free_bytes
        self._clock = clock
        self._boot_id = clock.boot_id()
        self._journal = opened.journal
        self._edge = opened.edge
        self._written = opened.written  # so many entries are in the tiles
        # The first entry that is in memory, these entries, and the log's size: replaced as one, so that readers need no
        # lock.
        self._view = (opened.written // WIDTH * WIDTH, opened.recent, opened.edge.size)
        self._requests = opened.requests
        self._keys = opened.keys
        self._archives = opened.archives
        self._unwritten = opened.unwritten
        self._files = TileFiles(folder, opened.partials)
        self._note = opened.note  # of a checkpoint that the journal alone has
        self._checkpoint = opened.checkpoint  # the last one; parsed anew from the note when it is looked at
        self._signed_size = 0 if opened.checkpoint is None else opened.checkpoint.head.size
        self._last = parse_entry(opened.recent[-1], opened.edge.size - 1) if opened.recent else None
        self._kept: list[set[str]] = []  # partial files that verifications are reading
        self._signer: Signer | None = None
        self._heads: HeadStore | None = None
        self._refusal: Message | None = None
        self._trouble: StorageError | None = None
        self._queue = GroupCommit(self._write_batch)
        self._writing = threading.Lock()
        self._reading_whole = (
            threading.Lock()
        )  # before `_writing`: what a verification reads is not removed for an archive meanwhile

    @classmethod
    def open(cls, folder: Path, clock: Clock, free_bytes: Callable[[Path], int] = free_bytes) -> Self:
        """Open the log, an empty one where there is none, and say in it what a crash interrupted. `free_bytes`: those
        of a folder's disk.

        Raises `AuditLogError` when the folder contradicts itself, `StorageError`.
        """
        opened = open_log(folder)
        log = cls(folder, clock, opened, free_bytes)
        try:
            with storage_errors("Removing what a crash left in the audit log"):
                for path in opened.temporaries:
                    path.unlink()
            if not opened.whole:
                log._flush()
            if opened.recovered or opened.torn:
                details: Details = {"entries": opened.recovered, "torn": opened.torn, "open": len(log.unfinished())}
                log.append(_SYSTEM, "log.recover", _LOG, Outcome.SUCCEEDED, details=details)
        except BaseException:
            opened.journal.close()
            raise
        return log

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self._view[2]

    @property
    def head(self) -> TreeHead:
        """Return the size and the root of the log as it is."""
        with self._writing:
            return self._head()

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries from `start` to before `stop` (default: as many as there are now).

        Raises `AuditLogError`, `StorageError`.
        """
        for sequence, raw in enumerate(self.raw_entries(start, stop), start=start):
            yield parse_entry(raw, sequence)

    def raw_entries(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the same entries as their bytes: what the leaves of the tree are hashes of."""
        first, recent, size = self._view
        stop = size if stop is None else min(stop, size)
        for index in range(start // WIDTH, -(-min(stop, first) // WIDTH)):
            self._archives.verify_here(index)
            raws = split_bundle(read_tile_file(self._folder, ENTRIES, index, WIDTH), WIDTH, index * WIDTH)
            for sequence, raw in enumerate(raws, start=index * WIDTH):
                if start <= sequence < stop:
                    yield raw
        for sequence in range(max(start, first), stop):
            yield recent[sequence - first]

    @property
    def archives(self) -> Archives:
        """Return what was archived: of these entries the log has the hashes alone."""
        return self._archives

    def entries_here(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries from `start` to before `stop` that are not archived."""
        for first, end in self._archives.here(start, self.size if stop is None else min(stop, self.size)):
            yield from self.entries(first, end)

    def leaves(self, start: int, stop: int) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the hash and the bytes of each of these entries, of an archived one None. Raises as `entries`."""
        at = start
        for first, end in self._archives.here(start, stop):
            yield from ((leaf, None) for leaf in self._kept_hashes(at, first))
            yield from ((leaf_hash(raw), raw) for raw in self.raw_entries(first, end))
            at = end
        yield from ((leaf, None) for leaf in self._kept_hashes(at, stop))

    def _kept_hashes(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the hashes of archived entries, which fill whole tiles."""
        for index in range(start // WIDTH, -(-stop // WIDTH) if start < stop else 0):
            hashes = read_tile_file(self._folder, 0, index, WIDTH)
            for sequence in range(max(start, index * WIDTH), min(stop, (index + 1) * WIDTH)):
                place = sequence % WIDTH * HASH_BYTES
                yield hashes[place : place + HASH_BYTES]

    def remove_archived(self, sequence: int) -> int:
        """Remove the bundles that the entry `sequence` (`log.prune`, requested) says are archived; return how many. See
        archives.py.

        Raises `ConflictError`, `StorageError` (some of them are removed; the log is whole all the same).
        """
        with self._reading_whole, self._writing:
            self._verify_usable()
            self._flush()
            (entry,) = self.entries(sequence, sequence + 1)
            self._archives.follow(entry)
            return remove_bundles(self._folder, self._archives, ArchivePlan.parse(entry["details"]).bundles)

    def unfinished(self) -> list[dict[str, Any]]:
        """Return the requests without an outcome: actions that run at this moment, and those that a crash
        interrupted.
        """
        with self._writing:
            return self._requests.entries()

    def verify_writable(self) -> None:
        """Raise the error with which a request would be refused at this moment: `StorageError`, `ConflictError`."""
        with self._writing:
            self._verify_usable()
            self._journal.verify_in_place()
            self._look_for_trouble()
            if self._trouble is not None:
                raise self._trouble

    def verify(
        self,
        *,
        public_key: bytes,
        remembered: TreeHead | None = None,
        witnesses: Sequence[SignedCheckpoint] = (),
        require_signed: bool = True,
    ) -> VerifiedLog:
        """Do `verify_log` on this folder as it is now. Appends go on meanwhile: what they add is not looked at."""
        with self._reading_whole, self._snapshot() as snapshot:
            return verify_log(
                self._folder,
                public_key=public_key,
                remembered=remembered,
                witnesses=witnesses,
                require_signed=require_signed,
                snapshot=snapshot,
            )

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        """Give the files that make up the log as it is now, and keep them while the log goes on."""
        with self._writing:
            self._flush()
            size, checkpoint = self._edge.size, read_checkpoint(self._folder)
            kept = partial_paths(size) | partial_paths(self._signed_size)
            self._kept.append(kept)
        try:
            yield Snapshot(take_inventory(self._folder).at(size, self.size), checkpoint)
        finally:
            with self._writing:
                self._kept.remove(kept)

    @property
    def full_bundles(self) -> int:
        """Return how many full bundles are on the disk: what `verify_bundle` reads."""
        return self._view[0] // WIDTH

    def verify_bundle(self, index: int) -> None:
        """Read a full bundle again, and the hashes that lead from it to the edge in memory; of an archived one these
        hashes alone.

        Appends go on meanwhile. Raises `AuditLogError` naming the first bad entry, `StorageError`.
        """
        with self._reading_whole:
            with self._writing:
                tiles = HashTiles(self._folder, self._known_tiles())
            hashes = verify_hashes(tiles, index)
            if index not in self._archives.gone:
                verify_bundle(tiles, index, hashes)

    @property
    def changed_key(self) -> bytes | None:
        """Return the public key that the log was changed to last, None when it has its first one."""
        return self._keys.last

    def provable(self) -> tuple[bytes, TreeHead, HashTiles]:
        """Return the signed checkpoint over all there is (a note), its head, and the hash tiles that proofs under it
        are made from.

        Raises `ConflictError` while nothing is attached that signs.
        """
        with self._writing:
            signer = self._verified_signer()
            return sign_checkpoint(self._head(), signer), self._head(), HashTiles(self._folder, self._known_tiles())

    def change_key(self, actor: Actor, target: ObjectRef, signer: Signer) -> int:
        """Hand over to `signer`, in an entry that the key before signs; return its sequence. See key_chain.py.

        When the entry is there the change is made, even if its head could not be kept: `changed_key` tells. Raises
        `ConflictError` without a signer, `StorageError`.
        """
        with self._writing:
            before = self._verified_signer()
            self._journal.verify_in_place()
            self._look_for_trouble()
            if self._trouble is not None:
                raise self._trouble
            self._commit([], self._clock_step())
            head = self._head()
            details = change_details(before, signer.public_key, head)
            verify_listed(actor, KEY_CHANGE, target, Outcome.SUCCEEDED, details)
            draft = draft_entry(actor, KEY_CHANGE, target, Outcome.SUCCEEDED, reason="", request="", details=details)
            self._signer = signer
            try:
                (entry,) = self._commit([], [draft])
            except BaseException:
                self._signer = before
                raise
            self._keys.follow(entry, head)
            self._remember()
            return int(entry["sequence"])

    @contextlib.contextmanager
    def still(self) -> Iterator[tuple[TreeHead, list[Path]]]:
        """Hold the log still for the block, which must not append: give its head, and the files that make it up, all of
        them covered.

        Of these files those whose parent's name does not end with ".p" never change again, but for the checkpoint.
        """
        with self._writing:
            self._verify_usable()
            self._flush()
            wanted = partial_paths(self._edge.size)
            files = [
                path for path in sorted(self._folder.rglob("*")) if path.is_file() and not path.name.startswith(".")
            ]
            names = {path: path.relative_to(self._folder).as_posix() for path in files}
            yield self._head(), [path for path in files if ".p/" not in names[path] or names[path] in wanted]

    def attach(self, signer: Signer, heads: HeadStore) -> None:
        """Sign from now on, and sign what is there, after the checkpoint and the remembered head were found to agree
        with it.

        Raises `AuditLogError` (another key; an older folder put back; history rewritten), `ConflictError`,
        `StorageError`.
        """
        with self._writing:
            self._verify_usable()
            if self._signer is not None:
                raise ConflictError("audit.attached")
            signed = TreeHead(0, EMPTY_ROOT)
            if self._note:
                self._checkpoint = parse_checkpoint(self._note)
            if self._checkpoint is not None:
                self._verify_own(self._checkpoint, signer)
            if self._keys.key_at(self._edge.size, signer.public_key) != signer.public_key:
                raise AuditLogError("audit.key:audit-log-handed")
            if self._checkpoint is not None:
                signed = self._checkpoint.head
            remembered = heads.load()
            if remembered is not None:
                # The head is saved after its checkpoint is durable: it is never ahead, unless an older checkpoint was
                # put back.
                verify_extends(min(self._edge.size, signed.size), self._root_at(remembered.size), remembered)
            self._signer, self._heads = signer, heads
            try:
                self._note, self._signed_size = self._signed_note(), self._edge.size
                self._flush()
                heads.save(self._head())
            except BaseException:
                self._signer = self._heads = None
                raise

    def detach(self) -> None:
        """Sign no more (the vault is being sealed). Entries stay durable, and are signed at the next `attach`."""
        with self._writing:
            self._signer = self._heads = None
            self._flush_if_possible()

    def close(self) -> None:
        """Detach, write the journal out, and refuse every further append."""
        with self._writing:
            self._signer = self._heads = None
            if self._refusal is None:
                self._flush_if_possible()
            self._refusal = message("audit.closed")
            self._journal.close()

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

        Raises `InputError` (the entry cannot be written so, or is none of the catalogue's), `StorageError` (nothing is
        acknowledged), `ConflictError` (closed).
        """
        event = verify_listed(actor, action, target, outcome, details or {})
        draft = draft_entry(actor, action, target, outcome, reason=reason, request=request, details=details or {})
        spare = event.spare or outcome is Outcome.DENIED or (outcome is not Outcome.REQUESTED and bool(request))
        ticket = _Ticket(draft, spare)
        self._queue.put(ticket)
        if ticket.failure is not None:
            # Each thread raises an exception of its own: they share one cause, not one traceback.
            raise type(ticket.failure)(ticket.failure.message, code=ticket.failure.code) from ticket.failure
        return ticket.sequence

    @contextlib.contextmanager
    def action(
        self, actor: Actor, action: str, target: ObjectRef, details: Details | None = None
    ) -> Iterator[RecordedAction]:
        """Log the request durably, run the block, log its outcome. When the request cannot be logged the block does not
        run.

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
                error.add_note(
                    f"The audit log could not record this failure, and has the request without an outcome: {second}"
                )
            raise
        self._append_outcome(actor, action, recorded, Outcome.SUCCEEDED, "")

    def _append_outcome(
        self, actor: Actor, action: str, recorded: RecordedAction, outcome: Outcome, reason: str
    ) -> None:
        self.append(
            actor, action, recorded.target, outcome, reason=reason, request=recorded.request, details=recorded.details
        )

    def _write_batch(self, batch: list[_Ticket]) -> int:
        """Write tickets in one frame, so that a batch is there whole or not at all; return how many of the first were
        dealt with.
        """
        with self._writing:
            failure: ApplianceError | None = StorageError(_INTERRUPTED, code=StorageError.default_code)
            try:
                self._verify_usable()
                self._journal.verify_in_place()
                self._look_for_trouble()
                batch = self._fitting(batch)
                self._commit(batch, [*self._clock_step(), *(ticket.draft for ticket in batch)])
                self._remember()
                failure = None
            except ApplianceError as error:
                failure = error
            except Exception as error:
                failure = StorageError("audit.cover")
                failure.__cause__ = error
            except BaseException:
                # Interrupted anywhere: memory and disk may differ, and only a fresh look at the disk settles it.
                self._refusal = _INTERRUPTED
                raise
            finally:
                for ticket in batch:
                    ticket.failure = ticket.failure or failure
            return len(batch)

    # What follows runs under self._writing.

    def _head(self) -> TreeHead:
        return TreeHead(self._edge.size, self._edge.root())

    def _known_tiles(self) -> dict[Key, Tile]:
        """Return the hash tiles that are in memory: those that change still, and those that are not written out yet."""
        return self._unwritten | {(tile.level, tile.index): tile for tile in self._edge.unfinished()}

    def _verify_usable(self) -> None:
        if self._refusal is not None:
            raise ConflictError(self._refusal, code="audit.closed")

    def _verify_own(self, checkpoint: SignedCheckpoint, signer: Signer) -> None:
        checkpoint.verify(self._keys.key_at(checkpoint.head.size, signer.public_key))
        if checkpoint.origin != signer.name:
            raise AuditLogError("audit.key:audit-log-checkpoint")

    def _verified_signer(self) -> Signer:
        self._verify_usable()
        if self._signer is None:
            raise ConflictError("audit.sealed")
        return self._signer

    def _look_for_trouble(self) -> None:
        """Find out whether requests have to be refused; write the journal out when it is time to."""
        self._trouble = None
        try:
            if self._free_bytes(self._folder) < MIN_FREE_BYTES:
                raise StorageError("storage.full")
            if self._edge.size - self._written >= FLUSH_ENTRIES or self._journal.room < RESERVE_BYTES + MAX_NOTE_BYTES:
                self._flush()
        except StorageError as error:
            self._trouble = error

    def _fitting(self, batch: list[_Ticket]) -> list[_Ticket]:
        """Return as many tickets as the journal has room for, one at least; in trouble, refuse those that have to
        be.
        """
        room = self._journal.room - frame_bytes(_CLOCK_BYTES, MAX_NOTE_BYTES) - (0 if self._trouble else RESERVE_BYTES)
        fitting: list[_Ticket] = []
        for ticket in batch:
            if self._trouble is not None and not ticket.spare:
                ticket.failure = self._trouble
                ticket.draft = ticket.draft.denied(self._trouble.code)
            room -= ticket.draft.size
            if room < 0 and fitting:
                break
            fitting.append(ticket)
        return fitting

    def _commit(self, batch: list[_Ticket], drafts: list[Draft]) -> list[dict[str, Any]]:
        """Make the drafts durable, the last of which are the batch's; return their entries. Memory follows the disk."""
        first, recent, size = self._view
        if not drafts:
            return []
        if self._trouble is not None and sum(draft.size for draft in drafts) > self._journal.room - frame_bytes(
            0, MAX_NOTE_BYTES
        ):
            raise self._trouble  # Even what was kept for this is used up: then it stays unsaid, and undone.
        placed = [draft.place(size + number, self._clock, self._boot_id) for number, draft in enumerate(drafts)]
        raws = tuple(draft.encode(entry) for draft, entry in zip(drafts, placed, strict=True))
        edge = self._edge.copy()
        full = [tile for raw in raws for tile in edge.add(leaf_hash(raw))]
        note = sign_checkpoint(TreeHead(edge.size, edge.root()), self._signer) if self._signer is not None else b""
        try:
            self._journal.append(Batch(size, raws, note))
        except StorageError:
            self._undo()
            raise
        self._edge = edge
        for tile in full:
            self._unwritten[(tile.level, tile.index)] = tile
        recent.extend(raws)
        self._view = (first, recent, edge.size)
        self._last = placed[-1]
        if note:
            self._note, self._signed_size = note, edge.size
        for ticket, entry in zip(batch, placed[len(placed) - len(batch) :], strict=True):
            ticket.sequence = entry["sequence"]
            self._requests.follow(entry)
        return placed

    def _remember(self) -> None:
        if self._heads is not None:
            self._heads.save(self._head())

    def _clock_step(self) -> list[Draft]:
        """Return the entry that says that the wall clock was moved, if it was."""
        if self._last is None:
            return []
        same_boot = self._last["boot_id"] == self._boot_id
        step = clock_step_us(self._last["time_us"], self._last["monotonic_us"], self._clock, same_boot=same_boot)
        if not step:
            return []
        details: Details = {"step_us": step, "before_us": self._last["time_us"]}
        return [
            draft_entry(
                _SYSTEM,
                "clock.change",
                ObjectRef("clock", "wall"),
                Outcome.SUCCEEDED,
                reason="",
                request="",
                details=details,
            )
        ]

    def _undo(self) -> None:
        """Take back a frame that may be there without being durable; when even that fails, write no more."""
        try:
            self._journal.verify_in_place()
            self._journal.undo()
        except (OSError, ApplianceError):
            self._refusal = message("audit.not-restored")

    def _signed_note(self) -> bytes:
        return sign_checkpoint(self._head(), self._signer) if self._signer is not None else b""

    def _flush_if_possible(self) -> None:
        """Write the journal out; when that fails nothing is lost: the journal has it, and the next start reads it
        there.
        """
        with contextlib.suppress(StorageError):
            self._flush()

    def _flush(self) -> None:
        """Write what only the journal has as bundles, tiles and checkpoint, begin the journal anew, and remove what
        these supersede.
        """
        self._journal.verify_in_place()
        first, recent, size = self._view
        out = WriteOut(self._folder, size, self._written, first, recent, self._known_tiles())
        files = out.bundles()
        # What a crash left is written again, though it is there: its name may not be durable yet.
        tiles = [
            tile for key, tile in sorted(out.tiles.items()) if key in self._unwritten or not self._files.has(tile.path)
        ]
        files += [(tile.path, tile.hashes) for tile in tiles]
        if self._note:
            if self._signed_size not in {0, size}:
                files += out.partials(self._signed_size)
            files.append((CHECKPOINT, self._note))
            self._checkpoint = parse_checkpoint(self._note)
        self._files.write(files)
        self._journal.begin(size, [entry["sequence"] for entry in self._requests.entries()], self._keys.sequences)
        self._unwritten, self._written, self._note = {}, size, b""
        start = size // WIDTH * WIDTH
        self._view = (start, recent[start - first :], size)
        self._files.remove_superseded(partial_paths(size).union(partial_paths(self._signed_size), *self._kept))

    def _root_at(self, size: int) -> bytes | None:
        """Return the root of the first `size` entries from the hash tiles, None when there are not so many."""
        if size > self._edge.size:
            return None
        known = self._known_tiles()
        return root_at(size, [known.get(key) or tile_at(self._folder, size, key) for key in edge_keys(size)])
