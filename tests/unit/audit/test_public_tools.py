"""Independent software agrees with the log: pymerkle for the tree, and the C2SP formats parsed from their text."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from appliance.audit import AuditLog, verifier_key
from appliance.audit.events import encode_entry
from appliance.audit.merkle import leaf_hash, root_of
from appliance.audit.proofs import inclusion_proof

COUNT = 300


@pytest.fixture
def log(tmp_path: Path, clock: Any, signer: Any, heads: Any, fill: Any) -> AuditLog:
    opened = AuditLog.open(tmp_path / "log", clock)
    fill(opened, COUNT - 1)
    opened.attach(signer, heads)
    fill(opened, 1)
    with opened.still():  # which writes the journal out: other tools read only files
        return opened


@pytest.fixture
def tree(log: AuditLog) -> pymerkle.InmemoryTree:
    """Return pymerkle's tree of the same entries."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in log.entries():
        tree.append_entry(encode_entry(entry))
    return tree


def test_pymerkle_has_the_same_root_at_every_size(log: AuditLog, tree: pymerkle.InmemoryTree) -> None:
    assert tree.get_root() == log.head.root
    leaves = [leaf_hash(raw) for raw in log.raw_entries()]
    assert all(tree.get_root(size) == root_of(leaves[:size]) for size in range(1, COUNT + 1))


def test_pymerkle_has_the_same_proofs(log: AuditLog, tree: pymerkle.InmemoryTree) -> None:
    """Its paths have the leaf in front."""
    _note, head, read = log.provable()
    for index in (0, 1, 255, 256, COUNT - 1):
        proof = tree.prove_inclusion(index + 1, COUNT)
        pymerkle.verify_inclusion(tree.get_leaf(index + 1), head.root, proof)
        assert proof.path[1:] == inclusion_proof(read, index, COUNT)


def test_the_checkpoint_is_a_c2sp_signed_note(tmp_path: Path, log: AuditLog, signer: Any) -> None:
    """Text, blank line, `— name base64(id || signature)`; id = SHA-256(name || 0x0A || 0x01 || key)[:4]."""
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


def test_the_tiles_are_c2sp_tlog_tiles(tmp_path: Path, log: AuditLog) -> None:
    """256 hashes in a tile, entries preceded by uint16 lengths, partial tiles with their widths."""
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
