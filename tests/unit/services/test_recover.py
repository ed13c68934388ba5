"""After a crash: each interrupted request gets the outcome that it had, and what nobody will ask for any more is
gone.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from appliance.audit import AuditLog, ObjectRef, Outcome
from appliance.datasets.tables import DATASETS
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import APPLIANCE, OPERATOR, ServiceContext
from appliance.services.data.receive_upload import receive_file
from appliance.services.home.life import create_home
from appliance.services.recover import HomeRecovery

PASSPHRASE = "a passphrase for tests only"


@pytest.fixture
def open_context(tmp_path: Path, simulate: Any) -> Callable[[], ServiceContext]:
    """Return a function that takes the home as a process does, and recovers nothing by itself."""

    def take() -> ServiceContext:
        log = AuditLog.open(tmp_path / "audit", SystemClock())
        return ServiceContext(Settings(tmp_path), SystemClock(), Rules.load(find_policy_folder()), log, simulate({}))

    return take


def request(context: ServiceContext, action: str, target: ObjectRef, number: str) -> None:
    """Log a request and never how it ended."""
    actor = APPLIANCE if action == "job.start" else OPERATOR.actor
    context.log.append(actor, action, target, Outcome.REQUESTED, request=number)


def die(context: ServiceContext) -> None:
    """Let go of the home as a killed process does: nothing more is logged."""
    context.log.close()
    context.vault.close()


def test_an_interrupted_action_has_the_outcome_that_is_seen_in_the_home(open_context: Any) -> None:
    """What was made is said to be made; what was not, failed; an interrupted unseal is no exception."""
    first = open_context()
    create_home(first, PASSPHRASE)
    for number in ("1", "2"):
        request(first, "dataset.import", ObjectRef("dataset", f"ds_{number}"), number)
    request(first, "vault.unseal", ObjectRef("home", "home"), "3")
    with first.database.begin() as connection:
        row = {column.name: 0 if str(column.type) in {"INTEGER", "BIGINT"} else "" for column in DATASETS.columns}
        connection.execute(insert(DATASETS).values({**row, "id": "ds_2"}))
    die(first)
    second = open_context()
    recovery = HomeRecovery(second)
    second.unseal(PASSPHRASE)
    recovery.run([])
    last = [(entry["request"], entry["action"], entry["outcome"], entry["reason"]) for entry in second.log.entries()][
        -3:
    ]
    assert last == [
        ("1", "dataset.import", "failed", "interrupted"),
        ("2", "dataset.import", "succeeded", "interrupted"),
        ("3", "vault.unseal", "failed", "interrupted"),
    ]
    assert second.log.unfinished() == []
    die(second)


def test_what_another_thread_does_meanwhile_is_not_called_interrupted(open_context: Any) -> None:
    """Only a job's start is: no job runs while the home is put right."""
    first = open_context()
    recovery = HomeRecovery(first)
    create_home(first, PASSPHRASE)
    request(first, "dataset.import", ObjectRef("dataset", "ds_1"), "1")
    request(first, "job.start", ObjectRef("job", "jb_1"), "2")
    recovery.run([])
    assert [entry["request"] for entry in first.log.unfinished()] == ["1"]
    die(first)


def test_what_a_crash_left_is_removed_and_what_came_since_stays(open_context: Any, tmp_path: Path) -> None:
    """Sealed uploads with their keys, staging folders, half a model; a file that is none of ours stays where it is."""
    first = open_context()
    create_home(first, PASSPHRASE)
    old = receive_file(first, OPERATOR, io.BytesIO(b"old"))
    for name in ("staging/ds_1", "models/.import.ab.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "uploads" / "notes.txt").touch()
    die(first)
    second = open_context()
    recovery = HomeRecovery(second)
    second.unseal(PASSPHRASE)
    new = receive_file(second, OPERATOR, io.BytesIO(b"new"))
    recovery.run([])
    recovery.run([])
    assert not old.path.exists()
    assert sorted(path.name for path in (tmp_path / "uploads").iterdir()) == sorted([new.id, "notes.txt"])
    assert not any((tmp_path / "staging").iterdir())
    assert not any((tmp_path / "models").iterdir())
    with second.database.begin() as connection:
        keys = connection.exec_driver_sql("SELECT object_id FROM wrapped_keys WHERE kind = 'upload'").scalars().all()
    assert keys == [new.id]
    die(second)
