"""Encryption to a hybrid public key."""

import hashlib

import pytest

from appliance.foundation.errors import IntegrityError
from appliance.vault import hybrid

SEED = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")


def test_a_seed_gives_the_public_key_of_the_published_vector() -> None:
    """draft-connolly-cfrg-xwing-kem, appendix C, first vector (its beginning)."""
    prefix = (
        "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5"
        "b19cfc3da5fa1a92c49f25513e0fd30d6b1611c9ab9635d7086727a4b7d21d34"
    )
    assert hybrid.public_key(SEED).hex().startswith(prefix)
    assert len(hybrid.public_key(SEED)) == hybrid.PUBLIC_KEY_BYTES


def test_only_the_seed_decrypts_and_ciphertexts_never_repeat() -> None:
    """Another seed, other `info`, or a changed byte is refused."""
    public = hybrid.public_key(SEED)
    first, second = hybrid.encrypt_to(public, b"root key", b"slot"), hybrid.encrypt_to(public, b"root key", b"slot")
    assert first != second
    assert len(first) == len(b"root key") + hybrid.OVERHEAD_BYTES
    assert hybrid.decrypt_with(SEED, first, b"slot") == b"root key"
    for seed, encrypted, info in (
        (hashlib.sha256(SEED).digest(), first, b"slot"),
        (SEED, first, b"slit"),
        (SEED, first[:-1], b"slot"),
        (SEED, b"", b"slot"),
        (SEED, bytes([first[0] ^ 1]) + first[1:], b"slot"),
        (SEED, first[:-1] + bytes([first[-1] ^ 1]), b"slot"),
    ):
        with pytest.raises(IntegrityError, match="private key"):
            hybrid.decrypt_with(seed, encrypted, info)


@pytest.mark.parametrize(
    "public", [b"", bytes(hybrid.PUBLIC_KEY_BYTES - 1), b"\xff" * hybrid.PUBLIC_KEY_BYTES], ids=len
)
def test_an_invalid_public_key_is_refused(public: bytes) -> None:
    with pytest.raises(IntegrityError, match="damaged"):
        hybrid.encrypt_to(public, b"", b"")


def test_a_public_key_without_its_classical_half_is_refused() -> None:
    """With X25519's point of order one, the shared secret would be public."""
    with pytest.raises(IntegrityError, match="damaged"):
        hybrid.encrypt_to(hybrid.public_key(SEED)[:-32] + bytes(32), b"", b"")
