"""A kind of job is a row, and everything about a job is asked of that row, never of what its spec contains."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from appliance.audit import Stage
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import Done, Ready
from appliance.jobs.states import JobState
from appliance.services import job_kinds as table
from appliance.services.context import OPERATOR
from appliance.services.data.shred_dataset import shred_dataset
from appliance.services.grants import LEAST_MEMORY_BYTES, model_memory
from appliance.services.job_kinds import DatasetUse, JobKind, job_kind, job_kinds, queue_job

# How a job of each kind is asked for: the operation, and its parameters.
ASKED: dict[str, Callable[[Any], tuple[str, dict[str, Any]]]] = {
    "train": lambda world: ("train", {**_inputs(world), "choice": {"preset": "quick"}}),
    "sweep": lambda world: ("sweep", {**_inputs(world), "ranks": [2, 4], "choice": {"preset": "quick"}}),
    "evaluate": lambda world: ("evaluate", {"adapter_id": world.ids["adapter"]}),
    "ranks": lambda world: ("rank.explain", {"adapter_id": world.ids["adapter"]}),
    "shrink": lambda world: ("adapter.shrink", {"adapter_id": world.ids["adapter"], "rank": 2}),
}


def _inputs(world: Any) -> dict[str, str]:
    return {"dataset_id": world.ids["dataset"], "model_id": world.ids["model"]}


def test_every_kind_is_tried_here(world: Any) -> None:
    """A new kind without a case would be given memory that nobody looked at."""
    assert set(job_kinds()) == set(ASKED)


@pytest.mark.parametrize("kind", ASKED)
def test_memory_is_computed_for_every_kind(
    world: Any, simulate: Any, ordinary_plays: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """What this machine has for one job at a time, whichever work it is: what could be trained can be measured."""
    machine_bytes = LEAST_MEMORY_BYTES + 123_456_789
    monkeypatch.setattr("appliance.services.machine._memory_bytes", lambda: machine_bytes + 2**33)
    expected = model_memory(world.context)
    assert expected > LEAST_MEMORY_BYTES
    world.switch.current = launcher = simulate(ordinary_plays)
    if kind == "shrink":
        world.do("rank.explain", adapter_id=world.ids["adapter"])
        world.appliance.run_queue()
    operation, parameters = ASKED[kind](world)
    job = world.do(operation, **parameters)
    world.appliance.run_queue()
    assert world.do("job.show", job_id=job["id"])["state"] == JobState.SUCCEEDED
    asked = launcher.asked[-1]
    assert (asked["kind"], asked["memory_bytes"]) == (kind, expected)


def test_nothing_starts_with_memory_that_nobody_named() -> None:
    """An order has no default: neither for workers of jobs nor for any other."""
    (memory,) = [field for field in dataclasses.fields(WorkerOrder) if field.name == "memory_bytes"]
    assert (memory.default, memory.default_factory) == (dataclasses.MISSING, dataclasses.MISSING)


@dataclass(frozen=True)
class CountingSpec:
    """Names a dataset and an adapter, as a training's does, but makes nothing."""

    dataset_id: str
    adapter_id: str


@pytest.fixture
def counting() -> Iterator[JobKind[CountingSpec, dict[str, Any]]]:
    """Add a kind that reads a dataset and learns nothing from it."""

    def unused(*_words: Any) -> Any:
        raise AssertionError("this job is never started")

    yield job_kind(
        JobKind(
            name="count",
            spec=CountingSpec,
            result=dict[str, Any],
            stage=Stage.DATA,
            prepare=unused,
            finish=unused,
            reads=lambda _connection, spec: DatasetUse(spec.dataset_id, 1),
        )
    )
    del table._KINDS["count"]


def test_a_certificate_calls_no_other_job_a_training(world: Any, counting: JobKind[CountingSpec, Any]) -> None:
    """What a spec names is not what a job makes. The certificate names the job, and no adapter of it."""
    dataset = world.do("dataset.import", upload_id=world.upload(), filename="brief.csv")["id"]
    with world.context.database.begin() as connection:
        project = connection.exec_driver_sql("SELECT project_id FROM datasets").scalars().first()
    spec = CountingSpec(dataset, "ad_00000000000000000009")
    job = queue_job(world.context, OPERATOR, counting, spec, project_id=str(project), details={})
    training = world.do("train", dataset_id=dataset, model_id=world.ids["model"], choice={"preset": "quick"})
    for each in (job.id, training["id"]):
        world.do("job.stop", job_id=each)
    made = shred_dataset(world.context, OPERATOR, dataset_id=dataset).certificate
    assert set(made["jobs"]) == {job.id, training["id"]}
    assert made["adapters"] == [{"id": training["spec"]["adapter_id"], "state": "training stopped"}]


@pytest.mark.parametrize("kind", ["evaluate", "ranks", "train", "shrink", "sweep"])
@pytest.mark.parametrize("result", [{"adapter_written": "often", "rank": [], "tuned": 7, "tuned_declined": 7}, {}])
def test_a_result_that_is_none_fails_the_job_and_is_not_kept(
    world: Any, simulate: Any, worker_frame: Any, kind: str, result: dict[str, Any]
) -> None:
    """Nothing that a worker says is believed before it has the type of its kind's result."""

    def work(channel: Any, _start: Any) -> Done:
        channel.send(Ready())
        return Done(result=result)

    before = world.do("adapter.list")
    world.switch.current = simulate(worker_frame(work))
    operation, parameters = ASKED[kind](world)
    job = world.do(operation, **parameters)
    world.appliance.run_queue()
    shown = world.do("job.show", job_id=job["id"])
    if result or kind in {"evaluate", "ranks"}:
        assert (shown["state"], "could not be read (fields: " in shown["reason"]) == (JobState.FAILED, True)
    assert world.do("adapter.list") == before


@pytest.mark.parametrize("kind", ["evaluate", "ranks", "train", "shrink", "sweep"])
def test_a_worker_that_ends_early_with_words_that_are_none_fails_its_job_once(
    world: Any, simulate: Any, worker_frame: Any, kind: str
) -> None:
    """The job does not go back into the queue, to begin anew for ever."""

    def work(channel: Any, _start: Any) -> Done:
        channel.send(Ready())
        return Done(stopped=True, result={"sentence": {"x": 1}})

    world.switch.current = simulate(worker_frame(work))
    operation, parameters = ASKED[kind](world)
    job = world.do(operation, **parameters)
    world.appliance.run_queue()
    assert world.do("job.show", job_id=job["id"])["state"] == JobState.FAILED
