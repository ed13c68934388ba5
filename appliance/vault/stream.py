"""Sealed files, version 1: the format of trained adapters, checkpoints, results and uploads on disk.

    header   magic "APLSEAL" (7 bytes), version 0x01, chunk size (4 bytes, big-endian, 65,536 to 16,777,216), salt (32
             random bytes)
    chunks   AES-256-GCM of at most `chunk size` bytes of plaintext, each followed by its 16-byte tag; no associated
             data

    file key = HKDF-SHA256(ikm = data key, salt = salt, length 32, info = F(label) F(magic) F(version) F(chunk size)
               F(kind) F(id) F(object version) F(name)), where F(x) is x preceded by its length in 4 bytes, big-endian;
               label is "appliance sealed file"; integers are 8 bytes, big-endian; text is UTF-8
    nonce    of chunk i = i as 11 bytes, big-endian, then 0x01 for the last chunk, otherwise 0x00 (STREAM, as in age)

All chunks but the last are full. An empty file is one empty last chunk; a file whose length is a multiple of the chunk
size ends with a full last chunk. A reader takes the number of chunks from the file's length and opens the last chunk
first, which authenticates that length. Truncated, reordered, extended or swapped files, and files opened with a wrong
context, are refused. A writer that starts over takes a new salt.

This module keeps no keys and never writes plaintext. Workers use it, so it imports neither the database nor its
libraries.
"""

import contextlib
import io
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.foundation.atomic_files import fsync_folder, storage_errors
from appliance.foundation.errors import IntegrityError
from appliance.foundation.messages import message
from appliance.vault.keys import TAG_BYTES, associated_data, derive_key

MAGIC = b"APLSEAL"
VERSION = 1
CHUNK_BYTES = 1024 * 1024
MIN_CHUNK_BYTES = 64 * 1024
MAX_CHUNK_BYTES = 16 * 1024 * 1024
SALT_BYTES = 32
HEADER_BYTES = len(MAGIC) + 1 + 4 + SALT_BYTES
LABEL = "appliance sealed file"
_COUNTER_BYTES = 11


@dataclass(frozen=True)
class SealContext:
    """What a sealed file contains. It opens only with exactly the same context."""

    kind: str
    object_id: str
    version: int
    name: str


def _file_key(data_key: bytes, context: SealContext, chunk_bytes: int, salt: bytes) -> bytes:
    info = associated_data(MAGIC, VERSION, chunk_bytes, context.kind, context.object_id, context.version, context.name)
    return derive_key(data_key, LABEL, salt=salt, info=info)


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(_COUNTER_BYTES, "big") + (b"\x01" if last else b"\x00")


class SealedWriter:
    """Seals a stream into the empty file `file`. `finish` completes the file and makes it durable."""

    def __init__(
        self,
        file: BinaryIO,
        data_key: bytes,
        context: SealContext,
        *,
        chunk_bytes: int = CHUNK_BYTES,
        salt: bytes | None = None,
    ) -> None:
        """Write the header. Only tests that need reproducible bytes pass a `salt`."""
        salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
        self._file = file
        self._chunk_bytes = chunk_bytes
        self._cipher = AESGCM(_file_key(data_key, context, chunk_bytes, salt))
        self._pending = bytearray()
        # Reused for all chunks, because new memory costs as much time as encryption.
        self._sealed = memoryview(bytearray(chunk_bytes + TAG_BYTES))
        self._index = 0
        self._finished = False
        self._write(MAGIC + bytes([VERSION]) + chunk_bytes.to_bytes(4, "big") + salt)

    def write(self, data: bytes | memoryview) -> None:
        """Seal more data. A full chunk is held back until more data shows that it is not the last."""
        view = memoryview(data)
        if not self._pending:
            while len(view) > self._chunk_bytes:  # Full chunks are sealed without a copy.
                self._put(view[: self._chunk_bytes], last=False)
                view = view[self._chunk_bytes :]
        self._pending += view
        while len(self._pending) > self._chunk_bytes:
            self._put(self._pending[: self._chunk_bytes], last=False)
            del self._pending[: self._chunk_bytes]

    def finish(self) -> None:
        """Seal the last chunk and sync the file, after which nothing can be written."""
        if not self._finished:
            self._finished = True
            self._put(self._pending, last=True)
            self._pending.clear()
            self._file.flush()
            with contextlib.suppress(io.UnsupportedOperation):  # A file in memory has no descriptor.
                os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if kind is None:
            self.finish()

    def _put(self, plaintext: bytearray | memoryview, *, last: bool) -> None:
        sealed = self._sealed[: len(plaintext) + TAG_BYTES]
        self._cipher.encrypt_into(_nonce(self._index, last=last), plaintext, None, sealed)
        self._write(sealed)
        self._index += 1

    def _write(self, data: bytes | memoryview) -> None:
        """Write all of `data`: an unbuffered file may accept less, for instance on a disk that is almost full."""
        remaining = memoryview(data)
        while remaining:
            remaining = remaining[self._file.write(remaining) :]


