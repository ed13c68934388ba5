"""The journal of a log, in which an append becomes durable with one write and one sync. Not part of `tlog-tiles`.

The file `.journal` has `JOURNAL_BYTES` and is filled with zeros when it is created. So an append needs no new disk
blocks, cannot fail on a full disk, and `fdatasync` waits for data only. (Copy-on-write file systems guarantee neither.)

    frame    "ALJ1" || generation (8) || kind (1) || length of payload (4) || digest (32) || payload
             (numbers are big-endian)
    digest   SHA-256(generation || kind || position of the frame in the file (8) || payload)
    begin    kind 1, canonical JSON {"keys": [sequences of the changes of the signing key], "open": [sequences of the
             requests without an outcome], "size": N, "version": 1}: the first N entries are durable in tiles
    batch    kind 2, sequence of its first entry (8) || length of note (4) || note || entries as a bundle (tiles.py)

The first frame is a `begin` with a random generation; the batches after it have the same generation and continue from
N. `note` is the signed checkpoint up to the batch's end, or empty without a signer. The journal ends at the first
position without a complete frame. An incomplete frame of this generation was torn by a crash before it was
acknowledged, and is dropped; if complete frames follow it, it was changed, which is an error. If the `begin` itself is
unreadable, `reach` returns how many entries the complete batches of any generation cover. More entries than in the
tiles are an error too, because a new journal is begun only when the tiles have all entries. A changed *last* frame is
noticed by the head remembered in the database (but not while the vault is sealed).
"""

import hashlib
import hmac
import os
import secrets
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.audit.tiles import JOURNAL_NAME, encode_bundle, split_whole_bundle
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import fsync_folder, replace_file, storage_errors
from appliance.foundation.errors import AuditLogError, InputError, StorageError
from appliance.foundation.messages import message

JOURNAL_BYTES = 2 * 1024 * 1024
SECTOR_BYTES = 512  # what a disk writes atomically
MAGIC = b"ALJ1"
_GENERATION_BYTES = 8
_HEADER_BYTES = len(MAGIC) + _GENERATION_BYTES + 1 + 4 + 32
_BEGIN, _BATCH = 1, 2
_BATCH_PREFIX_BYTES = 8 + 4
_WRITING, _READING = message("task:write-log"), message("task:read-journal")


@dataclass(frozen=True)
class Batch:
    """Entries that become durable together, and the checkpoint that covers them (b"" while sealed)."""

    first: int
    entries: tuple[bytes, ...]
    note: bytes


@dataclass
class JournalContents:
    """A parsed journal: `size` entries are in tiles, with these open requests and key changes; batches follow."""

    size: int
    open: list[int]
    keys: list[int]
    batches: list[Batch] = field(default_factory=list)
    torn: bool = False


def frame_bytes(entry_bytes: int, note_bytes: int) -> int:
    """Return the length of a batch's frame, for entries with this length in a bundle (with length prefixes)."""
    return _HEADER_BYTES + _BATCH_PREFIX_BYTES + note_bytes + entry_bytes


