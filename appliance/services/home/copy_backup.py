"""Copy the files of a backup into its folder, in parts, sealed. Needs no home that is open: it runs where the folder
can be reached.

A part has its name when it is whole and durable, so what has its name and its size is skipped: a backup that was
interrupted goes on, and the next one writes only what is new.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from appliance.foundation.atomic_files import make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.json_records import read
from appliance.foundation.messages import message
from appliance.services.home.back_up import BackupPlan
from appliance.vault.backup_format import PART_BYTES, BackedUpFile, padded, part_context, part_name, part_path
from appliance.vault.keys import TAG_BYTES
from appliance.vault.stream import CHUNK_BYTES, HEADER_BYTES, seal_file


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
