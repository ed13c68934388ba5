"""Backups on a disk that others may hold, version 1. Only a recovery key of the home opens one.

    OUT/parts/<2 hex>/<64 hex>      sealed pieces of files; several backups share them
    OUT/manifests/bk_<20 hex>       one a backup, written last and whole: what has none is no backup

A **part** is up to 64 MiB of one file. Its name is HMAC-SHA256 of those bytes under HKDF-SHA256(set key, label
"appliance backup names"): who has no key cannot tell what it is, nor whether it is a file that he has. It is a sealed
file (`stream`) under the set key, kind "backup-part", id of the set, version 1, named as it is. Its plaintext is
`padded`: the length in 8 bytes, big-endian, the bytes, zeros up to a length of Padmé (at most 12 % more; PURBs, Nikitin
et al. 2019, algorithm 1), at least 4 KiB.

A **manifest** is the magic "APLBKUP", the version 0x01, the number of recipients in a byte, for each of them 1168
bytes, then a sealed file. The 1168 bytes are the manifest key, encrypted to a recovery slot's public key (`hybrid`),
info F("appliance backup manifest") F(version) F(id of the backup); the sealed file is under that key, kind
"backup-manifest", id of the backup, version 1, name "manifest". Its plaintext is canonical JSON, padded as above:
`Manifest`. It has every key that the files need: it is as precious as the root key.

The **set key** stays the same from backup to backup, so that what is there already is not written again; after a
recovery slot was removed there is a new one. What a recipient learns from a manifest is that set's parts and that
backup's database, no later one's.

HPKE says nothing of who encrypted: whoever knows a public key can make a backup. He cannot make one of this home: its
log has another key, which a restore prints. This module keeps no keys and reads no clock.
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
    """One file of the home: where it belongs, and the parts that it is made of."""

    path: str = Field(max_length=2000)
    size: int = Field(ge=0, le=2**53 - 1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    parts: list[str] = Field(max_length=2**20)

    @field_validator("path")
    @classmethod
    def _within_the_home(cls, path: str) -> str:
        if not _PATH.fullmatch(path):
            raise ValueError("a path that no backup has")
        return path

    @field_validator("parts")
    @classmethod
    def _names(cls, parts: list[str]) -> list[str]:
        if not all(re.fullmatch(r"[0-9a-f]{64}", part) for part in parts):
            raise ValueError("a name that no part has")
        return parts


class VaultSecrets(Closed):
    """What opens the copied database and what its wrappings lead to; the recovery slots that the restored home
    keeps.
    """

    database: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    audit_hmac: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    signing: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    epoch: int = Field(ge=1, le=2**53 - 1)
    epoch_key: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    slots: list[RecoverySlot] = Field(min_length=1, max_length=MAX_RECIPIENTS)


class Manifest(Closed):
    """What a backup is.

    `log_size` and `log_root` are the head of the log that it holds; times are microseconds since 1970, UTC.
    """

    version: Literal[1] = 1
    id: str = Field(pattern=_BACKUP_ID.pattern)
    created_us: int = Field(ge=0, le=2**53 - 1)
    set_id: str = Field(max_length=64)
    set_key: bytes = Field(min_length=KEY_BYTES, max_length=KEY_BYTES, repr=False)
    log_size: int = Field(ge=1, le=2**53 - 1)
    log_root: str = Field(pattern=r"^[0-9a-f]{64}$")
    secrets: VaultSecrets
    files: list[BackedUpFile] = Field(max_length=MAX_FILES)


def part_name(set_key: bytes, data: bytes) -> str:
    """Return the name under which a part with these bytes lies."""
    return hmac.digest(derive_key(set_key, "appliance backup names"), data, "sha256").hex()


def part_path(folder: Path, name: str) -> Path:
    """Return where the part lies in the backup's folder."""
    return folder / "parts" / name[:2] / name


def part_context(set_id: str, name: str) -> SealContext:
    """Return what a part is sealed as."""
    return SealContext("backup-part", set_id, 1, name)


def padded(data: bytes) -> bytes:
    """Return `data` behind its length, with zeros behind it."""
    length = _LENGTH_BYTES + len(data)
    return len(data).to_bytes(_LENGTH_BYTES, "big") + data + bytes(_padded_length(length) - length)


def unpadded(plaintext: bytes) -> bytes:
    """Return what was padded. Raises `IntegrityError` for what no writer makes."""
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
    """Return the manifest, sealed to each of its recovery slots."""
    key = new_key()
    slots = manifest.secrets.slots
    recipients = b"".join(hybrid.encrypt_to(slot.public_key, key, _info(manifest.id)) for slot in slots)
    body = io.BytesIO()
    with SealedWriter(body, key, _manifest_context(manifest.id)) as writer:
        writer.write(padded(canonical_json.encode(manifest.model_dump(mode="json"))))
    return MAGIC + bytes([VERSION, len(slots)]) + recipients + body.getvalue()


def open_manifest(data: bytes, backup_id: str, seed: bytes) -> Manifest:
    """Return the manifest of the backup with this id.

    Raises `AuthenticationError` for another recovery key, `IntegrityError`.
    """
    if data[: len(MAGIC)] != MAGIC or len(data) < _HEADER_BYTES:
        raise IntegrityError("backup.manifest:backup-manifest-beginning")
    if data[len(MAGIC)] != VERSION:
        raise IntegrityError("backup.version")
    count = data[len(MAGIC) + 1]
    start = _HEADER_BYTES + count * _RECIPIENT_BYTES
    if not 1 <= count <= MAX_RECIPIENTS or len(data) < start:
        raise IntegrityError("backup.manifest:backup-manifest-cut")
    recipients = [data[at : at + _RECIPIENT_BYTES] for at in range(_HEADER_BYTES, start, _RECIPIENT_BYTES)]
    key = _manifest_key(recipients, backup_id, seed)
    text = unpadded(SealedReader(io.BytesIO(data[start:]), key, _manifest_context(backup_id)).read())
    try:
        canonical_json.decode(text)
        manifest = Manifest.model_validate_json(text)
    except (ValidationError, InputError):
        raise IntegrityError("backup.manifest:backup-manifest-backup") from None
    if manifest.id != backup_id:
        raise IntegrityError("backup.manifest:backup-manifest-another")
    return manifest


def _manifest_key(recipients: Sequence[bytes], backup_id: str, seed: bytes) -> bytes:
    for encrypted in recipients:
        try:
            return hybrid.decrypt_with(seed, encrypted, _info(backup_id))
        except IntegrityError:
            continue
    raise AuthenticationError("recovery.wrong:recovery-key-open")


def _info(backup_id: str) -> bytes:
    return associated_data("appliance backup manifest", VERSION, backup_id)


def _manifest_context(backup_id: str) -> SealContext:
    return SealContext("backup-manifest", backup_id, 1, "manifest")
