"""The disk fills up while a model is being trained: nothing is done unlogged, nothing logged is lost, and room again is
all it takes.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_disk import fill, small_disk
from world import build_world

from appliance.audit import AuditLog
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ApplianceError, StorageError
from appliance.jobs.messages import Done, Progress, Ready
from appliance.jobs.states import JobState
from appliance.services.context import OPERATOR
from appliance.services.home.life import status
from appliance.vault.stream import SealContext, seal_file

SIZE = "48m"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    with small_disk(tmp_path / "small", SIZE) as folder:
        yield folder


def test_the_disk_fills_up_during_a_training(
    small: Path,
    simulate: Callable[[Any], Any],
    ordinary_plays: dict[str, Any],
    model_source: Path,
    table: bytes,
    worker_frame: Any,
) -> None:
    refused: list[str] = []

    def training(channel: Any, start: Any) -> Done:
        channel.send(Ready())
        channel.send(Progress(step=1, steps=2, figures={"loss": 0.5}))
        filler.append(fill(small))
        for act in (
            lambda: world.do("dataset.show", dataset_id=world.ids["dataset"]),
            lambda: world.do("dataset.list"),
            world.upload,
            lambda: world.do("user.add", name="late", role="reviewer"),
        ):
            with pytest.raises(StorageError) as caught:
                act()
            refused.append(caught.value.code)
        assert "disk is full" in str(status(world.context, OPERATOR).log_problem)
        context = SealContext("job", start.job.job_id, 1, "checkpoint")
        seal_file(Path(start.job.folder) / "checkpoint.sealed", bytes(1 << 20), start.job.key, context)
        raise AssertionError("there was room for an adapter")

    filler: list[Path] = []
    world = build_world(small, simulate(ordinary_plays), model_source, table)
    context = world.context
    before = world.snapshot()[0]["users"]
    world.switch.current = simulate({**ordinary_plays, "train": worker_frame(training)})
    job_id = world.do(
        "train", dataset_id=world.ids["dataset"], model_id=world.ids["model"], choice={"preset": "quick"}
    )["id"]
    size = context.log.size
    with contextlib.suppress(
        ApplianceError
    ):  # That the job failed cannot be kept either; the next start puts it right.
        world.appliance.run_queue()
    assert refused == ["storage.full"] * 4

    said = [(entry["action"], entry["outcome"], entry["reason"]) for entry in world.entries(size)]
    assert said[0] == ("job.start", "requested", "")
    assert [each for each in said if each[1] == "denied"] == [
        (action, "denied", "storage.full")
        for action in ("dataset.read", "dataset.list", "upload.receive", "user.create")
    ]
    assert said[-1][:2] == ("job.start", "failed")
    assert {each[1] for each in said} == {"requested", "denied", "failed"}, "something was done"
    after = context.log.size

    filler[0].unlink()
    world.switch.current = world.switch.ordinary
    context.log.verify_writable()
    assert world.snapshot()[0]["users"] == before
    verified = context.log.verify(public_key=context.vault.signer.public_key, remembered=context.vault.heads.load())
    assert verified.size == verified.signed_size == after
    world.appliance._recover()
    if world.do("job.show", job_id=job_id)["state"] == JobState.FAILED:
        world.do("job.resume", job_id=job_id)
    world.appliance.run_queue()
    assert world.do("job.show", job_id=job_id)["state"] == JobState.SUCCEEDED
    world.appliance.close()
    again = AuditLog.open(small / "home" / "audit", SystemClock())
    assert [entry["sequence"] for entry in again.entries()] == list(range(again.size))
    assert again.unfinished() == []
    again.close()