class SealedReader:
    """Reads a sealed file, as a whole or in part. Raises `IntegrityError` if it is incomplete or another file."""

    def __init__(self, file: BinaryIO, data_key: bytes, context: SealContext) -> None:
        """Read the header and open the last chunk, which authenticates the length."""
        self._file = file
        file.seek(0)
        header = file.read(HEADER_BYTES)
        length = file.seek(0, io.SEEK_END)
        if len(header) != HEADER_BYTES or header[: len(MAGIC)] != MAGIC:
            raise IntegrityError("sealed.header")
        if header[len(MAGIC)] != VERSION:
            raise IntegrityError("sealed.version")
        self._chunk_bytes = int.from_bytes(header[len(MAGIC) + 1 : len(MAGIC) + 5], "big")
        if not MIN_CHUNK_BYTES <= self._chunk_bytes <= MAX_CHUNK_BYTES:
            raise IntegrityError("sealed.chunk-size")
        stride = self._chunk_bytes + TAG_BYTES
        body = length - HEADER_BYTES
        self._count = -(-body // stride)
        if body < TAG_BYTES or 0 < body % stride < TAG_BYTES:
            raise IntegrityError("sealed.cut")
        self._cipher = AESGCM(_file_key(data_key, context, self._chunk_bytes, header[-SALT_BYTES:]))
        # Reused for all chunks, because new memory costs as much time as decryption.
        self._opened = memoryview(bytearray(min(self._chunk_bytes, body - TAG_BYTES)))
        self._last = bytes(self._open(self._count - 1))
        if self._count > 1 and not self._last:
            raise IntegrityError("sealed.tail")
        self.size = (self._count - 1) * self._chunk_bytes + len(self._last)

    def read(self) -> bytes:
        """Return the whole plaintext."""
        plaintext = io.BytesIO()
        self.copy_to(plaintext)
        return plaintext.getvalue()

    def copy_to(self, target: BinaryIO) -> None:
        """Write the whole plaintext to a file in memory."""
        for index in range(self._count):
            target.write(self._chunk(index))

    def verify(self) -> None:
        """Open every chunk. Raises `IntegrityError` if one was changed."""
        for index in range(self._count):
            self._chunk(index)

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`, or fewer at the end of the file."""
        end = min(offset + count, self.size)
        if offset < 0 or offset >= end:
            return b""
        first, last = offset // self._chunk_bytes, (end - 1) // self._chunk_bytes
        data = b"".join(bytes(self._chunk(index)) for index in range(first, last + 1))
        return data[offset - first * self._chunk_bytes : end - first * self._chunk_bytes]

    def _chunk(self, index: int) -> bytes | memoryview:
        return self._last if index == self._count - 1 else self._open(index)

    def _open(self, index: int) -> memoryview:
        """Return an authenticated chunk, which is valid until the next one is opened."""
        stride = self._chunk_bytes + TAG_BYTES
        self._file.seek(HEADER_BYTES + index * stride)
        sealed = self._file.read(stride)
        opened = self._opened[: max(0, len(sealed) - TAG_BYTES)]
        try:
            self._cipher.decrypt_into(_nonce(index, last=index == self._count - 1), sealed, None, opened)
        except (InvalidTag, ValueError):  # ValueError: the file grew while it was being read.
            raise IntegrityError("sealed.tag") from None
        return opened


@contextlib.contextmanager
def sealing(path: Path, data_key: bytes, context: SealContext) -> Iterator[SealedWriter]:
    """Give what seals the content of `path` atomically (temporary file, fsync, rename). Raises `OSError`."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb", buffering=0) as file, SealedWriter(file, data_key, context) as writer:
            yield writer
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def seal_file(path: Path, data: bytes | memoryview, data_key: bytes, context: SealContext) -> None:
    """Seal `data` into `path`, whole or not at all. Raises `StorageError`."""
    with storage_errors(message("task:write-file", file=path.name)), sealing(path, data_key, context) as writer:
        writer.write(data)


def unseal_file(path: Path, data_key: bytes, context: SealContext) -> bytes:
    """Return the plaintext of `path`. Raises `IntegrityError`, `StorageError`."""
    with storage_errors(message("task:read-file", file=path.name)), open(path, "rb") as file:
        return SealedReader(file, data_key, context).read()
