"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 sections 2.1.1 to 2.1.3): hashes, roots, and verified inclusion.

Pure functions of leaf hashes, without file access. The hash is SHA-256; leaves are prefixed with 0x00 and nodes with
0x01, so that neither can pass for the other. `CompactRange` keeps the roots of the perfect subtrees on the right edge,
so an append costs O(log n).
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.foundation.errors import AuditLogError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass(frozen=True)
class TreeHead:
    """The size of a log in entries and its root (32 bytes), enough to notice later that it was cut or rewritten."""

    size: int
    root: bytes


def leaf_hash(entry: bytes) -> bytes:
    """Return SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The right edge of a growing tree: one hash for each perfect subtree, the largest first."""

    def __init__(self) -> None:
        self._edge: list[tuple[int, bytes]] = []

    def copy(self) -> "CompactRange":
        """Return an independent copy."""
        other = CompactRange()
        other._edge = list(self._edge)
        return other

    def push(self, subtree: bytes, height: int = 0) -> None:
        """Append the hash of a perfect subtree of 2^`height` leaves. The size so far must be a multiple of that."""
        while self._edge and self._edge[-1][0] == height:
            subtree = node_hash(self._edge.pop()[1], subtree)
            height += 1
        self._edge.append((height, subtree))

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return MTH over leaf hashes (RFC 6962 section 2.1)."""
    tree = CompactRange()
    for leaf in leaf_hashes:
        tree.push(leaf)
    return tree.root()


def split_at(size: int) -> int:
    """Return the largest power of two below `size` (> 1), where the RFC divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, head: TreeHead, proof: Sequence[bytes]) -> None:
    """Raise `AuditLogError` unless `proof` leads from the leaf hash at `index` to `head` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < head.size:
        raise AuditLogError("audit.proof:no-entry", entry=index, index=index, size=head.size)
    position, last, root, complete = index, head.size - 1, leaf, True
    for sibling in proof:
        if last == 0:
            complete = False  # The proof continues beyond the root.
            break
        if position & 1 or position == last:
            root = node_hash(sibling, root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        position, last = position >> 1, last >> 1
    if not complete or last != 0 or not hmac.compare_digest(root, head.root):
        raise AuditLogError("audit.proof:not-in-log", entry=index, index=index)
