"""Receive a file: sealed chunk by chunk as it comes in, so that nothing readable reaches the disk.

`preview_upload` then tells how it would be understood: somebody confirms that, or says what was meant.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from appliance.audit import ObjectRef, Outcome
from appliance.datasets.report import FilePreview
from appliance.foundation.atomic_files import make_private_folder, storage_errors
from appliance.foundation.errors import InputError, StorageError
from appliance.foundation.identifiers import new_id, verify_id
from appliance.foundation.messages import message
from appliance.foundation.settings import MAX_UPLOAD_BYTES
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.datasets import PreviewStart
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import PARSER_MEMORY_BYTES, UPLOAD_KIND, upload_access, upload_path
from appliance.services.operations import operation
from appliance.services.pseudonyms import file_fingerprint
from appliance.vault.stream import SealContext, SealedWriter

DEFAULT_ROWS = 5


@dataclass(frozen=True)
class StoredUpload:
    """A received file: sealed at `path` under the data key of kind `upload` and this id."""

    id: str
    path: Path
    size: int


class Upload:
    """One file on its way in. `write` pieces, then `finish`; `abort` leaves nothing behind."""

    def __init__(self, context: ServiceContext, caller: Caller) -> None:
        """Authorise, log the request, and make the sealed file.

        Raises `AuthorizationError`, `SealedError`, `StorageError`.
        """
        self._context = context
        self._caller = caller
        self.id = new_id("up")
        self._target = ObjectRef("upload", self.id)
        context.verify_allowed(caller, "dataset.import", self._target)
        vault = context.vault
        context.log.append(caller.actor, "upload.receive", self._target, Outcome.REQUESTED, request=self.id)
        make_private_folder(context.home / "uploads")
        self._path = upload_path(context.home, self.id)
        self._size = 0
        self._digest = hashlib.sha256()
        # The file is there before its key, and goes after it: whatever kills this process, no key is left that nothing
        # points to.
        with storage_errors(message("task:receive-file")):
            self._file: BinaryIO = open(self._path, "xb")  # noqa: SIM115 - closed by finish and abort
        try:
            key = vault.new_data_key(UPLOAD_KIND, self.id)
        except BaseException:
            self._file.close()
            self._path.unlink(missing_ok=True)
            raise
        self._writer = SealedWriter(self._file, key, SealContext(UPLOAD_KIND, self.id, 1, "content"))

    def write(self, piece: bytes) -> None:
        """Seal the next piece.

        Raises `InputError` over the limit of size, `StorageError` on a full disk; both end the upload.
        """
        self._size += len(piece)
        try:
            if self._size > MAX_UPLOAD_BYTES:
                raise InputError("upload.size", max_upload_bytes=MAX_UPLOAD_BYTES // 1024**2)
            with storage_errors(message("task:receive-file")):
                self._writer.write(piece)
            self._digest.update(piece)
        except (InputError, StorageError) as error:
            self._end(Outcome.FAILED, error.code)
            raise

    def finish(self) -> StoredUpload:
        """Make the sealed file durable and log that it is there. Raises `StorageError`."""
        try:
            with storage_errors(message("task:receive-file")):
                self._writer.finish()
                self._file.close()
        except StorageError as error:
            self._end(Outcome.FAILED, error.code)
            raise
        received = ObjectRef("upload", self.id, file_fingerprint(self._context, self._digest.hexdigest()))
        self._context.log.append(self._caller.actor, "upload.receive", received, Outcome.SUCCEEDED, request=self.id)
        return StoredUpload(self.id, self._path, self._size)

    def abort(self) -> None:
        """Forget what came (the connection broke)."""
        self._end(Outcome.FAILED, "upload.broken")

    def _end(self, outcome: Outcome, reason: str) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        discard_upload(self._context, self.id)
        self._context.log.append(
            self._caller.actor, "upload.receive", self._target, outcome, reason=reason, request=self.id
        )


def receive_file(context: ServiceContext, caller: Caller, source: BinaryIO) -> StoredUpload:
    """Receive an open file to its end."""
    upload = Upload(context, caller)
    try:
        while piece := source.read(1024 * 1024):
            upload.write(piece)
    except OSError:
        upload.abort()
        raise InputError("upload.read") from None
    return upload.finish()


def discard_upload(context: ServiceContext, upload_id: str) -> None:
    """Remove the data key, and then the sealed file, which nothing opens any more."""
    verify_id(upload_id)
    context.vault.shred((UPLOAD_KIND, upload_id))
    upload_path(context.home, upload_id).unlink(missing_ok=True)


@operation("dataset.preview", action="dataset.preview", on="upload")
def preview_upload(
    context: ServiceContext,
    caller: Caller,
    *,
    upload_id: str,
    filename: str,
    encoding: str = "",
    delimiter: str = "",
    roles: dict[str, str] | None = None,
    rows: int = DEFAULT_ROWS,
) -> FilePreview:
    """Return how each source would be read, with its first rows. The upload stays. Reading rows, and logged as such.

    Raises `InputError` with what is wrong with the file, `NotFoundError` when there is no such upload.
    """
    verify_id(upload_id)
    with context.act(caller, "dataset.preview", ObjectRef("upload", upload_id)):
        upload = upload_access(context, upload_id, filename, encoding, delimiter, roles)
        start = PreviewStart(upload=upload, rows=max(1, min(rows, 50)))
        order = WorkerOrder(
            start, read=(upload_path(context.home, upload_id),), write=(), memory_bytes=PARSER_MEMORY_BYTES
        )
        return run_worker(context.launcher, order).found(FilePreview)
