"""Proofs from tiles are those of the RFC, read few tiles, and stay right in a log of ten million."""

import base64
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import AuditLog, Outcome, TreeHead, parse_checkpoint
from appliance.audit.merkle import (
    consistency_proof as plain_consistency,
)
from appliance.audit.merkle import (
    inclusion_proof as plain_inclusion,
)
from appliance.audit.merkle import leaf_hash, node_hash, root_of, verify_consistency, verify_inclusion
from appliance.audit.proofs import consistency_proof, inclusion_proof, proof_text, root_over
from appliance.audit.tiles import WIDTH
from appliance.foundation.errors import AuditLogError, ConflictError

LEAVES = [leaf_hash(str(number).encode()) for number in range(300)]
TEN_MILLION = 10_000_000


def tiles_of(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    """Give the tiles of a small tree."""
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
    """Ten million leaves, all alike but a few; a tile is computed when it is asked for, and the asking is counted."""

    def __init__(self, size: int, special: set[int]) -> None:
        self.size = size
        self.special = special
        self.asked: set[tuple[int, int]] = set()
        self._alike = [leaf_hash(b"as all others")]
        for _ in range(40):
            self._alike.append(node_hash(self._alike[-1], self._alike[-1]))

    def leaf(self, number: int) -> bytes:
        return leaf_hash(f"entry {number}".encode()) if number in self.special else self._alike[0]

    def subtree(self, height: int, number: int) -> bytes:
        if not any(each >> height == number for each in self.special):
            return self._alike[height]
        if height == 0:
            return self.leaf(number)
        return node_hash(self.subtree(height - 1, 2 * number), self.subtree(height - 1, 2 * number + 1))

    def __call__(self, level: int, index: int) -> bytes:
        self.asked.add((level, index))
        width = min(WIDTH, (self.size >> (8 * level)) - index * WIDTH)
        return b"".join(self.subtree(8 * level, index * WIDTH + at) for at in range(width))


def test_every_proof_of_every_size_to_300_is_that_of_the_rfc() -> None:
    """Compared with the definition, which divides lists of leaves; and the verifiers accept them."""
    read = tiles_of(LEAVES)
    for size in range(1, 301):
        head = TreeHead(size, root_of(LEAVES[:size]))
        assert root_over(read, size) == head.root
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
            assert proof == plain_inclusion(LEAVES[:size], index)
            verify_inclusion(LEAVES[index], index, head, proof)


def test_every_pair_of_sizes_to_300_is_consistent() -> None:
    """All 45,451 proofs hold; every sixteenth size's, and a few of each other one's, are compared with the definition,
    which is slow.
    """
    read = tiles_of(LEAVES)
    heads = [TreeHead(size, root_of(LEAVES[:size])) for size in range(301)]
    for new in range(301):
        compared = set(range(new + 1)) if new % 16 == 0 or new > 298 else {0, 1, new // 2, new - 1, new}
        for old in range(new + 1):
            proof = consistency_proof(read, old, new)
            verify_consistency(heads[old], heads[new], proof)
            if old in compared:
                assert proof == plain_consistency(LEAVES[:new], old)


def test_among_ten_million_a_proof_reads_a_handful_of_tiles() -> None:
    """At most two tiles of each of the four levels; what is proved of one entry does not hold of another, nor of
    another log.
    """
    choose = random.Random(6)
    places = {
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
    tree = TallTree(TEN_MILLION, places)
    head = TreeHead(TEN_MILLION, root_over(tree, TEN_MILLION))
    for index in sorted(places):
        tree.asked.clear()
        proof = inclusion_proof(tree, index, TEN_MILLION)
        assert len(tree.asked) <= 8
        assert len(proof) <= 24
        verify_inclusion(tree.leaf(index), index, head, proof)
        with pytest.raises(AuditLogError):
            verify_inclusion(leaf_hash(b"another"), index, head, proof)
        for other in (index + 1, index // 2):
            if other != index:
                with pytest.raises(AuditLogError):
                    verify_inclusion(tree.leaf(index), other, head, proof)
    for old in (1, 255, 256, 65_536, 1 << 23, 9_999_999, *(choose.randrange(1, TEN_MILLION) for _ in range(20))):
        tree.asked.clear()
        proof = consistency_proof(tree, old, TEN_MILLION)
        assert len(tree.asked) <= 8
        assert len(proof) <= 25
        before = TreeHead(old, root_over(tree, old))
        verify_consistency(before, head, proof)
        with pytest.raises(AuditLogError):
            verify_consistency(TreeHead(old, leaf_hash(b"x")), head, proof)


def test_a_log_that_was_rewritten_is_not_consistent() -> None:
    old = TallTree(TEN_MILLION - 5, {123_456})
    new = TallTree(TEN_MILLION, {123_457})
    with pytest.raises(AuditLogError):
        verify_consistency(
            TreeHead(old.size, root_over(old, old.size)),
            TreeHead(new.size, root_over(new, new.size)),
            consistency_proof(new, old.size, new.size),
        )


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(AuditLogError, match="There is no entry"):
        inclusion_proof(tiles_of(LEAVES), index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_no_log_extends_a_longer_one(old: int, new: int) -> None:
    with pytest.raises(AuditLogError, match="does not extend"):
        consistency_proof(tiles_of(LEAVES), old, new)


def test_a_tile_that_is_too_short_is_named() -> None:
    with pytest.raises(AuditLogError, match="missing") as caught:
        root_over(lambda level, index: tiles_of(LEAVES)(level, index)[:32], 4)
    assert caught.value.entry == 0


def test_a_log_proves_its_entries_under_its_checkpoint(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Any
) -> None:
    """Full tiles come from the disk, the edge from memory; the text is C2SP's `tlog-proof`."""
    log = AuditLog.open(tmp_path / "log", clock)
    with pytest.raises(ConflictError):
        log.provable()
    fill(log, 520)
    log.attach(signer, heads)
    note, head, read = log.provable()
    checkpoint = parse_checkpoint(note)
    checkpoint.verify(signer.public_key)
    assert checkpoint.head == head == log.head
    fill(log, 3)  # Does not change what was given.
    leaves = [leaf_hash(raw) for raw in raws_of(log)]
    for index in (0, 255, 256, 519):
        verify_inclusion(leaves[index], index, head, inclusion_proof(read, index, head.size))
    lines = proof_text(b"entry", 256, inclusion_proof(read, 256, head.size), note).split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(b'entry').decode()}", "index 256"]
    end = lines.index("")
    verify_inclusion(leaves[256], 256, head, [base64.b64decode(line) for line in lines[3:end]])
    assert "\n".join(lines[end + 1 :]).encode() == note


def raws_of(log: AuditLog) -> list[bytes]:
    from appliance.audit.events import encode_entry

    return [encode_entry(entry) for entry in log.entries() if entry["outcome"] == Outcome.SUCCEEDED]
