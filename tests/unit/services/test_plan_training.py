"""A plan before the start: from what was counted in the rows, the model's shape and this machine; corrected by what
trainings took.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from appliance.foundation.errors import AuthorizationError, InputError
from appliance.jobs.messages import Done
from appliance.jobs.states import JobState, add_job, move_job
from appliance.planning.training_settings import TrainingChoice
from appliance.services import machine
from appliance.services.context import Caller
from appliance.services.machine import measure_machine, measured_machine, note_training, this_machine
from appliance.services.training.advise_rank import Subject
from appliance.services.training.plan_training import plan_training


def planned(world: Any, **choice: Any) -> Any:
    """Plan a training of the home's model on its rows."""
    with world.context.database.begin() as connection:
        subject = Subject.of(connection, world.ids["dataset"], world.ids["model"])
    return plan_training(subject, TrainingChoice(**choice), measured_machine(world.context))


def test_the_plan_reaches_the_worker(world: Any) -> None:
    choice = {"method": "lora", "use_rslora": True, "rank": 4}
    job = world.do("train", dataset_id=world.ids["dataset"], model_id=world.ids["model"], choice=choice)
    spec = world.do("job.show", job_id=job["id"])["spec"]
    assert (spec["method"], spec["rank"], spec["lora_alpha"], spec["use_rslora"]) == ("lora", 4, 4, True)
    assert (spec["pass_tokens"], spec["activation_checkpointing"]) == (1024, False)
    assert spec["trained_parameters"] > 0
    assert spec["flop"] > 0
    heard: list[Any] = []

    def listen(channel: Any, _raw: Any) -> int:
        heard.append(channel.receive())
        return 1

    world.switch.current = type("Listening", (), {"launch": staticmethod(_launcher(world, listen))})()
    world.appliance.run_queue()
    world.switch.current = world.switch.ordinary
    (start,) = heard
    assert (start.settings.method, start.settings.use_rslora, start.settings.last_layers) == ("lora", True, 0)
    assert start.pass_tokens == 1024


def _launcher(world: Any, play: Any) -> Any:
    ordinary = world.switch.ordinary

    def launch(kind: str, **places: Any) -> Any:
        made = type(ordinary)({kind: play})
        worker = made.launch(kind, **places)
        ordinary.workers.append(worker)
        return worker

    return launch


def test_auto_and_the_rank_of_a_small_model(world: Any) -> None:
    """The preset's rank is more than this model's smallest side: it takes what there is.

    Said outright, it is refused.
    """
    settings = planned(world, method="auto").settings
    assert settings.method == "lora"
    assert settings.rank == 4
    with pytest.raises(InputError, match="smallest side of this model's layers, 4"):
        planned(world, method="qlora", rank=16)