class Journal:
    """The open journal of one log. Not thread-safe."""

    def __init__(self, folder: Path) -> None:
        """Open the journal, or create it. Raises `StorageError`, `AuditLogError` if it is of another version."""
        self._path = folder / JOURNAL_NAME
        with storage_errors(message("task:open-journal")):
            if not os.path.lexists(self._path):
                self._make()
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            self._close = weakref.finalize(self, os.close, self._descriptor)
            status = os.fstat(self._descriptor)
        if status.st_size != JOURNAL_BYTES:
            raise AuditLogError("audit.journal:length", expected_bytes=JOURNAL_BYTES)
        self._identity = (status.st_dev, status.st_ino)
        self._generation = b""
        self._end = 0
        self._unsure = False  # whether the last write reached the file and may not be durable

    @property
    def room(self) -> int:
        """Return how many bytes of frames still fit."""
        return JOURNAL_BYTES - self._end

    def read(self) -> JournalContents | None:
        """Return the contents, and continue at their end. Returns None without a complete `begin`."""
        with storage_errors(_READING):
            data = os.pread(self._descriptor, JOURNAL_BYTES, 0)
        self._generation = data[len(MAGIC) : len(MAGIC) + _GENERATION_BYTES]
        begin = self._frame(data, 0)
        if begin is None or begin[0] != _BEGIN:
            self._verify_nothing_after(data, 0, 0)
            return None
        contents = _contents(begin[1])
        position, expected = _HEADER_BYTES + len(begin[1]), contents.size
        while (frame := self._frame(data, position)) is not None:
            batch = _batch(frame, expected)
            contents.batches.append(batch)
            expected += len(batch.entries)
            position += _HEADER_BYTES + len(frame[1])
        self._verify_nothing_after(data, position, expected)
        contents.torn = data.startswith(MAGIC + self._generation, position)
        self._end = position
        return contents

    def reach(self) -> int:
        """Return the size of the log according to all complete batches in the file, for a journal without `begin`."""
        with storage_errors(_READING):
            data = os.pread(self._descriptor, JOURNAL_BYTES, 0)
        generation, reached = self._generation, 0
        at = data.find(MAGIC)
        while at >= 0:
            self._generation = data[at + len(MAGIC) : at + len(MAGIC) + _GENERATION_BYTES]
            frame = self._frame(data, at)
            if frame is not None and frame[0] == _BATCH:
                first = int.from_bytes(frame[1][:8], "big")
                reached = max(reached, first + len(_batch(frame, first).entries))
            at = data.find(MAGIC, at + 1)
        self._generation = generation
        return reached

    def verify_in_place(self) -> None:
        """Raise `StorageError` unless the log's folder still has this file, because writes to a lost file are lost."""
        with storage_errors(_WRITING):
            status = os.stat(self._path, follow_symlinks=False)
        if (status.st_dev, status.st_ino) != self._identity:
            raise StorageError("audit.replaced")

    def begin(self, size: int, open_requests: Sequence[int], key_changes: Sequence[int]) -> None:
        """Begin a new journal, after `size` entries became durable elsewhere. Raises `StorageError`.

        A crash leaves no `begin` or this one.
        """
        self._end = 0
        payload = canonical_json.encode(
            {"keys": list(key_changes), "open": list(open_requests), "size": size, "version": 1}
        )
        if _HEADER_BYTES + len(payload) > SECTOR_BYTES:  # A torn write could leave the old header and old batches.
            with storage_errors(_WRITING):
                self._blank()
        self._generation = secrets.token_bytes(_GENERATION_BYTES)
        self._write(_BEGIN, payload)

    def append(self, batch: Batch) -> None:
        """Write a batch durably. Raises `StorageError`; `undo` then removes what may be left of it."""
        head = batch.first.to_bytes(8, "big") + len(batch.note).to_bytes(4, "big")
        self._write(_BATCH, head + batch.note + encode_bundle(batch.entries))

    def undo(self) -> None:
        """Remove what a failed `append` may have left. Raises `OSError` if that fails, so that the state is unknown."""
        if self._unsure:
            self._blank()

    def _blank(self) -> None:
        os.pwrite(self._descriptor, bytes(min(_HEADER_BYTES, self.room)), self._end)
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        self._close()

    def _make(self) -> None:
        replace_file(self._path, bytes(JOURNAL_BYTES))
        fsync_folder(self._path.parent)

    def _digest(self, kind: int, position: int, payload: bytes | memoryview) -> bytes:
        return hashlib.sha256(
            b"".join((self._generation, bytes([kind]), position.to_bytes(8, "big"), payload))
        ).digest()

    def _write(self, kind: int, payload: bytes) -> None:
        if _HEADER_BYTES + len(payload) > self.room:
            raise StorageError("audit.full")
        header = (
            MAGIC
            + self._generation
            + bytes([kind])
            + len(payload).to_bytes(4, "big")
            + self._digest(kind, self._end, payload)
        )
        self._unsure = False
        with storage_errors(_WRITING):
            written = os.pwritev(self._descriptor, [header, payload], self._end)
            self._unsure = True
            if written != len(header) + len(payload):
                raise OSError("partial write")
            os.fdatasync(self._descriptor)
        self._end += written

    def _frame(self, data: bytes, position: int) -> tuple[int, bytes] | None:
        """Return kind and payload of the complete frame at `position`, or None."""
        start = position + _HEADER_BYTES
        header = data[position:start]
        if len(header) < _HEADER_BYTES or not header.startswith(MAGIC + self._generation):
            return None
        kind = header[len(MAGIC) + _GENERATION_BYTES]
        payload = data[start : start + int.from_bytes(header[13:17], "big")]
        return (kind, payload) if hmac.compare_digest(header[17:], self._digest(kind, position, payload)) else None

    def _verify_nothing_after(self, data: bytes, position: int, entry: int) -> None:
        """Raise `AuditLogError` if a complete frame of this generation follows the broken frame at `position`."""
        at = data.find(MAGIC + self._generation, position + 1)
        while at >= 0:
            if self._frame(data, at) is not None:
                raise AuditLogError("audit.journal:changed", entry=entry, sequence=entry)
            at = data.find(MAGIC + self._generation, at + 1)


def _contents(payload: bytes) -> JournalContents:
    try:
        value: Any = canonical_json.decode(payload)
    except InputError:
        value = None
    if not isinstance(value, dict) or value.keys() != {"keys", "open", "size", "version"} or value["version"] != 1:
        raise AuditLogError("audit.journal:version")
    return JournalContents(value["size"], value["open"], value["keys"])


def _batch(frame: tuple[int, bytes], expected: int) -> Batch:
    kind, payload = frame
    first, note_end = int.from_bytes(payload[:8], "big"), _BATCH_PREFIX_BYTES + int.from_bytes(payload[8:12], "big")
    if kind != _BATCH or first != expected:
        raise AuditLogError("audit.journal:missing-entry", entry=expected, sequence=expected)
    return Batch(first, tuple(split_whole_bundle(payload[note_end:], first)), payload[_BATCH_PREFIX_BYTES:note_end])
