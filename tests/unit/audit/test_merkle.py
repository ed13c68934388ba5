"""The tree is the RFC's tree, and its proofs prove what they say and nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audit.merkle import (
    EMPTY_ROOT,
    CompactRange,
    TreeHead,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from appliance.foundation.errors import AuditLogError

# Certificate Transparency's own test leaves, and the root of each prefix.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
SIZES = range(65)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(2, "big")) for number in range(count)]


def defined_root(hashes: list[bytes]) -> bytes:
    """MTH as RFC 6962 section 2.1 defines it, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = 1
    while middle * 2 < len(hashes):
        middle *= 2
    return hashlib.sha256(b"\x01" + defined_root(hashes[:middle]) + defined_root(hashes[middle:])).digest()


@pytest.mark.parametrize(("size", "root"), ROOTS.items())
def test_golden_roots(size: int, root: str) -> None:
    assert root_of([leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]).hex() == root


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_the_one_that_the_rfc_defines(size: int) -> None:
    assert root_of(leaves(size)) == defined_root(leaves(size))


def test_a_leaf_cannot_be_taken_for_a_node() -> None:
    left, right = leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)


def test_subtrees_may_be_pushed_whole() -> None:
    tree = CompactRange()
    tree.push(root_of(leaves(7)[:4]), height=2)
    for leaf in leaves(7)[4:]:
        tree.push(leaf)
    assert tree.root() == root_of(leaves(7))


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_has_a_proof_that_holds_for_it_alone(size: int) -> None:
    hashes = leaves(size)
    head = TreeHead(size, root_of(hashes))
    for index in range(size):
        proof = inclusion_proof(hashes, index)
        verify_inclusion(hashes[index], index, head, proof)
        for wrong_index in range(size):
            if wrong_index != index:
                with pytest.raises(AuditLogError):
                    verify_inclusion(hashes[index], wrong_index, head, proof)
        for wrong in (proof[:-1], [*proof, EMPTY_ROOT], [EMPTY_ROOT, *proof]):
            if wrong != proof:
                with pytest.raises(AuditLogError):
                    verify_inclusion(hashes[index], index, head, wrong)
        with pytest.raises(AuditLogError):
            verify_inclusion(EMPTY_ROOT, index, head, proof)
    for outside in (-1, size):
        with pytest.raises(AuditLogError):
            inclusion_proof(hashes, outside)
        with pytest.raises(AuditLogError):
            verify_inclusion(EMPTY_ROOT, outside, head, [])


@pytest.mark.parametrize("size", SIZES)
def test_every_tree_proves_every_earlier_one_and_no_other(size: int) -> None:
    hashes = leaves(size)
    new = TreeHead(size, root_of(hashes))
    for old_size in range(size + 1):
        old = TreeHead(old_size, root_of(hashes[:old_size]))
        proof = consistency_proof(hashes, old_size)
        verify_consistency(old, new, proof)
        wrongs: list[tuple[TreeHead, TreeHead, list[bytes]]] = [
            (TreeHead(old_size, leaf_hash(b"other")), new, proof),
            (old, new, [*proof, EMPTY_ROOT]),
        ]
        if 0 < old_size < size:
            wrongs += [(old, new, proof[:-1]), (old, new, []), (old, TreeHead(size, leaf_hash(b"other")), proof)]
        for wrong in wrongs:
            with pytest.raises(AuditLogError):
                verify_consistency(*wrong)
    with pytest.raises(AuditLogError):
        consistency_proof(hashes, size + 1)
    with pytest.raises(AuditLogError):
        verify_consistency(TreeHead(size + 1, new.root), new, [])


@given(st.integers(2, 64), st.data())
def test_a_changed_hash_in_a_proof_breaks_it(size: int, data: st.DataObject) -> None:
    """A consistency proof with one bit flipped shows nothing."""
    hashes = leaves(size)
    old_size = data.draw(st.integers(1, size - 1))
    proof = consistency_proof(hashes, old_size)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = bytearray(proof[at])
    changed[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    proof[at] = bytes(changed)
    with pytest.raises(AuditLogError):
        verify_consistency(TreeHead(old_size, root_of(hashes[:old_size])), TreeHead(size, root_of(hashes)), proof)
