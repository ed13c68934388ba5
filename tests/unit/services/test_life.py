"""A home's life: made once, opened and closed, put right after a crash; a broken upload leaves nothing behind."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_disk import no_file_longer_than

from appliance.audit import AuditLog, ObjectRef, Outcome
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import (
    AuthenticationError,
    ConflictError,
    HomeError,
    InputError,
    SealedError,
    StorageError,
)
from appliance.foundation.settings import MAX_UPLOAD_BYTES, Settings
from appliance.jobs.messages import Done, Stop
from appliance.jobs.states import JobState, add_job, move_job
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.data.receive_upload import Upload, receive_file
from appliance.services.home.life import Serving, create_home, seal_vault, status
from appliance.vault import Vault

PASSPHRASE = "a passphrase for tests only"
SOON_S = 20.0


@pytest.fixture
def open_appliance(tmp_path: Path, simulate: Any) -> Iterator[Callable[..., Appliance]]:
    """Return a function that takes the home as a process does."""
    opened: list[Appliance] = []

    def take(play: Any = None) -> Appliance:
        clock = SystemClock()
        rules = Rules.load(find_policy_folder())
        log = AuditLog.open(tmp_path / "home" / "audit", clock)
        context = ServiceContext(Settings(tmp_path / "home"), clock, rules, log, simulate(play))
        opened.append(Appliance(context))
        return opened[-1]

    yield take
    for each in opened:
        each.close()


def queue_training(appliance: Appliance, job_id: str = "jb_00000000000000000001") -> str:
    """Put a job into the queue whose order fails at once for want of a dataset."""
    with appliance.context.database.begin() as connection:
        add_job(
            connection,
            appliance.context.clock,
            job_id=job_id,
            project_id="pr_1",
            kind="train",
            spec={
                "dataset_id": "ds_0",
                "dataset_version": 1,
                "model_id": "md_0",
                "adapter_id": "ad_0",
                "name": "x",
                "method": "lora",
            },
            created_by="us_1",
        )
    return job_id


def test_a_home_is_made_once_and_opens_by_its_passphrase(open_appliance: Any, tmp_path: Path) -> None:
    """The log of the creation is signed; a second home is refused; a wrong passphrase opens nothing."""
    appliance = open_appliance()
    made = create_home(appliance.context, PASSPHRASE, first_user="anna")
    assert (made.user, appliance.context.sealed) == ("anna", False)
    with pytest.raises(HomeError, match="already"):
        create_home(appliance.context, PASSPHRASE)
    with pytest.raises(HomeError, match="already open"):
        appliance.context.adopt(appliance.context.vault)
    appliance.close()
    again = open_appliance()
    with pytest.raises(SealedError, match="appliance unseal"):
        _ = again.context.vault
    with pytest.raises(AuthenticationError):
        again.context.unseal("another passphrase")
    assert again.context.sealed
    again.context.unseal(PASSPHRASE)
    again.context.unseal("anything: it is open already")
    assert again.perform(OPERATOR, "audit.verify", {})["verified"]
    assert status(again.context, OPERATOR).users == 1


@pytest.mark.parametrize("name", ["", "two words", "../x", "ä"])
def test_a_name_that_no_account_may_have_makes_no_home(open_appliance: Any, tmp_path: Path, name: str) -> None:
    """It is refused before the first key is made, so that one can try again."""
    appliance = open_appliance()
    with pytest.raises(InputError, match="name"):
        create_home(appliance.context, PASSPHRASE, first_user=name)
    assert not Vault.exists(tmp_path / "home")
    create_home(appliance.context, PASSPHRASE)


def test_a_sealed_home_says_so_and_needs_a_server_to_be_sealed(open_appliance: Any) -> None:
    """`seal` and `unseal` are the server's."""
    appliance = open_appliance()
    create_home(appliance.context, PASSPHRASE)
    for name, parameters in (("seal", {}), ("unseal", {"passphrase": PASSPHRASE})):
        with pytest.raises(ConflictError, match="running server"):
            appliance.perform(OPERATOR, name, parameters)
    appliance.context.part(Serving).on = True
    assert appliance.perform(OPERATOR, "seal", {}) == {
        "home": str(appliance.context.home),
        "sealed": True,
        "log_entries": appliance.context.log.size,
        "log_problem": "",
        "log_damage": "",
    }
    with pytest.raises(SealedError):
        appliance.perform(OPERATOR, "user.list", {})
    with pytest.raises(AuthenticationError):
        appliance.perform(OPERATOR, "unseal", {"passphrase": "wrong"})
    assert appliance.perform(OPERATOR, "unseal", {"passphrase": PASSPHRASE})["sealed"] is False


