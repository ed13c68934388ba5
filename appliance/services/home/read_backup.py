"""Read a backup's folder: which backups a recovery key opens, what is missing, each file with its digests checked."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from appliance.foundation.atomic_files import make_private_folder, storage_errors
from appliance.foundation.errors import AuthenticationError, IntegrityError, NotFoundError
from appliance.foundation.messages import message
from appliance.services.object_names import choose
from appliance.vault.backup_format import (
    MAX_MANIFEST_BYTES,
    BackedUpFile,
    Manifest,
    open_manifest,
    part_context,
    part_name,
    part_path,
    unpadded,
)
from appliance.vault.slots import RecoverySecret
from appliance.vault.stream import SealedReader

NAMED = 5  # files that a sentence names; of others it tells the number


def find_manifest(source: Path, secret: RecoverySecret, backup_id: str = "") -> Manifest:
    """Return the manifest of the backup that was asked for, else of the newest. Those of other recovery keys are passed
    over.

    Raises `NotFoundError`, `AuthenticationError` when the key opens none, `IntegrityError` naming a damaged one: no
    older backup is put in its place unasked.
    """
    names = sorted(path.name for path in source.glob("manifests/bk_*") if path.is_file())
    if backup_id:
        names = list(filter(None, [choose(backup_id, [(name, name) for name in names])]))
    if not names:
        raise NotFoundError("backup.absent")
    found = []
    for name in names:
        with storage_errors(message("task:read-backup")), (source / "manifests" / name).open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
        try:
            found.append(open_manifest(data, name, bytes(secret)))
        except AuthenticationError:
            continue
        except IntegrityError as error:
            raise IntegrityError("backup.manifest", name=name, sentence=error.message) from error
    if not found:
        raise AuthenticationError("recovery.wrong")
    return max(found, key=lambda manifest: manifest.created_us)


def verify_complete(source: Path, manifest: Manifest) -> None:
    """Raise `IntegrityError` naming the files of which a part is missing."""
    lacking = [
        file.path for file in manifest.files if not all(part_path(source, name).is_file() for name in file.parts)
    ]
    if lacking:
        named = ", ".join(lacking[:NAMED])
        more = max(len(lacking) - NAMED, 0)
        raise IntegrityError("backup.missing", manifest_id=manifest.id, lacking=named, more=more)


def restore_file(source: Path, manifest: Manifest, file: BackedUpFile, target: Path) -> None:
    """Write one file durably to the new file `target`. Raises `IntegrityError` naming it, `StorageError`."""
    digest, size = hashlib.sha256(), 0
    make_private_folder(target.parent)
    with storage_errors(message("task:restore-file", file=file.path)):
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb", buffering=0) as writer:
            for data in _parts(source, manifest, file):
                digest.update(data)
                size += len(data)
                writer.write(data)
            os.fsync(writer.fileno())
    if (size, digest.hexdigest()) != (file.size, file.sha256):
        raise _damaged(manifest, file)


def _parts(source: Path, manifest: Manifest, file: BackedUpFile) -> Iterator[bytes]:
    for name in file.parts:
        try:
            with part_path(source, name).open("rb") as opened:
                data = unpadded(SealedReader(opened, manifest.set_key, part_context(manifest.set_id, name)).read())
        except IntegrityError as error:
            raise _damaged(manifest, file) from error
        if part_name(manifest.set_key, data) != name:
            raise _damaged(manifest, file)
        yield data


def _damaged(manifest: Manifest, file: BackedUpFile) -> IntegrityError:
    return IntegrityError("backup.damaged", manifest_id=manifest.id, path=file.path)
