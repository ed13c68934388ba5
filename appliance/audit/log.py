"""The durable, append-only audit log in one folder.

Layout: tiles.py; entries: events.py; permitted entries: catalogue.py; reading: log_reader.py; writing: appending.py.

An append returns when its entry is durable in the journal, with a signer also covered by a signed checkpoint, and when
its head is saved in the `HeadStore`. After every `FLUSH_ENTRIES`, and before the folder is read, the journal's entries
are written out as bundles, tiles and checkpoint (log_state.py). Without a signer (sealed) there is no checkpoint and no
head; the next `attach` covers these entries. A failure before an entry is durable is undone; a failure after that
leaves an entry that was not acknowledged. Both raise `StorageError`.

One process owns the folder, which the home's lock ensures. The cost of opening and appending does not grow with the
log.

Entries are ordered by their sequence. If the wall clock was set back, or does not agree with the monotonic clock, an
entry of its own says so, before the entry that noticed it.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from appliance.audit.actions import RecordedAction, reason_for
from appliance.audit.appending import Appender
from appliance.audit.archives import ArchivePlan, remove_bundles
from appliance.audit.catalogue import verify_listed
from appliance.audit.events import Actor, Details, ObjectRef, Outcome, draft_entry
from appliance.audit.key_chain import KEY_CHANGE, change_details
from appliance.audit.log_reader import LogReader
from appliance.audit.log_state import SYSTEM, HeadStore, LogState
from appliance.audit.merkle import TreeHead
from appliance.audit.opening import open_log
from appliance.audit.proofs import HashTiles
from appliance.audit.reread import verify_bundle, verify_hashes
from appliance.audit.signed_note import SignedCheckpoint, Signer, sign_checkpoint
from appliance.audit.tiles import partial_paths, take_inventory
from appliance.audit.verifier import Snapshot, VerifiedLog, read_checkpoint, verify_log
from appliance.foundation.atomic_files import free_bytes, storage_errors
from appliance.foundation.clock import Clock
from appliance.foundation.errors import ApplianceError, ConflictError
from appliance.foundation.identifiers import new_id
from appliance.foundation.messages import message

_LOG = ObjectRef("log", "audit")


class AuditLog(LogReader):
    """The log of one home. Thread-safe; opened with `AuditLog.open`.

    Do not append within a transaction of the database in which the heads are saved, because saving a head needs that
    database.
    """

    def __init__(self, state: LogState, free_bytes: Callable[[Path], int]) -> None:
        super().__init__(state)
        self._folder = state.folder
        self._writing = threading.Lock()  # guards `_state`, except for reading `view`
        self._reading_files = threading.Lock()  # before `_writing`; archiving waits for verifications
        self._appender = Appender(state, self._writing, free_bytes)

    @classmethod
    def open(cls, folder: Path, clock: Clock, free_bytes: Callable[[Path], int] = free_bytes) -> Self:
        """Open or create the log, and log what a crash interrupted. `free_bytes` measures a folder's disk.

        Raises `AuditLogError` if the folder is inconsistent, `StorageError`.
        """
        opened = open_log(folder)
        log = cls(LogState(folder, clock, opened), free_bytes)
        try:
            with storage_errors(message("task:clean-log")):
                for path in opened.temporaries:
                    path.unlink()
            if not opened.journal_begun:
                log._state.flush()
            if opened.recovered or opened.torn:
                details: Details = {"entries": opened.recovered, "torn": opened.torn, "open": len(log.unfinished())}
                log.append(SYSTEM, "log.recover", _LOG, Outcome.SUCCEEDED, details=details)
        except BaseException:
            opened.journal.close()
            raise
        return log

    @property
    def head(self) -> TreeHead:
        """Return the size and the root of the log."""
        with self._writing:
            return self._state.head()

    @property
    def changed_key(self) -> bytes | None:
        """Return the last public key that the log was handed over to, or None if it has its first key."""
        return self._state.keys.last

    def unfinished(self) -> list[dict[str, Any]]:
        """Return the requests without an outcome: actions in progress, and those that a crash interrupted."""
        with self._writing:
            return self._state.requests.entries()

    # Writing

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
        """Write an entry. Returns its sequence when it is durable, and signed if a signer is attached.

        Raises `InputError` (an entry that is invalid or not in the catalogue), `StorageError` (nothing is
        acknowledged), `ConflictError` (closed).
        """
        event = verify_listed(actor, action, target, outcome, details or {})
        draft = draft_entry(actor, action, target, outcome, reason=reason, request=request, details=details or {})
        spare = event.spare or outcome is Outcome.DENIED or (outcome is not Outcome.REQUESTED and bool(request))
        return self._appender.append(draft, spare=spare)

    @contextlib.contextmanager
    def action(
        self, actor: Actor, action: str, target: ObjectRef, details: Details | None = None
    ) -> Iterator[RecordedAction]:
        """Log a request, run the block, and log its outcome. If the request cannot be logged, the block does not run.

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
                error.add_note(f"The audit log could not record this failure; the request has no outcome: {second}")
            raise
        self._append_outcome(actor, action, recorded, Outcome.SUCCEEDED, "")

    def _append_outcome(
        self, actor: Actor, action: str, recorded: RecordedAction, outcome: Outcome, reason: str
    ) -> None:
        self.append(
            actor, action, recorded.target, outcome, reason=reason, request=recorded.request, details=recorded.details
        )

    def verify_writable(self) -> None:
        """Raise the error with which a request would be refused now: `StorageError`, `ConflictError`."""
        with self._writing:
            self._appender.verify_ready()

    def remove_archived(self, sequence: int) -> int:
        """Remove the bundles that the entry `sequence` (`log.prune`, requested) declares as archived (archives.py).

        Returns how many were removed. Raises `ConflictError`, `StorageError` (after which some bundles may be removed).
        """
        state = self._state
        with self._reading_files, self._writing:
            state.verify_usable()
            state.flush()
            (entry,) = self.entries(sequence, sequence + 1)
            state.archives.follow(entry)
            return remove_bundles(self._folder, state.archives, ArchivePlan.parse(entry["details"]).bundles)

    def close(self) -> None:
        """Detach, write the journal out, and refuse all further entries."""
        state = self._state
        with self._writing:
            state.signer = state.heads = None
            if state.refusal is None:
                state.flush_if_possible()
            state.refusal = message("audit.closed")
            state.journal.close()

    # Signing

    def attach(self, signer: Signer, heads: HeadStore) -> None:
        """Sign all entries from now on, if the checkpoint and the remembered head agree with the log.

        Raises `AuditLogError` (another key, an older folder, a rewritten history), `ConflictError`, `StorageError`.
        """
        state = self._state
        with self._writing:
            state.verify_usable()
            if state.signer is not None:
                raise ConflictError("audit.attached")
            state.verify_signer(signer, heads)
            state.signer, state.heads = signer, heads
            try:
                state.sign(signer)
                state.remember()
            except BaseException:
                state.signer = state.heads = None
                raise

    def detach(self) -> None:
        """Stop signing (the vault is being sealed). Entries remain durable and are signed at the next `attach`."""
        with self._writing:
            self._state.signer = self._state.heads = None
            self._state.flush_if_possible()

    def change_key(self, actor: Actor, target: ObjectRef, signer: Signer) -> int:
        """Hand over to `signer` with an entry signed by the old key (key_chain.py), and return its sequence.

        Once the entry exists the change is made, even if the head could not be saved; `changed_key` tells. Raises
        `ConflictError` without a signer, `StorageError`.
        """
        state = self._state
        with self._writing:
            old = state.verified_signer()
            self._appender.verify_ready()
            state.commit(state.clock_step())
            head = state.head()
            details = change_details(old, signer.public_key, head)
            verify_listed(actor, KEY_CHANGE, target, Outcome.SUCCEEDED, details)
            draft = draft_entry(actor, KEY_CHANGE, target, Outcome.SUCCEEDED, reason="", request="", details=details)
            state.signer = signer
            try:
                (entry,) = state.commit([draft])
            except BaseException:
                state.signer = old
                raise
            state.keys.follow(entry, head)
            state.remember()
            return int(entry["sequence"])

    def provable(self) -> tuple[bytes, TreeHead, HashTiles]:
        """Return a signed checkpoint of all entries (a note), its head, and the hash tiles for proofs under it.

        Raises `ConflictError` without a signer.
        """
        with self._writing:
            signer, head = self._state.verified_signer(), self._state.head()
            return sign_checkpoint(head, signer), head, HashTiles(self._folder, self._state.known_tiles())

    # Verification and copies

    def verify(
        self,
        *,
        public_key: bytes,
        remembered: TreeHead | None = None,
        witnesses: Sequence[SignedCheckpoint] = (),
        require_signed: bool = True,
    ) -> VerifiedLog:
        """Run `verify_log` on the present state of this folder. Appends continue meanwhile and are not verified."""
        with self._reading_files, self._snapshot() as snapshot:
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
        """Yield the files of the log as it is now, and keep them in the block."""
        state = self._state
        with self._writing:
            state.flush()
            size, checkpoint = state.edge.size, read_checkpoint(self._folder)
            kept = partial_paths(size) | partial_paths(state.signed_size)
            state.kept.append(kept)
        try:
            yield Snapshot(take_inventory(self._folder).at(size, self.size), checkpoint)
        finally:
            with self._writing:
                state.kept.remove(kept)

    def verify_bundle(self, index: int) -> None:
        """Reread a full bundle and the hashes between it and the edge, or only the hashes if it is archived.

        Appends continue meanwhile. Raises `AuditLogError` with the first bad entry, `StorageError`.
        """
        with self._reading_files:
            with self._writing:
                tiles = HashTiles(self._folder, self._state.known_tiles())
            hashes = verify_hashes(tiles, index)
            if index not in self.archives.gone:
                verify_bundle(tiles, index, hashes)

    @contextlib.contextmanager
    def still(self) -> Iterator[tuple[TreeHead, list[Path]]]:
        """Write everything out and allow no appends in the block, which must not append itself. Yields head and files.

        Of these files, only the checkpoint and those in a folder whose name ends with ".p" can ever change.
        """
        with self._writing:
            self._state.verify_usable()
            self._state.flush()
            head = self._state.head()
            partials = partial_paths(head.size)
            files = [
                path for path in sorted(self._folder.rglob("*")) if path.is_file() and not path.name.startswith(".")
            ]
            names = {path: path.relative_to(self._folder).as_posix() for path in files}
            yield head, [path for path in files if ".p/" not in names[path] or names[path] in partials]
