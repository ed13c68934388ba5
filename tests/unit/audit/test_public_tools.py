"""What strangers' software says of our log: pymerkle over the entries, and the C2SP rules recomputed from their
text.
"""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.audit import AuditLog, TreeHead, verifier_key
from appliance.audit.events import encode_entry
from appliance.audit.merkle import verify_consistency
from appliance.audit.proofs import consistency_proof, inclusion_proof, root_over

COUNT = 300


@pytest.fixture
def log(tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Any) -> AuditLog:
    opened = AuditLog.open(tmp_path / "log", clock)
    fill(opened, COUNT - 1)
    opened.attach(signer, heads)
    fill(opened, 1)
    with opened.still():  # Everything is written out: strangers read files, no journal.
        return opened


@pytest.fixture
def tree(log: AuditLog) -> pymerkle.InmemoryTree:
    """Give pymerkle's tree over the same entries."""
    made = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in log.entries():
        made.append_entry(encode_entry(entry))
    return made


def test_pymerkle_has_the_same_root_at_every_size(log: AuditLog, tree: pymerkle.InmemoryTree) -> None:
    _note, head, read = log.provable()
    assert tree.get_root() == head.root
    assert all(tree.get_root(size) == root_over(read, size) for size in range(1, COUNT + 1))


def test_pymerkle_proves_what_we_prove(log: AuditLog, tree: pymerkle.InmemoryTree) -> None:
    """The same paths for entries (its own have the leaf in front); proofs of extension, written otherwise, hold for the
    other's roots.
    """
    _note, head, read = log.provable()
    for index in (0, 1, 255, 256, COUNT - 1):
        proof = tree.prove_inclusion(index + 1, COUNT)
        pymerkle.verify_inclusion(tree.get_leaf(index + 1), head.root, proof)
        assert proof.path[1:] == inclusion_proof(read, index, COUNT)
    for old in (1, 100, 256, 257, 299):
        pymerkle.verify_consistency(root_over(read, old), head.root, tree.prove_consistency(old, COUNT))
        verify_consistency(
            TreeHead(old, tree.get_root(old)),
            TreeHead(COUNT, tree.get_root(COUNT)),
            consistency_proof(read, old, COUNT),
        )


def test_the_checkpoint_is_a_signed_note_by_the_words_of_c2sp(tmp_path: Path, log: AuditLog, signer: Any) -> None:
    """signed-note: text, blank line, `— name base64(id || signature)`; id = SHA-256(name || 0x0A || 0x01 ||
    key)[:4].
    """
    text, signature_line = (tmp_path / "log/checkpoint").read_text(encoding="utf-8").rsplit("\n\n", 1)
    dash, name, blob = signature_line.removesuffix("\n").split(" ")
    data = base64.b64decode(blob)
    origin, size, root = text.split("\n")
    assert (dash, name, origin, int(size)) == ("—", signer.name, signer.name, COUNT)
    assert base64.b64decode(root) == log.head.root
    key_name, key_id, key = verifier_key(signer.name, signer.public_key).split("+", 2)
    raw = base64.b64decode(key)
    assert (key_name, raw[:1]) == (signer.name, b"\x01")
    assert data[:4].hex() == key_id == hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(data[4:], text.encode() + b"\n")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(data[4:], text.encode())


def test_the_tiles_are_those_of_c2sp(tmp_path: Path, log: AuditLog) -> None:
    """tlog-tiles: 256 hashes a tile, entries behind their uint16 lengths, a partial tile with its width."""
    full, rest = (tmp_path / "log/tile/entries/000").read_bytes(), (tmp_path / "log/tile/entries/001.p/44").read_bytes()
    raws = []
    for data in (full, rest):
        at = 0
        while at < len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            raws.append(data[at + 2 : at + 2 + length])
            at += 2 + length
    leaves = [hashlib.sha256(b"\x00" + raw).digest() for raw in raws]
    assert len(raws) == COUNT == log.size
    assert (tmp_path / "log/tile/0/000").read_bytes() == b"".join(leaves[:256])
    assert (tmp_path / "log/tile/0/001.p/44").read_bytes() == b"".join(leaves[256:])
    above = leaves[:256]
    while len(above) > 1:
        above = [hashlib.sha256(b"\x01" + above[at] + above[at + 1]).digest() for at in range(0, len(above), 2)]
    assert (tmp_path / "log/tile/1/000.p/1").read_bytes() == above[0]
