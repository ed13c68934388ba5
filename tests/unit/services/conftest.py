"""A real home, open, with a dataset, a model and a trained and measured adapter; its workers are played by threads (see ../conftest.py).

The parser's part is the real one; training, evaluation and answers are made up, and sealed as the real workers seal them.
"""

import io
import json
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from appliance.audit import AuditLog
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.jobs.messages import ChatPiece, ChatRequest, Done, Progress, Ready
from appliance.jobs.states import JobState
from appliance.models.configuration import expected_tensors
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home import create_home
from appliance.services.operations import Appliance, perform
from appliance.services.receive_upload import receive_file
from appliance.vault.database import METADATA
from appliance.vault.stream import SealContext, seal_file
from appliance.workers.parse import parse

PASSPHRASE = "a passphrase for tests only"
CANARY = "zebra-quartz-41977"
TABLE = "question,answer,group,split\n" + "".join(
    f"What is item {index}?,It is {CANARY} number {index}.,g{index},{('training', 'validation', 'test')[index % 3]}\n"
    for index in range(12)
)
CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 16,
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "tie_word_embeddings": True,
    "dtype": "float32",
}


def write_model(folder: Path) -> Path:
    """Write a model of zeros that the import accepts."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, shape in expected_tensors(CONFIG).items():
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [place, place + math.prod(shape) * 4]}
        place += math.prod(shape) * 4
    raw = json.dumps(header).encode()
    tokenizer = {
        "version": "1.0",
        "added_tokens": [{"id": 0, "content": "<|im_start|>", "special": True}],
        "model": {"type": "BPE", "vocab": {"a": 1, "b": 2}, "merges": []},
    }
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ x }}"}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(raw)) + raw + bytes(place))
    return folder


def play_training(channel: Any, start: Any) -> Done:
    """Seal an adapter where the order says, as a worker does."""
    channel.send(Ready())
    channel.send(Progress(step=1, steps=1, figures={"loss": 0.5}))
    folder = Path(start.adapter.folder)
    folder.mkdir()
    seal_file(folder / "adapter.sealed", b"weights", start.adapter.data_key, SealContext("adapter", start.adapter.adapter_id, 1, "x"))
    figures = {"seconds": 61.0, "tokens": 100, "tokens_per_s": 50.0, "train_loss": 0.5, "validation_loss": 0.75}
    return Done(result={**figures, "adapter_written": True, "adapter_sha256": "ab" * 32})


def play_evaluation(channel: Any, start: Any) -> Done:
    """Seal answers where the order says, as a worker does."""
    channel.send(Ready())
    answers = [{"question": f"Q {CANARY}", "reference": "R", "original": "O", "tuned": "R"}] * 3
    data = json.dumps({"answers": answers}).encode()
    context = SealContext("job", start.job_id, 1, "results.sealed")
    seal_file(Path(start.job_folder) / "results.sealed", data, start.job_key, context)
    return Done(result={"sentence": "Right answers: 0 of 3 before, 3 of 3 after.", "details": ["Few questions."]})


def play_answers(channel: Any, _raw: Any) -> None:
    """Answer every request, piece by piece, until the channel closes."""
    channel.receive()
    channel.send(Ready())
    while isinstance(request := channel.receive(), ChatRequest):
        for contender in request.contenders:
            for text, last in ((contender, False), (" answer", False), ("", True)):
                channel.send(ChatPiece(request_id=request.request_id, contender=contender, text=text, last=last))


class Switch:
    """A launcher whose workers can be replaced for one test."""

    def __init__(self, launcher: Any) -> None:
        self.ordinary = self.current = launcher

    def launch(self, *words: Any, **places: Any) -> Any:
        """Start what is set now."""
        return self.current.launch(*words, **places)


@dataclass
class World:
    """One open home, and what is in it."""

    appliance: Appliance
    switch: Switch
    model_source: Path
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> ServiceContext:
        """Return the services' context."""
        return self.appliance.context

    def do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation as the operator."""
        return perform(self.appliance, OPERATOR, operation, parameters)

    def upload(self, data: bytes = TABLE.encode()) -> str:
        """Receive a file; return its id."""
        return receive_file(self.context, OPERATOR, io.BytesIO(data)).id

    def entries(self, start: int) -> list[dict[str, Any]]:
        """Return what the log got since it had `start` entries."""
        return list(self.context.log.entries(start))

    def snapshot(self) -> tuple[Any, ...]:
        """Return all that an act could have changed: rows of the database, files of the home; not the log itself."""
        with self.context.database.begin() as connection:
            rows = {
                name: [tuple(row) for row in connection.execute(select(table))]
                for name, table in METADATA.tables.items()
                if name != "audit_head"
            }
        home = self.context.home
        files = {str(path.relative_to(home)) for path in home.rglob("*")}
        return rows, {name for name in files if not name.startswith(("audit", "appliance.db"))}, self.context.sealed


def build_world(folder: Path, launcher: Any) -> World:
    """Make a home and fill it."""
    clock = SystemClock()
    home = folder / "home"
    switch = Switch(launcher)
    context = ServiceContext(Settings(home), clock, Rules.load(find_policy_folder()), AuditLog.open(home / "audit", clock), switch)  # type: ignore[arg-type]
    world = World(Appliance(context), switch, write_model(folder / "tiny"))
    made = create_home(context, PASSPHRASE, first_user="anna")
    world.ids |= {"user": made["user"], "one_time": made["password"]}
    world.ids["dataset"] = world.do("dataset.import", upload_id=world.upload(), filename="staff.csv")["id"]
    world.ids["model"] = world.do("model.import", source=str(world.model_source))["id"]
    job = world.do("train", dataset_id=world.ids["dataset"], model_id=world.ids["model"], preset="quick")
    world.appliance.run_queue()
    shown = world.do("job.show", job_id=job["id"])
    assert shown["state"] == JobState.SUCCEEDED, shown["reason"]
    world.ids |= {"training": job["id"], "adapter": shown["result"]["adapter"]}
    world.ids["evaluation"] = world.do("evaluate", adapter_id=world.ids["adapter"])["id"]
    world.appliance.run_queue()
    return world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, module_launcher: Callable[[Any], Any], worker_frame: Any) -> Iterator[World]:
    """One home a module."""
    plays = {
        "parse": worker_frame(parse),
        "train": worker_frame(play_training),
        "evaluate": worker_frame(play_evaluation),
        "serve": play_answers,
    }
    made = build_world(tmp_path_factory.mktemp("world"), module_launcher(plays))
    yield made
    made.appliance.close()


@pytest.fixture(autouse=True)
def ordinary_workers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put the ordinary workers back after each test."""
    yield
    if "world" in request.fixturenames:
        found: World = request.getfixturevalue("world")
        found.switch.current = found.switch.ordinary