def test_a_model_that_was_not_made_for_chat_is_refused_before_the_start(world: Any, tmp_path: Path) -> None:
    source = shutil.copytree(world.model_source, tmp_path / "plain")
    (source / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    plain = world.do("model.import", source=str(source))
    for operation in ("train.plan", "train"):
        with pytest.raises(InputError, match=r"plain has no chat template.*often called"):
            world.do(operation, dataset_id=world.ids["dataset"], model_id=plain["id"])


def test_nothing_is_planned_without_rows_or_with_a_seed_that_cannot_be(world: Any) -> None:
    with pytest.raises(InputError, match="The seed must be"):
        planned(world, seed=-1)


def test_a_plan_can_be_seen_without_starting_it(world: Any) -> None:
    before = world.snapshot()
    choice = {"method": "last-layers", "last_layers": 1}
    shown = world.do("train.plan", dataset_id=world.ids["dataset"], model_id=world.ids["model"], choice=choice)
    assert shown["memory"]["low"] < shown["memory"]["expected"] < shown["memory"]["high"]
    assert shown["seconds"]["low"] < shown["seconds"]["high"]
    assert shown["disk_bytes"] == 12 * 4 * shown["trained"]
    assert json.dumps(shown)
    assert world.snapshot() == before


def test_whoever_may_not_see_data_sees_no_plan(world: Any) -> None:
    from appliance.services.training.plan_training import show_plan

    with pytest.raises(AuthorizationError):
        show_plan(
            world.context,
            Caller("u", "nobody"),
            dataset_id=world.ids["dataset"],
            model_id=world.ids["model"],
            choice=TrainingChoice(),
        )


def test_a_models_numbers_are_shown_layer_by_layer(world: Any) -> None:
    found = world.do("model.parameters", model_id=world.ids["model"], rank=2)
    assert sum(layer["copies"] * layer["full"] for layer in found["layers"]) == found["parameters"]
    assert sum(layer["copies"] * layer["adapter"] for layer in found["layers"]) == found["adapter"]
    with pytest.raises(InputError, match="rank"):
        world.do("model.parameters", model_id=world.ids["model"], rank=100)


def test_the_speed_is_measured_once_and_kept(world: Any) -> None:
    """By the import of the first model; a file of another machine, or none that can be read, is measured anew."""
    path = world.context.home / machine.FILE_NAME
    assert this_machine(world.context).speed.gflops == 80.0
    kept = path.read_bytes()
    measure_machine(world.context)
    assert path.read_bytes() == kept
    for wrong in (
        b"{",
        kept.replace(b'"version": 1', b'"version": 9'),
        kept.replace(b'"machine": "', b'"machine": "x'),
    ):
        path.write_bytes(wrong)
        assert this_machine(world.context).speed is None
        measure_machine(world.context)
        assert path.read_bytes() == kept


def test_a_measurement_that_fails_leaves_the_estimates_wide(world: Any) -> None:
    path = world.context.home / machine.FILE_NAME
    kept = path.read_bytes()
    path.unlink()

    def fail(channel: Any, _raw: Any) -> int:
        channel.receive()
        return 1

    world.switch.current = type("Failing", (), {"launch": staticmethod(_launcher(world, fail))})()
    world.context.part(machine.Measuring).tried = False
    assert "wide guess" in str(planned(world).fitted.advice[0])
    assert not path.exists()
    world.switch.current = world.switch.ordinary
    asked = len(world.switch.current.asked)
    assert "wide guess" in str(planned(world).fitted.advice[0])
    assert len(world.switch.current.asked) == asked  # by this process it is not tried again
    path.write_bytes(kept)


@pytest.mark.parametrize(
    "lie",
    [
        {"gflops": -1.0},
        {"gflops": 1e300},
        {"copy_gb_s": None},
        {"compute_type": "float8"},
        {"gpu_memory_bytes": -1},
        {"gpu_memory_bytes": 2**60},
        {"gpu_memory_bytes": "much"},
    ],
)
def test_figures_that_cannot_be_are_not_kept(world: Any, simulate: Any, worker_frame: Any, lie: dict[str, Any]) -> None:
    path = world.context.home / machine.FILE_NAME
    kept = path.read_bytes()
    path.unlink()
    said = {"compute_type": "float32", "gflops": 80.0, "copy_gb_s": 5.0, "gpu_memory_bytes": 0, **lie}
    world.switch.current = simulate(worker_frame(lambda _channel, _start: Done(result=said)))
    measure_machine(world.context)
    assert not path.exists()
    world.switch.current = world.switch.ordinary
    path.write_bytes(kept)


def test_a_home_whose_speed_is_not_known_is_measured_by_its_first_plan(world: Any) -> None:
    """A restored one has no figures, and a changed machine none of its own.

    Not beside a job that runs: it would look slow.
    """
    path = world.context.home / machine.FILE_NAME
    kept = path.read_bytes()
    path.unlink()
    world.context.part(machine.Measuring).tried = False
    with world.context.database.begin() as connection:
        running = add_job(
            connection, world.context.clock, job_id="jb_x", project_id="pr", kind="train", spec={}, created_by="us"
        ).id
        move_job(connection, world.context.clock, running, JobState.RUNNING)
    assert measured_machine(world.context).speed is None
    with world.context.database.begin() as connection:
        move_job(connection, world.context.clock, running, JobState.FAILED)
    assert planned(world).fitted.advice == ()
    assert this_machine(world.context).speed.gflops == 80.0
    assert path.read_bytes() == kept


def test_a_gpus_memory_is_what_the_driver_and_a_screen_leave(world: Any) -> None:
    path = world.context.home / machine.FILE_NAME
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b'"gpu_memory_bytes": 0', b'"gpu_memory_bytes": 8000000000'))
    found = this_machine(world.context)
    path.write_bytes(kept)
    assert (found.gpu, found.memory_bytes) == (True, 7_600_000_000)
    assert not this_machine(world.context).gpu


def test_trainings_correct_the_estimates_of_the_next(world: Any) -> None:
    path = world.context.home / machine.FILE_NAME
    kept = path.read_bytes()
    note_training(world.context, estimated=10.0, planned_steps=200, steps=100, seconds=15.0)
    assert this_machine(world.context).speed.correction == 3.0
    before = path.read_bytes()
    for figures in (
        {"estimated": 0.0, "planned_steps": 0, "steps": 100, "seconds": 9.0},
        {"estimated": 10.0, "planned_steps": 3, "steps": 3, "seconds": 900.0},
    ):
        note_training(world.context, **figures)
        assert path.read_bytes() == before
    path.write_bytes(kept)


def test_rows_are_as_long_as_they_were_counted(world: Any) -> None:
    """Twelve rows of a dozen words: the plan's steps and operations are of these, not of a guess."""
    fitted = planned(world, preset="quick", epochs=1, batch_size=1).fitted
    assert fitted.steps == 4
    shape = world.do("model.parameters", model_id=world.ids["model"], rank=4)
    tokens = fitted.flop.total / (4 * shape["parameters"] + 6 * shape["adapter"])
    assert 4 * 10 < tokens < 4 * 60
