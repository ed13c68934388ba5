"""Proofs from tiles are those of RFC 6962, read few tiles, and are correct in a log of ten million entries."""

import base64
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import AuditLog, Outcome, TreeHead, parse_checkpoint
from appliance.audit.events import encode_entry
from appliance.audit.merkle import leaf_hash, node_hash, root_of, verify_inclusion
from appliance.audit.proofs import inclusion_proof, proof_text
from appliance.audit.tiles import WIDTH
from appliance.foundation.errors import AuditLogError, ConflictError

from . import rfc6962

LEAVES = [leaf_hash(str(number).encode()) for number in range(300)]
TEN_MILLION = 10_000_000


def tiles_of(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    """Return the tiles of a small tree."""
    levels = [leaves]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([root_of(below[at : at + WIDTH]) for at in range(0, len(below) - len(below) % WIDTH, WIDTH)])

    tiles = {}
    for level, hashes in enumerate(levels):
        for index in range(-(-len(hashes) // WIDTH)):
            tiles[(level, index)] = b"".join(hashes[index * WIDTH : (index + 1) * WIDTH])
    return lambda level, index: tiles[(level, index)]


class TallTree:
    """Ten million leaves, all equal except a few. Tiles are computed on demand, and the requested ones are recorded."""

    def __init__(self, size: int, special: set[int]) -> None:
        self.size = size
        self.special = special
        self.requested: set[tuple[int, int]] = set()
        self._equal = [leaf_hash(b"as all others")]
        for _ in range(40):
            self._equal.append(node_hash(self._equal[-1], self._equal[-1]))

    def leaf(self, number: int) -> bytes:
        return leaf_hash(f"entry {number}".encode()) if number in self.special else self._equal[0]

    def subtree(self, height: int, number: int) -> bytes:
        if not any(leaf >> height == number for leaf in self.special):
            return self._equal[height]
        if height == 0:
            return self.leaf(number)
        return node_hash(self.subtree(height - 1, 2 * number), self.subtree(height - 1, 2 * number + 1))

    def root(self) -> bytes:
        """Return the root, by the division of the RFC."""
        return self._root(0, self.size)

    def _root(self, start: int, end: int) -> bytes:
        size = end - start
        if size & (size - 1) == 0:
            return self.subtree(size.bit_length() - 1, start // size)
        middle = start + (1 << (size.bit_length() - 1))
        return node_hash(self._root(start, middle), self._root(middle, end))

    def __call__(self, level: int, index: int) -> bytes:
        self.requested.add((level, index))
        width = min(WIDTH, (self.size >> (8 * level)) - index * WIDTH)
        return b"".join(self.subtree(8 * level, index * WIDTH + at) for at in range(width))


@pytest.mark.slow
def test_every_proof_up_to_300_leaves_is_that_of_the_rfc() -> None:
    """It equals the RFC's definition, and the verifier accepts it."""
    read = tiles_of(LEAVES)
    for size in range(1, 301):
        head = TreeHead(size, root_of(LEAVES[:size]))
        for index in {
            0,
            size // 3,
            size // 2,
            max(0, size - 2),
            size - 1,
            size & -size,
            random.Random(size).randrange(size),
        } - {size}:
            proof = inclusion_proof(read, index, size)
            assert proof == rfc6962.path(LEAVES[:size], index)
            verify_inclusion(LEAVES[index], index, head, proof)


@pytest.mark.slow
def test_among_ten_million_entries_a_proof_reads_a_handful_of_tiles() -> None:
    """At most two tiles of each of the four levels. A proof does not hold for another entry or position."""
    choose = random.Random(6)
    indices = {
        0,
        1,
        255,
        256,
        65_535,
        65_536,
        TEN_MILLION - 1,
        TEN_MILLION // 2,
        *(choose.randrange(TEN_MILLION) for _ in range(20)),
    }
    tree = TallTree(TEN_MILLION, indices)
    head = TreeHead(TEN_MILLION, tree.root())
    for index in sorted(indices):
        tree.requested.clear()
        proof = inclusion_proof(tree, index, TEN_MILLION)
        assert len(tree.requested) <= 8
        assert len(proof) <= 24
        verify_inclusion(tree.leaf(index), index, head, proof)
        with pytest.raises(AuditLogError):
            verify_inclusion(leaf_hash(b"another"), index, head, proof)
        for other in (index + 1, index // 2):
            if other != index:
                with pytest.raises(AuditLogError):
                    verify_inclusion(tree.leaf(index), other, head, proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_missing_entry_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(AuditLogError, match="There is no entry"):
        inclusion_proof(tiles_of(LEAVES), index, size)


def test_a_tile_that_is_too_short_is_named() -> None:
    with pytest.raises(AuditLogError, match="missing") as caught:
        inclusion_proof(lambda level, index: tiles_of(LEAVES)(level, index)[:32], 2, 4)
    assert caught.value.entry == 0


def test_a_log_proves_its_entries_under_its_checkpoint(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Any
) -> None:
    """Full tiles are read from disk, the edge from memory; the text is C2SP's `tlog-proof`."""
    log = AuditLog.open(tmp_path / "log", clock)
    with pytest.raises(ConflictError):
        log.provable()
    fill(log, 520)
    log.attach(signer, heads)
    note, head, read = log.provable()
    checkpoint = parse_checkpoint(note)
    checkpoint.verify(signer.public_key)
    assert checkpoint.head == head == log.head
    fill(log, 3)  # does not change the proofs
    leaves = [leaf_hash(raw) for raw in raws_of(log)]
    for index in (0, 255, 256, 519):
        verify_inclusion(leaves[index], index, head, inclusion_proof(read, index, head.size))
    lines = proof_text(b"entry", 256, inclusion_proof(read, 256, head.size), note).split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(b'entry').decode()}", "index 256"]
    end = lines.index("")
    verify_inclusion(leaves[256], 256, head, [base64.b64decode(line) for line in lines[3:end]])
    assert "\n".join(lines[end + 1 :]).encode() == note


def raws_of(log: AuditLog) -> list[bytes]:
    return [encode_entry(entry) for entry in log.entries() if entry["outcome"] == Outcome.SUCCEEDED]
