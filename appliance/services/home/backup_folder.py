"""The folder of a backup: written and read back. Needs no home that is open: it runs where the folder can be reached.

The files are copied in parts, sealed. A part has its name when it is whole and durable, so what has its name and its
size is skipped: a backup that was interrupted goes on, and the next one writes only what is new. Reading tells which
backups a recovery key opens and what is missing, and checks the digests of each file.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from appliance.foundation.atomic_files import make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import AuthenticationError, ConflictError, InputError, IntegrityError, NotFoundError
from appliance.foundation.json_records import read
from appliance.foundation.messages import message
from appliance.services.home.back_up import BackupPlan
from appliance.services.object_names import choose
from appliance.vault.backup_format import (
    MAX_MANIFEST_BYTES,
    PART_BYTES,
    BackedUpFile,
    Manifest,
    open_manifest,
    padded,
    part_context,
    part_name,
    part_path,
    unpadded,
)
from appliance.vault.keys import TAG_BYTES
from appliance.vault.slots import RecoverySecret
from appliance.vault.stream import CHUNK_BYTES, HEADER_BYTES, SealedReader, seal_file

NAMED = 5  # files that a sentence names; of others it tells the number


def prepare_folder(
    out: Path, home: Path, *, refusal: str = "backup.place", parts: tuple[str, ...] = ("parts", "manifests")
) -> Path:
    """Return `out` as a whole path, with its `parts`, made where they were missing.

    Raises `InputError`, the message `refusal`, when it lies in the home, `StorageError`.
    """
    whole = out.resolve()
    if whole.is_relative_to(home.resolve()):
        raise InputError(refusal)
    for name in parts:
        make_private_folder(whole / name)
    return whole


def copy_files(home: Path, out: Path, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Copy what `plan` names (the answer of `backup.begin`), and return the files as `backup.seal` takes them.

    Raises `ConflictError` when something that the state needs is gone since (it was shredded): begin anew. Raises
    `StorageError`.
    """
    wanted = read(BackupPlan, plan)
    set_key = bytes.fromhex(wanted.set_key)
    _remove_unfinished(out)
    copied = []
    for listed in wanted.files:
        try:
            file = (home / listed.source).open("rb")
        except FileNotFoundError:
            if not listed.required:
                continue
            raise ConflictError("backup.changed", path=listed.path) from None
        with file:
            copied.append(_copy(listed.path, file, out, wanted.set_id, set_key).model_dump())
    return copied


def keep_manifest(out: Path, backup_id: str, sealed: bytes) -> None:
    """Write the manifest, whole or not at all: from here on the backup is one. Raises `StorageError`."""
    write_atomic(out / "manifests" / backup_id, sealed)


def _copy(path: str, file: BinaryIO, out: Path, set_id: str, set_key: bytes) -> BackedUpFile:
    digest, size, parts = hashlib.sha256(), 0, []
    while True:
        with storage_errors(message("task:read-home")):
            data = file.read(PART_BYTES)
        if not data:
            break
        digest.update(data)
        size += len(data)
        name = part_name(set_key, data)
        _keep_part(part_path(out, name), padded(data), set_key, set_id)
        parts.append(name)
    return BackedUpFile(path=path, size=size, sha256=digest.hexdigest(), parts=parts)


def _keep_part(path: Path, plaintext: bytes, set_key: bytes, set_id: str) -> None:
    chunks = max(1, -(-len(plaintext) // CHUNK_BYTES))
    expected = HEADER_BYTES + len(plaintext) + chunks * TAG_BYTES
    if path.is_file() and path.stat().st_size == expected:
        return
    make_private_folder(path.parent)
    seal_file(path, plaintext, set_key, part_context(set_id, path.name))


def _remove_unfinished(out: Path) -> None:
    """Remove what a kill left: files that never got their names."""
    with storage_errors(message("task:remove-unfinished")):
        for path in (*out.glob("parts/*/.*.tmp"), *out.glob("manifests/.*.tmp")):
            path.unlink()


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
