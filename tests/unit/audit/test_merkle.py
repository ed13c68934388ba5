"""The tree is that of RFC 6962, and an inclusion proof proves one leaf at one position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audit.merkle import (
    EMPTY_ROOT,
    CompactRange,
    TreeHead,
    leaf_hash,
    node_hash,
    root_of,
    verify_inclusion,
)
from appliance.foundation.errors import AuditLogError

from . import rfc6962

# the test leaves of Certificate Transparency, and the root of each prefix
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
SIZES = range(65)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(2, "big")) for number in range(count)]


@pytest.mark.parametrize(("size", "root"), ROOTS.items())
def test_golden_roots(size: int, root: str) -> None:
    assert root_of([leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]).hex() == root


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_the_rfc(size: int) -> None:
    assert root_of(leaves(size)) == rfc6962.root(leaves(size))


def test_a_leaf_cannot_pass_for_a_node() -> None:
    left, right = leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)


def test_whole_subtrees_may_be_pushed() -> None:
    tree = CompactRange()
    tree.push(root_of(leaves(7)[:4]), height=2)
    for leaf in leaves(7)[4:]:
        tree.push(leaf)
    assert tree.root() == root_of(leaves(7))


@pytest.mark.parametrize("size", SIZES)
def test_a_proof_holds_for_one_leaf_at_one_position(size: int) -> None:
    hashes = leaves(size)
    head = TreeHead(size, root_of(hashes))
    for index in range(size):
        proof = rfc6962.path(hashes, index)
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
            verify_inclusion(EMPTY_ROOT, outside, head, [])


@given(st.integers(2, 64), st.data())
def test_a_changed_hash_invalidates_a_proof(size: int, data: st.DataObject) -> None:
    """One bit is flipped in an inclusion proof."""
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = rfc6962.path(hashes, index)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = bytearray(proof[at])
    changed[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    proof[at] = bytes(changed)
    with pytest.raises(AuditLogError):
        verify_inclusion(hashes[index], index, TreeHead(size, root_of(hashes)), proof)
