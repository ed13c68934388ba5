"""An archive of a log: a folder with bundles that are to leave the log's own, as they are there, and the list of them.

    tile/entries/<N>    whole bundles, C2SP tlog-tiles
    SHA256SUMS          a line for each: SHA-256 (hex), two spaces, path; ascending. `sha256sum -c SHA256SUMS` checks it
                        too

The list is written last, into a folder that gets its name when all of it is durable: a folder with the name is whole.
An archive is verified against the log's own hash tiles, entry by entry, so it needs no signature: each entry is covered
by the log's root, or refused. What runs here needs no open log: only its folder, whose full tiles and bundles never
change.
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

SUMS = "SHA256SUMS"


def write_archive(log: Path, out: Path, plan: ArchivePlan) -> str:
    """Write the bundles of `plan` from the folder `log` into a folder of their own in `out`, read them again, and
    return its digest.

    What an interrupted run left is begun anew; an archive that is there already is verified, and serves. What fails is
    removed. Raises `AuditLogError` when the copy is not what the log's hashes say, `ConflictError` when another archive
    has its name, `StorageError`.
    """
    name = f"entries-{plan.first}-{plan.end - 1}"
    target, unfinished = out / name, out / f".{name}.part"
    if not target.exists():
        try:
            _write(log, unfinished, plan.bundles)
            with storage_errors("Writing the archive"):
                os.replace(unfinished, target)
                fsync_folder(out)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    sums = _sums(log, plan.bundles)
    with storage_errors("Reading the archive"):
        listed = (target / SUMS).read_bytes()
    if listed != sums:
        raise ConflictError("audit.archive-exists", name=name)
    verify_bundles(log, dict.fromkeys(plan.bundles, target))
    return hashlib.sha256(sums).hexdigest()


def archive_digest(log: Path, bundles: Iterable[int]) -> str:
    """Return the digest of the archive that has these bundles of the log in this folder. Raises `StorageError`."""
    return hashlib.sha256(_sums(log, bundles)).hexdigest()


def find_bundles(folders: Sequence[Path]) -> dict[int, Path]:
    """Return which archive under `folders` has which bundle.

    Raises `InputError` for a folder that has none, `StorageError`.
    """
    found: dict[int, Path] = {}
    for folder in folders:
        before = len(found)
        with storage_errors("Looking for archives"):
            for sums in sorted(folder.rglob(SUMS)):
                for path in sums.parent.rglob("*"):
                    key = parse_path(path.relative_to(sums.parent).as_posix())
                    if key is not None and key[0] == ENTRIES and key[2] == WIDTH:
                        found.setdefault(key[1], sums.parent)
        if len(found) == before:
            raise InputError("audit.archive-absent", folder_name=folder.name)
    return found


def verify_bundles(log: Path, archives: dict[int, Path]) -> None:
    """Compare archived bundles with the hashes that the log in this folder keeps of them.

    Raises `AuditLogError` with the first bad entry, `StorageError`.
    """
    for index, archive in sorted(archives.items()):
        first = index * WIDTH
        if not (log / tile_path(0, index)).is_file():
            raise AuditLogError("audit.archive", entry=first, first=first, archive_name=archive.name)
        hashes = read_tile_file(log, 0, index, WIDTH)
        for number, raw in enumerate(split_bundle(read_tile_file(archive, ENTRIES, index, WIDTH), WIDTH, first)):
            if not hmac.compare_digest(leaf_hash(raw), hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]):
                raise AuditLogError(
                    "audit.archive:entry-archive-hash",
                    entry=first + number,
                    first=first + number,
                    archive_name=archive.name,
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
    with storage_errors("Writing the archive"):
        for parent in parents:
            fsync_folder(parent)


def _write_durably(path: Path, data: bytes) -> None:
    with storage_errors("Writing the archive"), open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        # What is read again below has to come from the disk, not from memory.
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _sums(folder: Path, bundles: Iterable[int]) -> bytes:
    """Return the list of these bundles as they are in `folder`."""
    lines = []
    for index in bundles:
        digest = hashlib.sha256(read_tile_file(folder, ENTRIES, index, WIDTH)).hexdigest()
        lines.append(f"{digest}  {tile_path(ENTRIES, index)}\n")
    return "".join(lines).encode()
