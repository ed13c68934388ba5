"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 sections 2.1.1 to 2.1.4): hashes, roots, inclusion and consistency
proofs.

Pure functions of leaf hashes; nothing here reads a disk. SHA-256; a leaf is hashed after 0x00, a node after 0x01, so
that neither can be taken for the other. `CompactRange` keeps the roots of the perfect subtrees on the right edge: an
append costs O(log n).
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
    """What one has to remember of a log to notice later that it was cut or rewritten: its size in entries and its root
    (32 bytes).
    """

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
        """Return a range that grows on its own."""
        other = CompactRange()
        other._edge = list(self._edge)
        return other

    def push(self, subtree: bytes, height: int = 0) -> None:
        """Append a perfect subtree of 2^`height` leaves by its hash; the tree so far must end on a multiple of that."""
        while self._edge and self._edge[-1][0] == height:
            subtree = node_hash(self._edge.pop()[1], subtree)
            height += 1
        self._edge.append((height, subtree))

    def root(self) -> bytes:
        """Return the root over all that was pushed."""
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
    """Return the largest power of two below `size` (> 1): where the RFC divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return PATH(index, leaves), leaf side first. Raises `AuditLogError` when there is no such leaf."""
    if not 0 <= index < len(leaf_hashes):
        raise AuditLogError("audit.proof", entry=index, index=index, leaf_hashes=len(leaf_hashes))
    if len(leaf_hashes) == 1:
        return []
    middle = split_at(len(leaf_hashes))
    left, right = leaf_hashes[:middle], leaf_hashes[middle:]
    if index < middle:
        return [*inclusion_proof(left, index), root_of(right)]
    return [*inclusion_proof(right, index - middle), root_of(left)]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return PROOF(old_size, leaves): that the first `old_size` leaves have not changed. Empty for sizes 0 and all."""
    if not 0 <= old_size <= len(leaf_hashes):
        raise AuditLogError("audit.proof:tree-extend", leaf_hashes=len(leaf_hashes), old_size=old_size)
    return [] if old_size == 0 else _subproof(leaf_hashes, old_size, whole=True)


def _subproof(leaf_hashes: Sequence[bytes], old_size: int, *, whole: bool) -> list[bytes]:
    """Return SUBPROOF of RFC 6962 section 2.1.2; `whole` means that the verifier knows this subtree's hash already."""
    if old_size == len(leaf_hashes):
        return [] if whole else [root_of(leaf_hashes)]
    middle = split_at(len(leaf_hashes))
    left, right = leaf_hashes[:middle], leaf_hashes[middle:]
    if old_size <= middle:
        return [*_subproof(left, old_size, whole=whole), root_of(right)]
    return [*_subproof(right, old_size - middle, whole=False), root_of(left)]


def verify_inclusion(leaf: bytes, index: int, head: TreeHead, proof: Sequence[bytes]) -> None:
    """Raise `AuditLogError` unless `proof` leads from `leaf` (a leaf hash) at `index` to `head` (RFC 9162 section
    2.1.3.2).
    """
    if not 0 <= index < head.size:
        raise AuditLogError("audit.proof:entry-tree", entry=index, index=index, head_size=head.size)
    position, last, root, complete = index, head.size - 1, leaf, True
    for sibling in proof:
        if last == 0:
            complete = False  # The proof goes on past the root.
            break
        if position & 1 or position == last:
            root = node_hash(sibling, root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        position, last = position >> 1, last >> 1
    if not complete or last != 0 or not hmac.compare_digest(root, head.root):
        raise AuditLogError("audit.proof:proof-show-entry", entry=index, index=index)


def verify_consistency(old: TreeHead, new: TreeHead, proof: Sequence[bytes]) -> None:
    """Raise `AuditLogError` unless `proof` shows that `new` extends `old` (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old.size <= new.size:
        raise AuditLogError("audit.proof:tree-extend-2", new_size=new.size, old_size=old.size)
    if old.size in (0, new.size):
        expected = EMPTY_ROOT if old.size == 0 else new.root
        if proof or not hmac.compare_digest(old.root, expected):
            raise AuditLogError("audit.proof:log-entries-extend", new_size=new.size, old_size=old.size)
        return
    # A power of two is a perfect subtree: its root is the old root, which the proof then leaves out.
    path = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    position, last, complete = old.size - 1, new.size - 1, bool(path)
    while position & 1:
        position, last = position >> 1, last >> 1
    old_root = new_root = path[0] if path else b""
    for sibling in path[1:]:
        if last == 0:
            complete = False
            break
        if position & 1 or position == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        position, last = position >> 1, last >> 1
    if not (
        complete and last == 0 and hmac.compare_digest(old_root, old.root) and hmac.compare_digest(new_root, new.root)
    ):
        raise AuditLogError("audit.proof:log-entries-extend", new_size=new.size, old_size=old.size)
