"""A second reader of sealed files, written from the specification in `appliance/vault/stream.py` alone.

It shares no code with that module.
"""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TAG = 16


def field(value: bytes | str | int) -> bytes:
    """Return F(x): the value, preceded by its length."""
    data = value.to_bytes(8, "big") if isinstance(value, int) else value.encode() if isinstance(value, str) else value
    return len(data).to_bytes(4, "big") + data


def read(sealed: bytes, data_key: bytes, kind: str, object_id: str, object_version: int, name: str) -> bytes:
    """Return the plaintext. Raises `ValueError` (format) or `InvalidTag` (content)."""
    magic, version, chunk_size, salt, body = (
        sealed[:7],
        sealed[7:8],
        int.from_bytes(sealed[8:12], "big"),
        sealed[12:44],
        sealed[44:],
    )
    if magic != b"APLSEAL" or version != b"\x01" or not 65_536 <= chunk_size <= 16_777_216 or len(salt) != 32:
        raise ValueError("header")
    info = b"".join(map(field, ("appliance sealed file", magic, 1, chunk_size, kind, object_id, object_version, name)))
    cipher = AESGCM(HKDF(SHA256(), 32, salt, info).derive(data_key))
    chunks = [body[start : start + chunk_size + TAG] for start in range(0, len(body), chunk_size + TAG)]
    if not chunks or any(len(chunk) < TAG for chunk in chunks):
        raise ValueError("cut")
    plain = [
        cipher.decrypt(index.to_bytes(11, "big") + (b"\x01" if index == len(chunks) - 1 else b"\x00"), chunk, None)
        for index, chunk in enumerate(chunks)
    ]
    if len(plain) > 1 and not plain[-1]:
        raise ValueError("an empty chunk after a full one")
    return b"".join(plain)
