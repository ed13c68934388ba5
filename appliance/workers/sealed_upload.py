"""A sealed upload as a seekable stream of its plaintext, decrypted chunk by chunk in memory; the checks of its rows."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

from appliance.datasets.columns import ColumnRoles
from appliance.datasets.parse import Choices
from appliance.datasets.screening import PersonalDataPolicy, Screening, TokenLimit
from appliance.jobs.access import ScreeningAccess, UploadAccess
from appliance.vault.stream import SealContext, SealedReader

UPLOAD_CONTEXT_NAME = "content"
_BUFFER_BYTES = 1024**2


class _Plaintext(io.RawIOBase):
    def __init__(self, reader: SealedReader) -> None:
        self._reader = reader
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._reader.size}[whence]
        self._offset = max(0, start + offset)
        return self._offset

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        piece = self._reader.read_at(self._offset, len(buffer))
        buffer[: len(piece)] = piece
        self._offset += len(piece)
        return len(piece)


@contextlib.contextmanager
def open_upload(upload: UploadAccess) -> Iterator[io.BufferedReader]:
    """Give the plaintext. Raises `IntegrityError`, at once or at any read, when the file is not what was received."""
    with Path(upload.path).open("rb") as file:
        reader = SealedReader(file, upload.upload_key, SealContext("upload", upload.upload_id, 1, UPLOAD_CONTEXT_NAME))
        yield io.BufferedReader(_Plaintext(reader), _BUFFER_BYTES)


def choices_of(upload: UploadAccess) -> Choices:
    """Return what somebody said about the file."""
    return Choices(upload.encoding, upload.delimiter, ColumnRoles(**upload.roles) if upload.roles else None)


def screening_of(access: ScreeningAccess) -> Screening:
    """Return the checks."""
    limit = (
        TokenLimit(Path(access.tokenizer_path), access.max_tokens, access.model_name) if access.tokenizer_path else None
    )
    return Screening(limit, PersonalDataPolicy(access.personal_data))
