"""Format of backups, version 1. Only a recovery key of the home can decrypt one.

    OUT/parts/<2 hex>/<64 hex>      encrypted pieces of files, shared by several backups
    OUT/manifests/bk_<20 hex>       one for each backup, written last and atomically: without it there is no backup

A **part** is up to 64 MiB of one file. Its name is HMAC-SHA256 of those bytes under HKDF-SHA256(set key, label
"appliance backup names"), so that without the key nobody can tell what it contains or compare it with a known file. It
is a sealed file (`stream`) under the set key: kind "backup-part", id of the set, version 1, its own name. Its plaintext
is `padded`: the length in 8 bytes, big-endian, the data, and zeros up to a Padmé length (at most 12 % more; PURBs,
Nikitin et al. 2019, algorithm 1), at least 4 KiB.

A **manifest** is the magic "APLBKUP", the version 0x01, the number of recipients in one byte, 1168 bytes for each
recipient, then a sealed file. The 1168 bytes are the manifest key, encrypted to a recovery slot's public key
(`hybrid`), info F("appliance backup manifest") F(version) F(id of the backup). The sealed file is under the manifest
key: kind "backup-manifest", id of the backup, version 1, name "manifest". Its plaintext is a `Manifest` in canonical
JSON, padded as above. It contains every key that the files need, so it needs the same protection as the root key.

The **set key** is shared by successive backups, so that existing parts need not be written again. Removing a recovery
slot starts a new set. A recipient of a manifest can read the parts of that set and the database of that backup, but no
later set or database.

HPKE does not authenticate the sender: whoever knows a public key can make a backup, but not one of this home, because
its log is signed with another key, which a restore prints. This module keeps no keys and reads no clock.
"""

import hmac
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from appliance.foundation import canonical_json
from appliance.foundation.errors import AuthenticationError, InputError, IntegrityError
from appliance.vault import hybrid
from appliance.vault.keys import KEY_BYTES, associated_data, derive_key, new_key
from appliance.vault.slots import Closed, RecoverySlot
from appliance.vault.stream import SealContext, SealedReader, SealedWriter

MAGIC = b"APLBKUP"
VERSION = 1
PART_BYTES = 64 * 1024 * 1024
MIN_PADDED_BYTES = 4096
MAX_FILES = 1_000_000
MAX_RECIPIENTS = 16
MAX_MANIFEST_BYTES = 512 * 1024 * 1024
_LENGTH_BYTES = 8
_RECIPIENT_BYTES = KEY_BYTES + hybrid.OVERHEAD_BYTES
_HEADER_BYTES = len(MAGIC) + 2
_PATH = re.compile(
    r"appliance\.db|(audit|datasets|models|adapters|jobs|policies)(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}){1,8}"
)
_BACKUP_ID = re.compile(r"bk_[0-9a-f]{20}")


