"""Actions are logged before and after, also if they fail or the process is killed."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from small_disk import no_file_longer_than

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ConflictError, StorageError
from appliance.foundation.messages import verbatim

ACTOR = Actor("us_1", "trainer", "se_1")
TARGET = ObjectRef("dataset", "ds_1")


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of the folder except the journal."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".journal"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_an_action_is_logged_before_and_after(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    with log.action(ACTOR, "dataset.import", ObjectRef("dataset", ""), {"upload": "up_1"}) as recorded:
        (running,) = log.unfinished()
        assert (running["outcome"], running["request"], running["details"]) == (
            "requested",
            recorded.request,
            {"upload": "up_1"},
        )
        recorded.target = ObjectRef("dataset", "ds_1", "ab12")
        recorded.details = {"rows": 100}
    assert log.unfinished() == []
    requested, succeeded = log.entries()
    assert succeeded["outcome"] == "succeeded"
    assert succeeded["request"] == requested["request"] == recorded.request
    assert succeeded["object"] == {"kind": "dataset", "id": "ds_1", "digest": "ab12"}
    assert (requested["details"], succeeded["details"]) == ({"upload": "up_1"}, {"rows": 100})


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConflictError(verbatim("Row 3 says 'secret'."), code="job.state"), "job.state"),
        (ValueError("secret"), "unexpected.ValueError"),
        (KeyboardInterrupt("secret"), "interrupted.KeyboardInterrupt"),
    ],
)
def test_a_failed_action_is_logged_with_its_code_and_without_its_data(
    tmp_path: Path, clock: Any, error: BaseException, reason: str
) -> None:
    log = AuditLog.open(tmp_path, clock)
    with pytest.raises(type(error)) as caught, log.action(ACTOR, "dataset.import", TARGET):
        raise error
    assert caught.value is error
    _, failed = log.entries()
    assert (failed["outcome"], failed["reason"]) == ("failed", reason)
    assert b"secret" not in b"".join(files(tmp_path).values())
    assert log.unfinished() == []


def test_an_action_does_not_run_if_its_request_cannot_be_logged(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    done = False
    with no_file_longer_than(100), pytest.raises(StorageError), log.action(ACTOR, "dataset.import", TARGET):
        done = True
    assert not done
    assert log.size == 0


def test_an_outcome_that_cannot_be_logged_is_an_error(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    with ExitStack() as later, pytest.raises(StorageError), log.action(ACTOR, "dataset.import", TARGET):
        later.enter_context(no_file_longer_than(100))
    assert len(log.unfinished()) == 1


def test_a_failure_that_cannot_be_logged_is_still_raised(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)

    def close_and_fail() -> None:
        log.close()
        raise ValueError("first")

    with pytest.raises(ValueError, match="first") as caught, log.action(ACTOR, "dataset.import", TARGET):
        close_and_fail()
    assert "could not record this failure" in caught.value.__notes__[0]
    assert len(AuditLog.open(tmp_path, clock).unfinished()) == 1


def test_requests_with_the_same_id_are_counted(tmp_path: Path, clock: Any) -> None:
    log = AuditLog.open(tmp_path, clock)
    for outcome in (Outcome.REQUESTED, Outcome.REQUESTED, Outcome.FAILED):
        log.append(ACTOR, "job.submit", ObjectRef("job", "jb_1"), outcome, request="rq_1")
    log.append(ACTOR, "job.submit", ObjectRef("job", "jb_1"), Outcome.DENIED, request="rq_2")
    assert [entry["sequence"] for entry in log.unfinished()] == [1]
    assert [entry["sequence"] for entry in AuditLog.open(tmp_path, clock).unfinished()] == [1]


CHILD = """
import sys, time
from pathlib import Path
from appliance.audit import Actor, AuditLog, ObjectRef
from appliance.foundation.clock import SystemClock

folder, effect, when = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
log = AuditLog.open(folder, SystemClock())

def wait():
    print("here", flush=True)
    time.sleep(600)

with log.action(Actor("operator", "operator"), "home.create", ObjectRef("home", "home")):
    pass
with log.action(Actor("us_1", "trainer"), "dataset.import", ObjectRef("dataset", "ds_1")):
    if when == "before":
        wait()
    effect.write_text("done")
    if when == "after":
        wait()
wait()
"""


@pytest.mark.parametrize(
    ("when", "effect_there", "unfinished"), [("before", False, 1), ("after", True, 1), ("finished", True, 0)]
)
def test_a_killed_process_leaves_a_truthful_log(
    tmp_path: Path, clock: Any, signer: Any, heads: Any, when: str, effect_there: bool, unfinished: int
) -> None:
    """After a kill before or after the action, its request has no outcome, and is found."""
    folder, effect = tmp_path / "audit", tmp_path / "effect"
    command = [sys.executable, "-c", CHILD, str(folder), str(effect), when]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        child.send_signal(signal.SIGKILL)
    log = AuditLog.open(folder, SystemClock())
    assert effect.exists() == effect_there
    assert [entry["action"] for entry in log.unfinished()] == ["dataset.import"] * unfinished
    log.attach(signer, heads)
    if unfinished:
        (entry,) = log.unfinished()
        log.append(
            Actor("us_1", "trainer"),
            entry["action"],
            ObjectRef("dataset", "ds_1"),
            Outcome.FAILED,
            request=entry["request"],
        )
    assert log.unfinished() == []
    assert [entry["details"] for entry in log.entries() if entry["action"] == "log.recover"] == [
        {"entries": 4 - unfinished, "torn": False, "open": unfinished}
    ]
    assert log.verify(public_key=signer.public_key).size == 5


KILLED_WRITER = """
import sys, threading
from pathlib import Path
from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.foundation.clock import SystemClock

log = AuditLog.open(Path(sys.argv[1]), SystemClock())

def work():
    while True:
        sequence = log.append(Actor("us_1", "trainer"), "dataset.read", ObjectRef("dataset", "ds_1"), Outcome.SUCCEEDED)
        sys.stdout.write(f"{sequence}\\n")
        sys.stdout.flush()

for _ in range(4):
    threading.Thread(target=work).start()
"""


def test_acknowledged_entries_survive_a_kill_at_any_point(tmp_path: Path, clock: Any) -> None:
    """After a process with four writing threads is killed, every sequence it printed exists, three times in a row."""
    acknowledged = -1
    for lines in (5, 40, 90):
        command = [sys.executable, "-c", KILLED_WRITER, str(tmp_path)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        ) as child:
            assert child.stdout is not None
            head = [child.stdout.readline() for _ in range(lines)]
            child.send_signal(signal.SIGKILL)
            printed = [int(line) for line in [*head, *child.stdout] if line.endswith(b"\n")]
        assert max(printed) > acknowledged
        acknowledged = max(printed)
        assert AuditLog.open(tmp_path, clock).size > acknowledged
