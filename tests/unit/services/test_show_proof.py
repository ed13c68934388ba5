"""The proof of an entry holds against the appliance's key alone, and stops holding when a character is changed."""

import base64
import json
from typing import Any

import pytest

from appliance.audit import TreeHead, parse_checkpoint
from appliance.audit.merkle import leaf_hash, verify_inclusion
from appliance.foundation.errors import AuditLogError, AuthorizationError, InputError
from appliance.foundation.json_records import shown
from appliance.services.context import Caller
from appliance.services.record.read_audit import show_proof

AUDITOR = Caller("us_auditor", "auditor")


def _parts(proof: str) -> tuple[bytes, int, list[bytes], bytes]:
    """Read a `tlog-proof` as somebody else would: extra data, index, hashes, checkpoint."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2].startswith("index ")
    return (
        base64.b64decode(lines[1][6:]),
        int(lines[2][6:]),
        [base64.b64decode(each) for each in lines[3:]],
        note.encode(),
    )


@pytest.mark.parametrize("sequence", [0, 1, 7])
def test_the_file_alone_proves_the_entry(world: Any, sequence: int) -> None:
    """With the public key and nothing else of this machine."""
    found = shown(show_proof(world.context, AUDITOR, sequence=sequence))
    entry, index, path, note = _parts(found["file"])
    checkpoint = parse_checkpoint(note)
    checkpoint.verify(world.context.vault.signer.public_key)
    verify_inclusion(leaf_hash(entry), index, TreeHead(found["size"], bytes.fromhex(found["root"])), path)
    assert checkpoint.head == TreeHead(found["size"], bytes.fromhex(found["root"]))
    assert json.loads(entry) == world.entries(sequence)[0]
    with pytest.raises(AuditLogError):
        verify_inclusion(leaf_hash(entry.replace(b"operator", b"0perator", 1)), index, checkpoint.head, path)


def test_an_entry_that_is_not_there_is_said_to_be_so(world: Any) -> None:
    for sequence in (-1, 10**9):
        with pytest.raises(InputError, match="no such entry"):
            show_proof(world.context, AUDITOR, sequence=sequence)


def test_only_who_may_read_the_log_gets_proofs(world: Any) -> None:
    with pytest.raises(AuthorizationError):
        show_proof(world.context, Caller("us_1", "reviewer"), sequence=0)