class BackedUpFile(Closed):
    """One file of the home: its path and its parts."""

    path: str = Field(max_length=2000)
    size: int = Field(ge=0, le=2**53 - 1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    parts: list[str] = Field(max_length=2**20)

    @field_validator("path")
    @classmethod
    def _within_the_home(cls, path: str) -> str:
        if not _PATH.fullmatch(path):
            raise ValueError("not a path of a backup")
        return path

    @field_validator("parts")
    @classmethod
    def _names(cls, parts: list[str]) -> list[str]:
        if not all(re.fullmatch(r"[0-9a-f]{64}", part) for part in parts):
            raise ValueError("not a name of a part")
        return parts


class VaultSecrets(Closed):
    """The keys of the copied database and of the data keys in it, and the recovery slots of the restored home."""

    database: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    audit_hmac: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    signing: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    epoch: int = Field(ge=1, le=2**53 - 1)
    epoch_key: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    slots: list[RecoverySlot] = Field(min_length=1, max_length=MAX_RECIPIENTS)


class Manifest(Closed):
    """The content of a backup. `log_size` and `log_root` are the head of the log in it; times are UTC."""

    version: Literal[1] = 1
    id: str = Field(pattern=_BACKUP_ID.pattern)
    created_us: int = Field(ge=0, le=2**53 - 1)  # microseconds since 1970
    set_id: str = Field(max_length=64)
    set_key: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    log_size: int = Field(ge=1, le=2**53 - 1)
    log_root: str = Field(pattern=r"^[0-9a-f]{64}$")
    secrets: VaultSecrets
    files: list[BackedUpFile] = Field(max_length=MAX_FILES)


def part_name(set_key: bytes, data: bytes) -> str:
    """Return the file name of the part with this data."""
    return hmac.digest(derive_key(set_key, "appliance backup names"), data, "sha256").hex()


def part_path(folder: Path, name: str) -> Path:
    """Return the path of a part in the backup's folder."""
    return folder / "parts" / name[:2] / name


def part_context(set_id: str, name: str) -> SealContext:
    """Return the context of a sealed part."""
    return SealContext("backup-part", set_id, 1, name)


def padded(data: bytes) -> bytes:
    """Return the length of `data`, `data`, and zeros."""
    length = _LENGTH_BYTES + len(data)
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data + bytes(_padded_length(length) - length)


def unpadded(plaintext: bytes) -> bytes:
    """Remove the padding. Raises `IntegrityError` if it is invalid."""
    size = int.from_bytes(plaintext[:_LENGTH_BYTES], "big")
    data = plaintext[_LENGTH_BYTES : _LENGTH_BYTES + size]
    if len(data) != size or padded(data) != plaintext:
        raise IntegrityError("backup.padding")
    return data


def _padded_length(length: int) -> int:
    if length <= MIN_PADDED_BYTES:
        return MIN_PADDED_BYTES
    exponent = length.bit_length() - 1
    free = exponent - exponent.bit_length()
    mask = (1 << free) - 1
    return (length + mask) & ~mask


def seal_manifest(manifest: Manifest) -> bytes:
    """Return the manifest, encrypted to each of its recovery slots."""
    key = new_key()
    slots = manifest.secrets.slots
    recipients = b"".join(hybrid.encrypt_to(slot.public_key, key, _info(manifest.id)) for slot in slots)
    body = io.BytesIO()
    with SealedWriter(body, key, _manifest_context(manifest.id)) as writer:
        writer.write(padded(canonical_json.encode(manifest.model_dump(mode="json"))))
    return MAGIC + bytes([VERSION, len(slots)]) + recipients + body.getvalue()


def open_manifest(data: bytes, backup_id: str, seed: bytes) -> Manifest:
    """Return the manifest of a backup. Raises `AuthenticationError` for another recovery key, `IntegrityError`."""
    if data[: len(MAGIC)] != MAGIC or len(data) < _HEADER_BYTES:
        raise IntegrityError("backup.manifest:header")
    if data[len(MAGIC)] != VERSION:
        raise IntegrityError("backup.version")
    count = data[len(MAGIC) + 1]
    start = _HEADER_BYTES + count * _RECIPIENT_BYTES
    if not 1 <= count <= MAX_RECIPIENTS or len(data) < start:
        raise IntegrityError("backup.manifest:incomplete")
    recipients = [data[at : at + _RECIPIENT_BYTES] for at in range(_HEADER_BYTES, start, _RECIPIENT_BYTES)]
    key = _manifest_key(recipients, backup_id, seed)
    text = unpadded(SealedReader(io.BytesIO(data[start:]), key, _manifest_context(backup_id)).read())
    try:
        canonical_json.decode(text)
        manifest = Manifest.model_validate_json(text)
    except (ValidationError, InputError):
        raise IntegrityError("backup.manifest:content") from None
    if manifest.id != backup_id:
        raise IntegrityError("backup.manifest:other-backup")
    return manifest


def _manifest_key(recipients: Sequence[bytes], backup_id: str, seed: bytes) -> bytes:
    for encrypted in recipients:
        try:
            return hybrid.decrypt_with(seed, encrypted, _info(backup_id))
        except IntegrityError:
            continue
    raise AuthenticationError("recovery.wrong:backup")


def _info(backup_id: str) -> bytes:
    return associated_data("appliance backup manifest", VERSION, backup_id)


def _manifest_context(backup_id: str) -> SealContext:
    return SealContext("backup-manifest", backup_id, 1, "manifest")
