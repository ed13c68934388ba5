"""A new signing key is valid if the log contains the old key's signature for it; every key leads to the later ones."""

from pathlib import Path
from typing import Any

import pytest

from appliance.audit import KEY_CHANGE, Actor, AuditLog, ObjectRef, Outcome, TreeHead, parse_checkpoint, verify_log
from appliance.audit.key_chain import KeyChain, change_details
from appliance.audit.merkle import EMPTY_ROOT
from appliance.foundation.errors import AuditLogError, ConflictError, StorageError
from appliance.foundation.messages import verbatim

OPERATOR, VAULT = Actor("operator", "operator"), ObjectRef("vault", "home")


def settle(log: AuditLog) -> None:
    """Write everything out, as for a backup."""
    with log.still():
        pass


@pytest.fixture
def changed(tmp_path: Path, clock: Any, signer: Any, other_signer: Any, parts: Any, heads: Any, fill: Any) -> AuditLog:
    """Return a log with three keys in turn; the third is in force from entry 7 on."""
    log = AuditLog.open(tmp_path / "log", clock)
    log.attach(signer, heads)
    fill(log, 3)
    assert log.changed_key is None
    assert log.change_key(OPERATOR, VAULT, other_signer) == 3
    fill(log, 3)
    assert log.change_key(OPERATOR, VAULT, parts.Signer(3)) == 7
    fill(log, 2)
    settle(log)
    return log


def test_only_keys_of_the_log_verify_it(tmp_path: Path, changed: AuditLog, parts: Any, heads: Any) -> None:
    for seed in (1, 2, 3):
        assert (
            verify_log(tmp_path / "log", public_key=parts.Signer(seed).public_key, remembered=heads.load()).size == 10
        )
    with pytest.raises(AuditLogError, match="not signed with this key"):
        verify_log(tmp_path / "log", public_key=parts.Signer(4).public_key)
    assert changed.changed_key == parts.Signer(3).public_key


def test_a_reopened_log_accepts_only_the_last_key(
    tmp_path: Path, changed: AuditLog, clock: Any, parts: Any, heads: Any, fill: Any
) -> None:
    changed.close()
    log = AuditLog.open(tmp_path / "log", clock)
    for seed in (1, 2, 4):
        with pytest.raises(AuditLogError):
            log.attach(parts.Signer(seed), heads)
    log.attach(parts.Signer(3), heads)
    fill(log, 1)
    settle(log)
    assert verify_log(tmp_path / "log", public_key=parts.Signer(1).public_key).size == 11


def test_a_witness_is_verified_with_the_key_of_its_time(
    tmp_path: Path, changed: AuditLog, parts: Any, signer: Any
) -> None:
    note, _head, _tiles = changed.provable()
    good = parse_checkpoint(note)
    verify_log(tmp_path / "log", public_key=signer.public_key, witnesses=[good])
    from appliance.audit.signed_note import sign_checkpoint

    wrong = parse_checkpoint(sign_checkpoint(good.head, parts.Signer(1)))
    with pytest.raises(AuditLogError, match="not signed with this key"):
        verify_log(tmp_path / "log", public_key=signer.public_key, witnesses=[wrong])
    other = parse_checkpoint(sign_checkpoint(good.head, parts.Signer(3, name="another/log")))
    with pytest.raises(AuditLogError, match="another log"):
        verify_log(tmp_path / "log", public_key=signer.public_key, witnesses=[other])
    later = parse_checkpoint(sign_checkpoint(TreeHead(11, good.head.root), parts.Signer(3)))
    with pytest.raises(AuditLogError, match="end of the audit log is missing") as caught:
        verify_log(tmp_path / "log", public_key=signer.public_key, witnesses=[later])
    assert caught.value.entry == 10


def test_without_a_signer_the_key_cannot_be_changed(tmp_path: Path, clock: Any, signer: Any) -> None:
    log = AuditLog.open(tmp_path / "log", clock)
    with pytest.raises(ConflictError):
        log.change_key(OPERATOR, VAULT, signer)


def test_a_change_is_made_even_if_its_head_cannot_be_saved(
    tmp_path: Path, clock: Any, signer: Any, other_signer: Any, heads: Any, fill: Any
) -> None:
    """Once the entry is durable only the new key is valid, in this process and after the next start."""
    log = AuditLog.open(tmp_path / "log", clock)
    log.attach(signer, heads)
    fill(log, 2)
    heads.refusal = StorageError(verbatim("The disk is full."))
    with pytest.raises(StorageError):
        log.change_key(OPERATOR, VAULT, other_signer)
    assert log.changed_key == other_signer.public_key
    heads.refusal = None
    fill(log, 1)
    settle(log)
    verify_log(tmp_path / "log", public_key=signer.public_key, remembered=heads.load())
    log.close()
    AuditLog.open(tmp_path / "log", clock).attach(other_signer, heads)


@pytest.mark.parametrize(
    "change",
    [
        {"new": "00" * 32},
        {"old": "00" * 32},
        {"size": 4},
        {"root": "00" * 32},
        {"origin": "another/log"},
        {"signature": "00" * 64},
        {"signature": "no hex"},
        {"old": "00"},
        {"old": 7},
    ],
)
def test_a_change_that_the_old_key_did_not_sign_is_refused(
    signer: Any, other_signer: Any, change: dict[str, Any]
) -> None:
    details = {**change_details(signer, other_signer.public_key, TreeHead(0, EMPTY_ROOT)), **change}
    with pytest.raises(AuditLogError, match="is not signed by the previous key") as caught:
        KeyChain().follow({"sequence": 0, "details": details, "outcome": Outcome.SUCCEEDED}, TreeHead(0, EMPTY_ROOT))
    assert (caught.value.entry, caught.value.code) == (0, "audit.key-change")


def test_only_the_key_in_force_can_hand_over(signer: Any, other_signer: Any, parts: Any) -> None:
    """The change must also have succeeded."""
    head = TreeHead(0, EMPTY_ROOT)
    chain = KeyChain()
    entry = {
        "sequence": 0,
        "details": change_details(signer, other_signer.public_key, head),
        "outcome": Outcome.SUCCEEDED,
    }
    for wrong in ({**entry, "outcome": Outcome.FAILED}, {**entry, "details": {}}):
        with pytest.raises(AuditLogError):
            chain.follow(wrong, head)
    chain.follow(entry, head)
    again = {**entry, "details": change_details(signer, parts.Signer(3).public_key, head)}
    with pytest.raises(AuditLogError):
        chain.follow(again, head)
    assert [chain.key_at(size, signer.public_key) for size in (0, 1)] == [signer.public_key, other_signer.public_key]


def test_changes_of_keys_are_entries_of_the_log(changed: AuditLog) -> None:
    entries = [entry for entry in changed.entries() if entry["action"] == KEY_CHANGE]
    assert [entry["sequence"] for entry in entries] == [3, 7]
    assert changed.unfinished() == []
