"""Key wrapping and key derivation.

Keys are wrapped with AES-256-GCM; a random 96-bit nonce precedes the ciphertext (12 + 32 + 16 = 60 bytes for a 256-bit
key). The associated data binds a wrapped key to its purpose; `associated_data` encodes different lists of fields to
different bytes.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appliance.foundation.errors import IntegrityError
from appliance.vault.memory import KeyBytes

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES


def new_key() -> bytes:
    """Return 256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


def associated_data(*fields: str | int | bytes) -> bytes:
    """Return the fields, each preceded by its length (4 bytes, big-endian); integers as 8 bytes, text as UTF-8."""
    parts = []
    for field in fields:
        data = (
            field.to_bytes(8, "big") if isinstance(field, int) else field.encode() if isinstance(field, str) else field
        )
        parts.append(len(data).to_bytes(4, "big") + data)
    return b"".join(parts)


def wrap_key(wrapping_key: KeyBytes, key: KeyBytes, context: bytes) -> bytes:
    """Return `key` (32 bytes), encrypted under `wrapping_key` and bound to `context`: 60 bytes."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(wrapping_key).encrypt(nonce, key, context)


def unwrap_key(wrapping_key: KeyBytes, wrapped: bytes, context: bytes) -> bytes:
    """Return the key in `wrapped`. Raises `IntegrityError` for another key or context, or changed bytes."""
    if len(wrapped) != WRAPPED_BYTES:
        raise IntegrityError("key.length")
    try:
        return AESGCM(wrapping_key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
    except InvalidTag:
        raise IntegrityError("key.wrapping") from None


def derive_key(key: KeyBytes, label: str, *, salt: bytes | None = None, info: bytes = b"") -> bytes:
    """Return HKDF-SHA256(key, salt, label and `info`): 32 bytes that reveal nothing about `key` (RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt, associated_data(label) + info).derive(key)
