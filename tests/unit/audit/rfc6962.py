"""The definitions of RFC 6962 section 2.1, word for word, on lists of leaf hashes."""

import hashlib


def root(hashes: list[bytes]) -> bytes:
    """Return MTH."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = _split(len(hashes))
    return hashlib.sha256(b"\x01" + root(hashes[:middle]) + root(hashes[middle:])).digest()


def path(hashes: list[bytes], index: int) -> list[bytes]:
    """Return PATH."""
    if len(hashes) == 1:
        return []
    middle = _split(len(hashes))
    if index < middle:
        return [*path(hashes[:middle], index), root(hashes[middle:])]
    return [*path(hashes[middle:], index - middle), root(hashes[:middle])]


def _split(size: int) -> int:
    middle = 1
    while middle * 2 < size:
        middle *= 2
    return middle
