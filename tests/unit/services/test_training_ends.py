"""How trainings end and go on: a stop offers the best, a diverged one goes on at a lower rate, a hungry one steps down;
all is logged.
"""

from pathlib import Path
from typing import Any

import pytest

from appliance.foundation.errors import ConflictError, InputError, WorkerError
from appliance.foundation.messages import Message, message, t, verbatim
from appliance.jobs.messages import DIVERGED, OUT_OF_MEMORY, Done, Ready
from appliance.jobs.starts.train import TrainStart
from appliance.jobs.states import get_job
from appliance.services.notices import JobNotices
from appliance.vault.stream import SealContext, seal_file


def ends(ending: str, *, adapter: bool) -> Any:
    """Return work that seals an adapter, or none, and ends so."""

    def work(channel: Any, start: TrainStart) -> Done:
        channel.send(Ready())
        result: dict[str, Any] = {
            "ending": ending,
            "sentence": f"It {ending}.",
            "best_step": 7,
            "adapter_written": adapter,
        }
        if adapter:
            folder = Path(start.adapter.folder)
            folder.mkdir(exist_ok=True)
            seal_file(
                folder / "x.sealed",
                b"weights",
                start.adapter.data_key,
                SealContext("adapter", start.adapter.adapter_id, 1, "x"),
            )
            result["adapter_sha256"] = "cd" * 32
        return Done(stopped=ending != "finished", result=result)

    return work


def run(world: Any, job_id: str) -> dict[str, Any]:
    """Run the queue and return the job."""
    world.appliance.run_queue()
    found: dict[str, Any] = world.do("job.show", job_id=job_id)
    return found


def submit(world: Any) -> str:
    """Queue a training."""
    job: dict[str, Any] = world.do(
        "train",
        dataset_id=world.ids["dataset"],
        model_id=world.ids["model"],
        choice={"preset": "quick", "name": "staff"},
    )
    return str(job["id"])


def test_a_stopped_training_leaves_an_adapter_that_a_resume_does_not_touch(
    world: Any, simulate: Any, worker_frame: Any
) -> None:
    """What somebody may have measured or approved stays what it was; the rest of the training makes another."""
    job_id = submit(world)
    world.switch.current = simulate(worker_frame(ends("stopped", adapter=True)))
    stopped = run(world, job_id)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "It stopped.")
    first = world.do("adapter.show", adapter_id=stopped["result"]["adapter"])
    assert (first["name"], first["state"], first["dataset_version"]) == ("staff (step 7)", "trained", 1)
    world.do("job.resume", job_id=job_id)
    world.switch.current = world.switch.ordinary
    done = run(world, job_id)
    assert done["state"] == "succeeded"
    second = world.do("adapter.show", adapter_id=done["result"]["adapter"])
    assert second["id"] != first["id"]
    assert second["name"] == "staff"
    assert world.do("adapter.show", adapter_id=first["id"]) == first
    assert (world.context.home / "adapters" / first["id"] / "x.sealed").exists()


def test_a_stop_before_there_was_anything_to_keep_leaves_none(world: Any, simulate: Any, worker_frame: Any) -> None:
    """And the resumed run makes the adapter that was to be made."""
    job_id = submit(world)
    world.switch.current = simulate(worker_frame(ends("stopped", adapter=False)))
    stopped = run(world, job_id)
    assert stopped["result"]["adapter"] == ""
    resumed = world.do("job.resume", job_id=job_id)
    assert resumed["spec"] == stopped["spec"]
    world.do("job.stop", job_id=job_id)


def test_a_diverged_training_goes_on_with_half_the_rate_or_a_lower_one(
    world: Any, simulate: Any, worker_frame: Any
) -> None:
    """As the sentence says; never with a higher one. The log has it."""
    job_id = submit(world)
    world.switch.current = simulate(worker_frame(ends(DIVERGED, adapter=True)))
    lost = run(world, job_id)
    rate = lost["spec"]["learning_rate"]
    assert (lost["state"], lost["reason"], bool(lost["result"]["adapter"])) == ("stopped", "It diverged.", True)
    for wrong in (rate, 2 * rate, 0.0, -1.0, float("nan")):
        with pytest.raises(InputError, match="lower"):
            world.do("job.resume", job_id=job_id, learning_rate=wrong)
    size = world.context.log.size
    assert world.do("job.resume", job_id=job_id)["spec"]["learning_rate"] == rate / 2
    resumed = [
        entry for entry in world.entries(size) if entry["action"] == "job.resume" and entry["outcome"] == "succeeded"
    ]
    assert resumed[0]["details"] == {"learning_rate": f"{rate / 2:g}"}
    run(world, job_id)
    assert world.do("job.resume", job_id=job_id, learning_rate=rate / 100)["spec"]["learning_rate"] == rate / 100
    with pytest.raises(ConflictError, match="is waiting"):
        world.do("job.resume", job_id=job_id, learning_rate=rate / 200)
    world.do("job.stop", job_id=job_id)


