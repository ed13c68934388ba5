"""Public-key encryption that also resists quantum computers: HPKE (RFC 9180) with ML-KEM-768 and X25519.

Suite: `MLKEM768-X25519` (draft-ietf-hpke-pq), HKDF-SHA256, AES-256-GCM. The private key is one 32-byte seed, which
SHAKE256 expands to two seeds, 64 bytes for ML-KEM and 32 for X25519, as in X-Wing (draft-connolly-cfrg-xwing-kem,
section 5.2). A public key is 1184 bytes for ML-KEM and 32 for X25519. Encrypted data is 1120 bytes of encapsulation,
followed by the ciphertext with its 16-byte tag.
"""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey, Suite

from appliance.foundation.errors import IntegrityError
from appliance.vault.memory import KeyBytes

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 1184 + 32
OVERHEAD_BYTES = 1120 + 16
_MLKEM_SEED_BYTES = 64
_MLKEM_PUBLIC_BYTES = 1184
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def public_key(seed: bytes) -> bytes:
    """Return the public key of a 32-byte seed: 1216 bytes."""
    mlkem, x25519 = _pair(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def encrypt_to(recipient: bytes, data: KeyBytes, info: bytes) -> bytes:
    """Return `data`, encrypted to a public key and bound to `info`. Raises `IntegrityError` for an invalid key."""
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(recipient[:_MLKEM_PUBLIC_BYTES])
        x25519 = X25519PublicKey.from_public_bytes(recipient[_MLKEM_PUBLIC_BYTES:])
        return _SUITE.encrypt(data, MLKEM768X25519PublicKey(mlkem, x25519), info)
    except ValueError:
        raise IntegrityError("key.public") from None


def decrypt_with(seed: bytes, encrypted: bytes, info: bytes) -> bytes:
    """Decrypt what was encrypted to the seed's public key. Raises `IntegrityError` for another key, `info` or bytes."""
    try:
        return _SUITE.decrypt(encrypted, MLKEM768X25519PrivateKey(*_pair(seed)), info)
    except (InvalidTag, ValueError):
        raise IntegrityError("key.private") from None


def _pair(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_BYTES + SEED_BYTES)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
    return mlkem, X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])
