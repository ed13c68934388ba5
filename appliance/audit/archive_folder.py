"""An archive of a log: a folder with copies of bundles that are going to be removed from the log's folder.

    tile/entries/<N>    full bundles, C2SP tlog-tiles
    SHA256SUMS          a line for each: SHA-256 (hex), two spaces, path; ascending (for `sha256sum -c SHA256SUMS`)

The list is written last, and the folder gets its name when all files are durable, so a folder with that name is
complete. An archive needs no signature: it is verified against the log's hash tiles, entry by entry. This module needs
no open log, only its folder, in which full tiles and bundles never change.
"""

import hashlib
import hmac
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from appliance.audit.archives import ArchivePlan
from appliance.audit.events import parse_entry
from appliance.audit.merkle import HASH_BYTES, leaf_hash
from appliance.audit.tiles import ENTRIES, WIDTH, parse_path, read_tile_file, split_bundle, tile_path
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors
from appliance.foundation.errors import AuditLogError, ConflictError, InputError
from appliance.foundation.messages import message

SUMS = "SHA256SUMS"
_WRITING = message("task:write-archive")


def write_archive(log: Path, out: Path, plan: ArchivePlan) -> str:
    """Copy the bundles of `plan` from the folder `log` to a new folder in `out`, verify it, and return its digest.

    An interrupted run is started over, and an existing archive is verified and used. After a failure nothing is left.
    Raises `AuditLogError` if the copy does not match the log's hashes, `ConflictError` if another archive has the name,
    `StorageError`.
    """
    name = f"entries-{plan.first}-{plan.end - 1}"
    target, unfinished = out / name, out / f".{name}.part"
    if not target.exists():
        try:
            _write(log, unfinished, plan.bundles)
            with storage_errors(_WRITING):
                os.replace(unfinished, target)
                fsync_folder(out)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    sums = _sums(log, plan.bundles)
    with storage_errors(message("task:read-archive")):
        existing_sums = (target / SUMS).read_bytes()
    if existing_sums != sums:
        raise ConflictError("audit.archive-exists", name=name)
    verify_bundles(log, dict.fromkeys(plan.bundles, target))
    return hashlib.sha256(sums).hexdigest()


def archive_digest(log: Path, bundles: Iterable[int]) -> str:
    """Return the digest of an archive of these bundles of the folder `log`. Raises `StorageError`."""
    return hashlib.sha256(_sums(log, bundles)).hexdigest()


def find_bundles(folders: Sequence[Path]) -> dict[int, Path]:
    """Return the archive of each bundle that is archived under `folders`.

    Raises `InputError` for a folder without archives, `StorageError`.
    """
    archives: dict[int, Path] = {}
    for folder in folders:
        before = len(archives)
        with storage_errors(message("task:find-archives")):
            for sums in sorted(folder.rglob(SUMS)):
                for path in sums.parent.rglob("*"):
                    key = parse_path(path.relative_to(sums.parent).as_posix())
                    if key is not None and key[0] == ENTRIES and key[2] == WIDTH:
                        archives.setdefault(key[1], sums.parent)
        if len(archives) == before:
            raise InputError("audit.archive-absent", folder=folder.name)
    return archives


def verify_bundles(log: Path, archives: dict[int, Path]) -> None:
    """Compare archived bundles with the hashes in the folder `log`.

    Raises `AuditLogError` with the first bad entry, `StorageError`.
    """
    for index, archive in sorted(archives.items()):
        first = index * WIDTH
        if not (log / tile_path(0, index)).is_file():
            raise AuditLogError("audit.archive:no-hash", entry=first, sequence=first, archive=archive.name)
        hashes = read_tile_file(log, 0, index, WIDTH)
        for number, raw in enumerate(split_bundle(read_tile_file(archive, ENTRIES, index, WIDTH), WIDTH, first)):
            if not hmac.compare_digest(leaf_hash(raw), hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]):
                raise AuditLogError(
                    "audit.archive:changed", entry=first + number, sequence=first + number, archive=archive.name
                )
            parse_entry(raw, first + number)


def _write(log: Path, folder: Path, bundles: Iterable[int]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    make_private_folder(folder)
    parents = {folder}
    for index in bundles:
        target = folder / tile_path(ENTRIES, index)
        make_private_folder(target.parent)
        _write_durably(target, read_tile_file(log, ENTRIES, index, WIDTH))
        parents.add(target.parent)
    _write_durably(folder / SUMS, _sums(folder, bundles))
    with storage_errors(_WRITING):
        for parent in parents:
            fsync_folder(parent)


def _write_durably(path: Path, data: bytes) -> None:
    with storage_errors(_WRITING), open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        # The verification has to read from the disk, not from memory.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _sums(folder: Path, bundles: Iterable[int]) -> bytes:
    """Return the list of these bundles in `folder`."""
    lines = []
    for index in bundles:
        digest = hashlib.sha256(read_tile_file(folder, ENTRIES, index, WIDTH)).hexdigest()
        lines.append(f"{digest}  {tile_path(ENTRIES, index)}\n")
    return "".join(lines).encode()
