"""A sweep's rungs over a tiny model: one model in memory at a time, one winner, and nothing done twice."""

import gc
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from small_disk import fill, small_disk
from transformers import LlamaConfig, LlamaForCausalLM

from appliance.foundation.errors import WorkerError
from appliance.jobs.access import AdapterAccess, DatasetAccess, JobAccess, ModelAccess, WireMessage
from appliance.jobs.messages import Checkpointed, Notice, Progress
from appliance.jobs.starts.train import RankCandidate, SweepStart, TrainStart
from appliance.planning.training_settings import TrainingSettings
from appliance.training.examples import TokenizedExample
from appliance.training.loop import TrainingPlan
from appliance.training.methods import MethodSettings
from appliance.workers.sweep import Record, RecordFile, Sweep
from appliance.workers.training_parts import plan_of, settings_of

KEY = bytes(32)
ROWS = [TokenizedExample((1, 2, 3, 4 + index % 5, 9), (False, False, False, True, True)) for index in range(8)]


class Channel:
    """Hears what is said; asks to stop once `stop_at` has heard what it waits for."""

    def __init__(self, stop_at: Callable[[WireMessage], bool] = lambda _message: False) -> None:
        self._stop_at, self._stop = stop_at, False

    def send(self, message: WireMessage) -> None:
        """Hear it."""
        self._stop = self._stop_at(message) or self._stop

    def stop_requested(self) -> bool:
        """Tell."""
        return self._stop


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a two-layer model."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    sizes = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    LlamaForCausalLM(LlamaConfig(vocab_size=32, **sizes)).save_pretrained(folder)
    gc.collect()
    return folder


def order(folder: Path, **changes: Any) -> SweepStart:
    """Return the order to compare three ranks."""
    (folder / "job").mkdir(exist_ok=True)
    settings = TrainingSettings(method="lora", rank=2, lora_alpha=4, epochs=4, batch_size=4, learning_rate=1e-2)
    training = TrainStart(
        job=JobAccess(job_id="jb_1", folder=str(folder / "job"), key=KEY),
        adapter=AdapterAccess(folder=str(folder / "adapter"), adapter_id="ad_1", data_key=KEY),
        model=ModelAccess(folder="", manifest={"id": "md_1"}),
        dataset=DatasetAccess(folder="", dataset_id="ds_1", dataset_version=1, system_prompt="", part_keys={}),
        checkpoint_steps=2,
        max_length=64,
        seed=3,
        settings=replace(settings, **changes),
    )
    return SweepStart(
        training=training, candidates=[RankCandidate(rank=rank, lora_alpha=2 * rank) for rank in (2, 4, 8)]
    )


def sweep(channel: Channel, start: SweepStart, model: Path) -> Any:
    """Run the sweep as its worker does once the rows are read."""
    return Sweep(channel, start, model, {"training": ROWS, "validation": ROWS[:2]}).run()  # type: ignore[arg-type]


def record_of(folder: Path) -> Record:
    """Return what the sweep wrote down."""
    return RecordFile(folder / "job", "jb_1", KEY).read()


@pytest.mark.slow
def test_only_one_model_is_in_memory(tmp_path: Path, model: Path) -> None:
    """The planner counted one; packed weights name their modules and would live on until somebody collects."""
    models = []

    def count(message: WireMessage) -> bool:
        if isinstance(message, Checkpointed):
            models.append(sum(type(each) is LlamaForCausalLM for each in gc.get_objects()))
        return len(models) > 1

    sweep(Channel(count), order(tmp_path, method="qlora", epochs=1), model)
    assert models == [1, 1]


@pytest.mark.slow
def test_a_sweep_that_is_stopped_anywhere_goes_on_and_ends_as_one_that_was_not(tmp_path: Path, model: Path) -> None:
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    whole = sweep(Channel(), order(tmp_path / "whole"), model).result
    assert [(trial["rung"], trial["rank"]) for trial in whole["trials"]][:3] == [(0, 2), (0, 4), (0, 8)]
    assert [trial["rung"] for trial in whole["trials"]][3:] == [1, 1, 2]
    assert whole["trials"][-1]["rank"] == whole["rank"]
    assert whole["trials"][-1]["steps"] == 8
    stops = 0
    while True:
        heard = 0

        def at_the_fifth_step(message: WireMessage) -> bool:
            nonlocal heard
            heard += isinstance(message, Progress)
            return heard == 5

        done = sweep(Channel(at_the_fifth_step), order(tmp_path / "stopped"), model)
        if not done.stopped:
            break
        stops += 1
        assert not done.result["adapter_written"]
    assert stops > 1
    assert done.result["adapter_sha256"] == whole["adapter_sha256"] != ""
    timeless = [[{**trial, "seconds": 0} for trial in each["trials"]] for each in (done.result, whole)]
    assert timeless[0] == timeless[1]


def test_ranks_that_all_diverge_end_the_sweep_with_the_reason(tmp_path: Path, model: Path) -> None:
    start = order(tmp_path)
    lost = [{"rung": 0, "rank": rank, "steps": 2, "validation_loss": None, "seconds": 1.0} for rank in (2, 4, 8)]
    RecordFile(tmp_path / "job", "jb_1", KEY).write(Record("float32", lost))
    with pytest.raises(WorkerError, match="learning rate is too high"):
        sweep(Channel(), start, model)


@pytest.mark.slow
def test_on_a_full_disk_the_winner_waits_for_room_and_a_stop_loses_nothing(tmp_path: Path, model: Path) -> None:
    """Full from the last checkpoint of all on: its adapter is written when the sweep goes on."""
    with small_disk(tmp_path / "small", "4m") as folder:
        at_the_end, filler = False, list[Path]()

        def fill_and_stop(message: WireMessage) -> bool:
            nonlocal at_the_end
            if isinstance(message, Progress):
                at_the_end = message.figures["share"] == 1.0 and message.step == message.steps
            if at_the_end and isinstance(message, Checkpointed):
                min(folder.glob("job/rank-*/checkpoint-*")).unlink()  # else it would be given up, and make room enough
                filler.append(fill(folder))
            return isinstance(message, Notice)

        assert sweep(Channel(fill_and_stop), order(folder), model).stopped
        assert len(record_of(folder).trials) == 5
        filler[0].unlink()
        done = sweep(Channel(), order(folder), model)
        assert not done.stopped
        assert done.result["adapter_sha256"]


def test_the_order_names_every_setting_of_method_and_loop(tmp_path: Path) -> None:
    """None of them falls back to a default on its way into the worker."""
    start = order(tmp_path).training
    chosen = replace(start.settings, use_dora=True, train_head=True, last_layers=3)
    changed = start.model_copy(update={"patience": 7, "pass_tokens": 99, "settings": chosen})
    plan, settings = plan_of(changed), settings_of(changed, torch.float64)
    said = {**vars(chosen), **dict(changed)}
    assert all(getattr(plan, field.name) == said[field.name] for field in fields(TrainingPlan))
    assert settings == MethodSettings(torch.float64, 3, 2, 4, use_dora=True, last_layers=3, train_head=True)
