"""A new file for what a command hands out once: a secret, a certificate. Never one that is there already."""

import contextlib
import os
from pathlib import Path
from typing import Any

from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import ConflictError
from appliance.foundation.messages import message


class NewFile:
    """Creates the file (0600), or none when there is no path. Raises `ConflictError` when it is there.

    Enter it before the home is owned: then this process is confined and loses the right to. It is removed when nothing
    was written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> Any:
        if self._path is None:
            return None
        try:
            with storage_errors(message("task:write-file", file=self._path.name)):
                self._file = os.fdopen(
                    os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb"
                )
        except Exception as error:
            if self._path.exists():
                raise ConflictError("out.exists:file", path_name=self._path.name) from error
            raise
        return self._file

    def __exit__(self, *_error: object) -> None:
        if self._path is not None:
            empty = self._file.tell() == 0
            self._file.close()
            with contextlib.suppress(OSError):
                if empty:
                    self._path.unlink()


def keep(file: Any, text: str) -> None:
    """Write `text` durably, where there is a file. Raises `StorageError`."""
    if file is None:
        return
    with storage_errors(message("task:write-new-file")):
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
