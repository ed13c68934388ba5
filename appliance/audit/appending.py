"""Appending to a log: threads share a write (group_commit.py), and requests are refused before the disk is full.

The journal's blocks are allocated in advance. While less than `MIN_FREE_BYTES` are free, or the journal cannot be
written out, requests are refused: each is logged as denied in the rest of the journal, and the action does not happen.
Outcomes of earlier requests, denials, and actions that need no space (`Event.spare`) are still logged.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.audit.events import Draft
from appliance.audit.group_commit import GroupCommit
from appliance.audit.journal import frame_bytes
from appliance.audit.log_state import LogState
from appliance.audit.signed_note import MAX_NOTE_BYTES
from appliance.audit.verifier import RESTORE
from appliance.foundation.errors import ApplianceError, StorageError
from appliance.foundation.messages import message

FLUSH_ENTRIES = 1024
RESERVE_BYTES = 256 * 1024  # of the journal, for entries on a full disk
MIN_FREE_BYTES = 8 * 1024 * 1024  # of the disk, for writing the journal out
_CLOCK_BYTES = 1024  # upper bound of the entry that the clock was set
_INTERRUPTED = message("audit.interrupted")


@dataclass(slots=True)
class _Ticket:
    """A thread's entry that waits to be written."""

    draft: Draft
    spare: bool  # may use the space reserved for a full disk
    sequence: int = -1
    failure: ApplianceError | None = None


class Appender:
    """Writes the entries of all threads to the log. Every write holds `lock`."""

    def __init__(self, state: LogState, lock: threading.Lock, free_bytes: Callable[[Path], int]) -> None:
        self._state = state
        self._lock = lock
        self._free_bytes = free_bytes
        self._trouble: StorageError | None = None  # why requests are refused
        self.queue = GroupCommit(self._write_batch)

    def append(self, draft: Draft, *, spare: bool) -> int:
        """Return the sequence of the entry once it is durable. Raises `StorageError`, `ConflictError` (closed)."""
        ticket = _Ticket(draft, spare)
        self.queue.put(ticket)
        if ticket.failure is not None:
            # Each thread raises its own exception, because a shared one would collect all their tracebacks.
            raise type(ticket.failure)(ticket.failure.message, code=ticket.failure.code) from ticket.failure
        return ticket.sequence

    def verify_ready(self) -> None:
        """Raise the error with which a request would be refused now. The caller holds the lock."""
        self._state.verify_usable()
        self._state.journal.verify_in_place()
        self._look_for_trouble()
        if self._trouble is not None:
            raise self._trouble

    def _write_batch(self, batch: list[_Ticket]) -> int:
        """Write tickets in one frame, so atomically, and return how many of the first were handled."""
        state = self._state
        with self._lock:
            failure: ApplianceError | None = StorageError(_INTERRUPTED, code=StorageError.default_code)
            try:
                state.verify_usable()
                state.journal.verify_in_place()
                self._look_for_trouble()
                batch = self._fitting(batch)
                step, drafts = state.clock_step(), [ticket.draft for ticket in batch]
                if drafts and drafts[0].fields["action"] == RESTORE:  # which names the head right before it
                    drafts, first = drafts + step, 0
                else:
                    drafts, first = step + drafts, len(step)
                self._verify_reserve(drafts)
                entries = state.commit(drafts)
                for ticket, entry in zip(batch, entries[first : first + len(batch)], strict=True):
                    ticket.sequence = entry["sequence"]
                state.remember()
                failure = None
            except ApplianceError as error:
                failure = error
            except Exception as error:
                failure = StorageError("audit.cover")
                failure.__cause__ = error
            except BaseException:
                # After an interruption memory and disk may differ, so the log has to be opened again.
                state.refusal = _INTERRUPTED
                raise
            finally:
                for ticket in batch:
                    ticket.failure = ticket.failure or failure
            return len(batch)

    def _look_for_trouble(self) -> None:
        """Determine whether requests have to be refused, and write the journal out when it is due."""
        state = self._state
        self._trouble = None
        try:
            if self._free_bytes(state.folder) < MIN_FREE_BYTES:
                raise StorageError("storage.full")
            if state.edge.size - state.written >= FLUSH_ENTRIES or state.journal.room < RESERVE_BYTES + MAX_NOTE_BYTES:
                state.flush()
        except StorageError as error:
            self._trouble = error

    def _fitting(self, batch: list[_Ticket]) -> list[_Ticket]:
        """Return as many tickets as the journal has room for, at least one, and deny requests in trouble."""
        reserve = 0 if self._trouble else RESERVE_BYTES
        room = self._state.journal.room - frame_bytes(_CLOCK_BYTES, MAX_NOTE_BYTES) - reserve
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

    def _verify_reserve(self, drafts: list[Draft]) -> None:
        """Raise the trouble if even the reserve has no room for the drafts: nothing is logged, and nothing done."""
        if self._trouble is None:
            return
        if sum(draft.size for draft in drafts) > self._state.journal.room - frame_bytes(0, MAX_NOTE_BYTES):
            raise self._trouble