def test_an_evaluation_has_no_learning_rate_and_nothing_to_give_up(
    world: Any, simulate: Any, worker_frame: Any
) -> None:
    """Both are sentences."""

    def hungry(_channel: Any, _start: Any) -> Done:
        raise WorkerError(verbatim("Memory ran out."), code=OUT_OF_MEMORY)

    job_id = world.do("evaluate", adapter_id=world.ids["adapter"])["id"]
    world.switch.current = simulate(worker_frame(hungry))
    failed = run(world, job_id)
    assert (failed["state"], failed["reason"]) == ("failed", "Memory ran out.")
    with pytest.raises(InputError, match="Only a training has a learning rate"):
        world.do("job.resume", job_id=job_id, learning_rate=1e-6)


def test_a_training_whose_memory_runs_out_steps_down_in_the_result_and_in_the_log(
    world: Any, simulate: Any, worker_frame: Any
) -> None:
    """Each try gets the smaller order; the sentences are in the result, in their order."""
    orders: list[tuple[int, bool]] = []

    def work(channel: Any, start: TrainStart) -> Done:
        orders.append((start.pass_tokens, start.activation_checkpointing))
        if len(orders) < 5:
            raise WorkerError(verbatim("Memory ran out."), code=OUT_OF_MEMORY)
        done: Done = ends("finished", adapter=True)(channel, start)
        return done

    job_id, size = submit(world), world.context.log.size
    world.switch.current = simulate(worker_frame(work))
    done = run(world, job_id)
    assert orders == [(1024, False), (512, False), (256, False), (128, False), (128, True)]
    assert done["state"] == "succeeded"
    assert len(done["result"]["stepped_down"]) == 4
    assert "512 tokens instead of 1,024" in done["result"]["stepped_down"][0]
    with world.context.database.begin() as connection:
        stored = get_job(connection, job_id).result["stepped_down"][0]
    assert Message.from_json(stored) == message("planning.step-down-passes", half=512, before=1024)
    told = [
        (entry["action"], entry["outcome"])
        for entry in world.entries(size)
        if entry["action"] in {"job.start", "job.step-down"}
    ]
    assert told == [
        *[("job.start", "requested"), ("job.start", "failed"), ("job.step-down", "succeeded")] * 4,
        ("job.start", "requested"),
        ("job.start", "succeeded"),
    ]


def test_a_training_that_has_nothing_left_to_give_up_fails_and_keeps_its_smallest_way(
    world: Any, simulate: Any, worker_frame: Any
) -> None:
    """It can be resumed where there is more memory."""

    def hungry(_channel: Any, _start: Any) -> Done:
        raise WorkerError(verbatim("Memory ran out."), code=OUT_OF_MEMORY)

    job_id = submit(world)
    world.switch.current = simulate(worker_frame(hungry))
    failed = run(world, job_id)
    assert (failed["state"], failed["reason"]) == ("failed", t("worker.out-of-memory:nothing-left"))
    assert (failed["spec"]["pass_tokens"], failed["spec"]["activation_checkpointing"]) == (128, True)


def test_what_the_disk_has_no_room_for_is_shown_all_the_same(world: Any) -> None:
    """From memory, in the list and in the job."""
    notices = world.context.part(JobNotices).notices
    notices[world.ids["training"]] = verbatim("The disk is full.")
    try:
        assert world.do("job.show", job_id=world.ids["training"])["reason"] == "The disk is full."
        assert "The disk is full." in {job["reason"] for job in world.do("job.list")}
    finally:
        notices.clear()
    assert world.do("job.show", job_id=world.ids["training"])["reason"] == ""


@pytest.mark.parametrize("ending", ["finished", "stopped"])
def test_checkpoints_stay_for_a_resume_and_go_with_the_end(
    world: Any, simulate: Any, worker_frame: Any, ending: str
) -> None:
    """A training that succeeded cannot go on, and every one would leave its checkpoints on the disk for good."""
    ordinary = ends(ending, adapter=True)

    def work(channel: Any, start: TrainStart) -> Done:
        folder = Path(start.job.folder)
        (folder / "checkpoint-000000020.sealed").write_bytes(b"weights")
        (folder / "rank-4").mkdir()
        (folder / "rank-4" / "checkpoints.sealed").write_bytes(b"marker")
        done: Done = ordinary(channel, start)
        return done

    job_id = submit(world)
    world.switch.current = simulate(worker_frame(work))
    run(world, job_id)
    left = {path.name for path in (world.context.home / "jobs" / job_id).iterdir()}
    assert left == (set() if ending == "finished" else {"checkpoint-000000020.sealed", "rank-4"})
