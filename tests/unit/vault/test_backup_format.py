"""A backup's parts and manifests: what they hide, who can open them, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from appliance.foundation.errors import AuthenticationError, IntegrityError
from appliance.vault.backup_format import (
    MAGIC,
    BackedUpFile,
    Manifest,
    VaultSecrets,
    open_manifest,
    padded,
    part_name,
    part_path,
    seal_manifest,
    unpadded,
)
from appliance.vault.slots import recovery_slot

SEED, OTHER = bytes(32), bytes([1]) * 32
ID = "bk_00000000000000000001"
KEY = bytes([2]) * 32


def manifest(**changes: Any) -> Manifest:
    """Return a manifest for two recovery keys."""
    slots = [recovery_slot(seed, "r", 1) for seed in (SEED, OTHER)]
    secrets = VaultSecrets(database=KEY, audit_hmac=KEY, signing=KEY, epoch=3, epoch_key=KEY, slots=slots)
    file = BackedUpFile(path="datasets/ds_1/v1/test.parquet", size=3, sha256="ab" * 32, parts=["cd" * 32])
    values = {"id": ID, "created_us": 5, "set_id": "bs_1", "set_key": KEY, "log_size": 7, "log_root": "ef" * 32}
    return Manifest(**{**values, "secrets": secrets, "files": [file], **changes})


def test_only_its_recovery_keys_open_a_manifest() -> None:
    original = manifest()
    sealed = seal_manifest(original)
    assert open_manifest(sealed, ID, SEED) == open_manifest(sealed, ID, OTHER) == original
    with pytest.raises(AuthenticationError, match="does not open"):
        open_manifest(sealed, ID, bytes([9]) * 32)
    with pytest.raises(AuthenticationError):
        open_manifest(sealed, "bk_00000000000000000002", SEED)
    assert b"parquet" not in sealed


def test_every_byte_of_a_manifest_is_authenticated() -> None:
    """A change anywhere is refused, except in the bytes for another recipient."""
    sealed = seal_manifest(manifest())
    for place in [*range(0, 12), *range(1200, len(sealed), 397), len(sealed) - 1]:
        bad = bytearray(sealed)
        bad[place] ^= 1
        try:
            assert open_manifest(bytes(bad), ID, SEED) == open_manifest(sealed, ID, SEED)
            assert 9 + 1168 <= place < 9 + 2 * 1168
        except (IntegrityError, AuthenticationError):
            pass
    for size in (0, 7, 9, 500, 9 + 2 * 1168, len(sealed) - 1):
        with pytest.raises((IntegrityError, AuthenticationError)):
            open_manifest(sealed[:size], ID, SEED)
    assert sealed.startswith(MAGIC)
    with pytest.raises(IntegrityError, match="version"):
        open_manifest(sealed[:7] + b"\x02" + sealed[8:], ID, SEED)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/x",
        "datasets/../x",
        "datasets/.hidden",
        "keyring.json",
        "appliance.db-wal",
        "audit",
        "staging/x",
        "models//x",
        "a\n",
    ],
)
def test_a_backup_has_no_files_outside_the_expected_folders(path: str) -> None:
    with pytest.raises(ValidationError):
        BackedUpFile(path=path, size=1, sha256="ab" * 32, parts=[])
    with pytest.raises(ValidationError):
        BackedUpFile(path="appliance.db", size=1, sha256="ab" * 32, parts=["../x"])


@given(st.binary(max_size=9000))
def test_padding_hides_lengths_and_is_removed(data: bytes) -> None:
    plaintext = padded(data)
    assert unpadded(plaintext) == data
    assert len(plaintext) >= 4096
    assert len(plaintext) <= max(4096, 1.12 * (len(data) + 8))


def test_invalid_padding_is_refused() -> None:
    plaintext = padded(b"abc")
    for bad in (plaintext[:-1], plaintext + b"\0", plaintext[:-1] + b"\1", b"", b"\xff" * 4096):
        with pytest.raises(IntegrityError):
            unpadded(bad)
    assert len({len(padded(bytes(size))) for size in range(1_000_000, 1_100_000, 100)}) < 10


def test_a_parts_name_depends_on_the_key_and_on_every_byte(tmp_path: Path) -> None:
    names = {part_name(KEY, b"a"), part_name(KEY, b"b"), part_name(SEED, b"a")}
    assert len(names) == 3
    name = part_name(KEY, b"a")
    assert part_path(tmp_path, name) == tmp_path / "parts" / name[:2] / name
