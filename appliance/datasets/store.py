"""Datasets at rest: one Parquet file for each part, under Parquet Modular Encryption.

Specification: Apache Parquet "Modular Encryption", `AES_GCM_V1` with 256-bit keys and an encrypted footer. A file is
`v<version>/<part>.parquet` in the dataset's folder. The prefix of the additional authenticated data says what the file
is; it is not stored in the file, so that files cannot be swapped:

    b"appliance.dataset" || 0x01 || len(id) || id || version || len(part) || part
    (lengths and version: 4 bytes, big-endian)

Each part has its own random key, so that the test part stays closed while training runs; the vault keeps the keys.
Columns: row, messages (list of role and content), key_fact, kind, group, category; format version 1 under the schema
key `appliance.format`. Plaintext is only in memory, a row group at a time. This module does not know who may read.
`parquet` reads and writes one file; it is imported on use: a server must restrict itself before the first thread.

The reader does not notice a change to the few bytes of such a file that affect no row (the first magic number, the
padding of a length that the page's header repeats). The digest of a version is over every byte of its files.
"""

import contextlib
import hashlib
import heapq
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.datasets.blocks import Block
from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.splits import DEFAULT_SHARES
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors
from appliance.foundation.errors import ConflictError, InputError, NotFoundError
from appliance.foundation.identifiers import verify_id
from appliance.foundation.messages import message

KEY_BYTES = 32


@dataclass(frozen=True)
class DatasetSummary:
    """A written version. `files` are SHA-256 digests of the encrypted files, `digest` is one over them all."""

    dataset_id: str
    version: int
    digest: str
    rows: int
    training_rows: int
    validation_rows: int
    test_rows: int
    files: dict[str, str]


def part_path(folder: Path, version: int, part: str) -> Path:
    """Return the path of a part in the dataset's `folder`. Raises `InputError` for an invalid part or version."""
    if part not in PARTS or version < 1:
        raise InputError("input:dataset-part", parts=", ".join(PARTS))
    return folder / f"v{version}" / f"{part}.parquet"


def write_dataset(
    folder: Path,
    dataset_id: str,
    version: int,
    rows: Iterable[Conversation | Block],
    part_keys: Mapping[str, bytes],
    *,
    seed: int = 0,
    shares: tuple[int, int, int] = DEFAULT_SHARES,
    joined: Mapping[int, int] | None = None,
    placed: Callable[[Any], None] | None = None,
) -> DatasetSummary:
    """Write a version into the dataset's `folder`, whole or not at all; durable on return.

    Reads `rows` once, in bounded memory. `joined` (row to the earlier row whose part it must share) is read after the
    last row; `placed` then gets the part of each row (indices into `PARTS`, in the order in which they arrived). Raises
    `InputError` (from the rows, or with nothing to train on), `ConflictError` when the version exists, `StorageError`.
    """
    _verify_keys(part_keys)
    final = part_path(folder, version, "training").parent
    if final.exists():
        raise ConflictError("conflict:dataset-version")
    from appliance.datasets.parquet import PartWriter  # noqa: PLC0415 - Arrow starts threads when it is imported
    from appliance.datasets.spool import Spool  # noqa: PLC0415 - as above

    make_private_folder(folder)
    temporary = folder / f".v{version}.{secrets.token_hex(4)}.tmp"
    counts: dict[str, int] = {}
    with storage_errors(message("task:write-dataset")):
        try:
            temporary.mkdir(mode=0o700)
            spool = Spool(temporary / "spool", seed)
            spool.fill(rows)
            parts = spool.assign(shares, joined or {})
            if placed:
                placed(parts)
            counts = {part: int((parts == index).sum()) for index, part in enumerate(PARTS)}
            prefixes = {part: _aad_prefix(dataset_id, version, part) for part in PARTS}
            with contextlib.ExitStack() as stack:
                writers = [
                    stack.enter_context(PartWriter(temporary / f"{part}.parquet", part_keys[part], prefixes[part]))
                    for part in PARTS
                ]
                spool.distribute(parts, writers)
            spool.remove()
            files = _file_digests(temporary)
            fsync_folder(temporary)
            os.rename(temporary, final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.rmdir()  # unless another version is in it
            raise
        fsync_folder(folder)
    rows_by_part = {f"{part}_rows": count for part, count in counts.items()}
    return DatasetSummary(dataset_id, version, _digest(files), sum(counts.values()), files=files, **rows_by_part)


def read_part(folder: Path, dataset_id: str, version: int, part: str, key: bytes) -> Iterator[Conversation]:
    """Yield the rows of one part, with one row group in memory.

    Raises `NotFoundError`, and `IntegrityError` when the file is not what was written under this name (changed, cut, or
    of another part, version or dataset), or the key is wrong.
    """
    path = part_path(folder, version, part)
    prefix = _aad_prefix(dataset_id, version, part)
    if not path.is_file():
        raise NotFoundError("not-found:dataset-part", part=part)
    from appliance.datasets.parquet import read_rows  # noqa: PLC0415 - Arrow starts threads when it is imported

    yield from read_rows(path, key, prefix, part)


def read_all(folder: Path, dataset_id: str, version: int, part_keys: Mapping[str, bytes]) -> Iterator[Conversation]:
    """Yield the rows of all parts in the order of their numbers. Raises as `read_part` does."""
    parts = (read_part(folder, dataset_id, version, part, part_keys[part]) for part in PARTS)
    return heapq.merge(*parts, key=lambda conversation: conversation.row)


def _verify_keys(part_keys: Mapping[str, bytes]) -> None:
    # With one key for two parts, access to one would give access to the other.
    if (
        set(part_keys) != set(PARTS)
        or any(len(key) != KEY_BYTES for key in part_keys.values())
        or len(set(part_keys.values())) != len(PARTS)
    ):
        raise InputError("input:dataset-keys", parts=len(PARTS), key_bytes=KEY_BYTES)


def _aad_prefix(dataset_id: str, version: int, part: str) -> bytes:
    verify_id(dataset_id)
    identity, name = dataset_id.encode(), part.encode()
    lengths = [value.to_bytes(4, "big") for value in (len(identity), version, len(name))]
    return b"appliance.dataset\x01" + lengths[0] + identity + lengths[1] + lengths[2] + name


def _file_digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _digest(files: dict[str, str]) -> str:
    return hashlib.sha256(canonical_json.encode(files)).hexdigest()