def test_sealing_lets_the_running_job_checkpoint_and_unsealing_goes_on_with_it(world: Any, simulate: Any) -> None:
    """The worker is asked to stop before the keys go, and its job waits in the queue, not failed."""
    stops = []

    def play(channel: Any, _raw: Any) -> None:
        channel.receive()
        while not isinstance(channel.receive(), Stop):
            pass
        stops.append("asked")
        channel.send(Done(stopped=True))

    appliance, context = world.appliance, world.context
    world.switch.current = simulate(play)
    job_id = world.do("train", dataset_id=world.ids["dataset"], model_id=world.ids["model"])["id"]

    def await_state(state: JobState) -> None:
        deadline = time.monotonic() + SOON_S
        while world.do("job.show", job_id=job_id)["state"] != state:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    appliance.context.part(Serving).on = True
    appliance.runner.start()
    await_state(JobState.RUNNING)
    seal_vault(context, OPERATOR)
    assert len(stops) == 1
    context.unseal(PASSPHRASE)
    await_state(JobState.RUNNING)
    context.seal()
    assert len(stops) == 2
    world.switch.current = world.switch.ordinary
    context.unseal(PASSPHRASE)
    await_state(JobState.SUCCEEDED)


def test_what_a_crash_interrupted_is_said_in_the_log_and_its_jobs_go_on(open_appliance: Any) -> None:
    """A request without an outcome gets one; a running job is queued; both are entries."""
    first = open_appliance()
    create_home(first.context, PASSPHRASE)
    job_id = queue_training(first)
    with first.context.database.begin() as connection:
        move_job(connection, first.context.clock, job_id, JobState.RUNNING)
    first.context.log.append(
        OPERATOR.actor, "dataset.import", ObjectRef("dataset", "ds_1"), Outcome.REQUESTED, request="rq_1"
    )
    first.context.log.close()
    first.context.vault.close()
    second = open_appliance()
    second.context.unseal(PASSPHRASE)
    last = list(second.context.log.entries())[-4:]
    assert [(entry["action"], entry["outcome"], entry["reason"]) for entry in last] == [
        ("vault.unseal", "requested", ""),
        ("vault.unseal", "succeeded", ""),
        ("dataset.import", "failed", "interrupted"),
        ("job.recover", "succeeded", ""),
    ]
    assert last[2]["request"] == "rq_1"
    second.run_queue()
    ended = second.wait_for_job(OPERATOR, job_id)
    assert (ended.job.state, str(ended.job.reason)) == (
        "failed",
        "There is no such model. `appliance model list` shows the models.",
    )
    assert second.context.log.unfinished() == []


@pytest.mark.parametrize("way", ["abort", "too large", "unreadable", "refused by the disk"])
def test_an_upload_that_breaks_leaves_nothing_but_its_entries(open_appliance: Any, tmp_path: Path, way: str) -> None:
    """Neither file nor key; the log has why."""
    appliance = open_appliance()
    create_home(appliance.context, PASSPHRASE)
    context = appliance.context
    size = context.log.size

    class Unreadable(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError

    if way == "unreadable":
        with pytest.raises(InputError, match="could not be read"):
            receive_file(context, OPERATOR, Unreadable())
        reason = "upload.broken"
    else:
        upload = Upload(context, OPERATOR)
        upload.write(b"some bytes" * 1000)
        if way == "abort":
            upload.abort()
            reason = "upload.broken"
        elif way == "too large":
            with pytest.raises(InputError, match="larger than 256 MiB"):
                upload.write(_Huge())
            reason = "upload.size"
        else:
            with no_file_longer_than(2 * 1024 * 1024), pytest.raises(StorageError, match="File too large"):
                upload.write(b"x" * 4 * 1024 * 1024)
            reason = "storage.refused"
    assert not list((tmp_path / "home" / "uploads").iterdir())
    written = list(context.log.entries(size))
    assert [(entry["outcome"], entry["reason"]) for entry in written] == [("requested", ""), ("failed", reason)]
    with context.database.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM wrapped_keys WHERE kind = 'upload'").scalar_one() == 0


class _Huge(bytes):
    """Says that it is over the limit."""

    def __len__(self) -> int:
        return MAX_UPLOAD_BYTES + 1
