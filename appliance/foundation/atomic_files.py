"""Durable files that are either complete or absent: temporary file, fsync, rename, fsync of the folder."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from appliance.foundation.errors import StorageError
from appliance.foundation.messages import Message, message, verbatim

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextlib.contextmanager
def storage_errors(task: str | Message) -> Iterator[None]:
    """Turn an `OSError` in the block into a `StorageError` that says which `task` failed ("Reading x"), and why."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise StorageError("storage.full:task", task=task) from error
        reason = verbatim(error.strerror) if error.strerror else message("storage.refused:unknown-reason")
        raise StorageError("storage.refused", task=task, reason=reason) from error


def fsync_file(path: Path) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: a rename is not durable until its folder is synced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` with `data`, durably. A crash leaves the old file or the new one. Raises `StorageError`."""
    with storage_errors(message("task:write-file", file=path.name)):
        replace_file(path, data, mode=mode)
        fsync_folder(path.parent)


def replace_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` with `data`, durable before the rename; that is once its folder is synced. Raises `OSError`."""
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
    """Remove what killed writers left in a folder into which nobody writes meanwhile. Raises `StorageError`."""
    with storage_errors(message("task:clear-folder", folder=folder.name)):
        for path in folder.glob(".*.tmp"):
            path.unlink()


def free_bytes(folder: Path) -> int:
    """Return how many bytes an ordinary user can still write to the disk of `folder`. Raises `StorageError`."""
    with storage_errors(message("task:measure-disk", folder=folder.name)):
        disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def make_private_folder(path: Path) -> None:
    """Create `path` and its missing parents (all 0700), each name durable. Raises `StorageError`."""
    with storage_errors(message("task:create-folder", folder=path.name)):
        missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
            fsync_folder(folder.parent)
