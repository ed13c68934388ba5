"""A signer is attached only if key, checkpoint and remembered head agree with the log."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome, verify_log
from appliance.foundation.errors import AuditLogError, ConflictError

ACTOR = Actor("us_1", "trainer", "se_1")
TARGET = ObjectRef("dataset", "ds_1")


def write(log: AuditLog, reason: str = "") -> int:
    return log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, reason=reason)


def settle(log: AuditLog) -> None:
    """Write everything out, as for a backup."""
    with log.still():
        pass


def test_a_second_signer_is_refused(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    log.attach(signer, heads)
    with pytest.raises(ConflictError):
        log.attach(signer, heads)


def test_another_key_or_name_is_refused(
    filled: Callable[[int], Path], clock: Any, signer: Any, other_signer: Any, heads: Any
) -> None:
    log = AuditLog.open(filled(2), clock)
    with pytest.raises(AuditLogError, match="not signed with this key"):
        log.attach(other_signer, heads)
    signer.name = "another.example/log"
    with pytest.raises(AuditLogError, match="the name of another log"):
        log.attach(signer, heads)


def test_an_older_folder_is_noticed(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    folder, older = tmp_path / "audit", tmp_path / "older"
    log = AuditLog.open(folder, clock)
    log.attach(signer, heads)
    write(log)
    settle(log)
    shutil.copytree(folder, older)
    write(log)
    log.close()
    with pytest.raises(AuditLogError, match="older folder") as caught:
        AuditLog.open(older, clock).attach(signer, heads)
    assert caught.value.entry == 1
    with pytest.raises(AuditLogError, match="older folder"):
        verify_log(older, public_key=signer.public_key, remembered=heads.load())
    # the same with only the checkpoint put back, and without it
    shutil.copy(older / "checkpoint", folder / "checkpoint")
    shutil.copytree(older / "tile", folder / "tile", dirs_exist_ok=True)
    with pytest.raises(AuditLogError, match="older folder"):
        AuditLog.open(folder, clock).attach(signer, heads)
    (folder / "checkpoint").unlink()
    with pytest.raises(AuditLogError, match="older folder"):
        AuditLog.open(folder, clock).attach(signer, heads)


def test_a_rewritten_history_is_noticed(tmp_path: Path, clock: Any, signer: Any, heads: Any) -> None:
    """Even if it is signed with the right key, the head in the database differs."""
    log = AuditLog.open(tmp_path / "one", clock)
    log.attach(signer, heads)
    write(log, "truth")
    forged = AuditLog.open(tmp_path / "two", clock)
    forged.attach(signer, type(heads)())
    write(forged, "lie")
    write(forged, "lie")
    forged.close()
    with pytest.raises(AuditLogError, match="rewritten"):
        AuditLog.open(tmp_path / "two", clock).attach(signer, heads)
    with pytest.raises(AuditLogError, match="rewritten"):
        verify_log(tmp_path / "two", public_key=signer.public_key, remembered=heads.load())
