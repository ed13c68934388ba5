"""Files that are written whole or not at all: temporary file, fsync, rename, fsync of the folder."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from appliance.foundation.errors import StorageError
from appliance.foundation.messages import Message

_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextlib.contextmanager
def storage_errors(what: str | Message) -> Iterator[None]:
    """Turn an `OSError` in the block into a `StorageError` that says `what` could not be done, and why."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError("storage.full:disk-full-done", what=what) from error
        raise StorageError("storage.refused", what=what, value=error.strerror or "the storage refused") from error


def fsync_file(path: Path) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(folder: Path) -> None:
    """Make names in `folder` durable: a rename is not, until its folder is synced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `data`, durably. A crash leaves the old file or the new one. Raises `StorageError`."""
    with storage_errors(f"Writing {path.name}"):
        replace_file(path, data, mode=mode)
        fsync_folder(path.parent)


def replace_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Put `data` in the place of `path`: durable before it gets its name, the name only when its folder is synced.

    Raises `OSError`.
    """
    temporary = path.with_name(f".{path.name.lstrip('.')}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def remove_temporaries(folder: Path) -> None:
    """Remove what writers of this folder left when they were killed; no other may write there now.

    Raises `StorageError`.
    """
    with storage_errors(f"Clearing the folder {folder.name}"):
        for path in folder.glob(".*.tmp"):
            path.unlink()


def free_bytes(folder: Path) -> int:
    """Return how many bytes an ordinary user may still write to the disk that `folder` is on. Raises `StorageError`."""
    with storage_errors(f"Looking at the disk of {folder.name}"):
        found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def make_private_folder(path: Path) -> None:
    """Create `path` with those of its parents that are missing (all 0700), each name durable. Raises `StorageError`."""
    with storage_errors(f"Creating the folder {path.name}"):
        missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            fsync_folder(folder.parent)
