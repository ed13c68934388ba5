"""A launcher without processes (real socket pairs, and threads that play the workers), and a home that they filled.

The launcher's promises: jobs/test_simulated_launcher.py.

Of the plays, those of datasets are the real workers'; training, evaluation and answers are made up, and sealed as the
real workers seal them.
"""

import contextlib
import io
import json
import math
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import select

from appliance.audit import AuditLog
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ApplianceError
from appliance.foundation.settings import Settings
from appliance.jobs.messages import ChatPiece, Done, Failed, Progress, Ready
from appliance.jobs.starts.serve import ChatRequest
from appliance.jobs.states import JobState
from appliance.models.configuration import expected_tensors
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.data.receive_upload import receive_file
from appliance.services.home.life import create_home
from appliance.vault.database import METADATA
from appliance.vault.stream import SealContext, seal_file
from appliance.workers.channel import WorkerChannel
from appliance.workers.parse import parse
from appliance.workers.preview import look
from appliance.workers.revise import revise
from appliance.workers.search import search

sys.path.insert(0, str(Path(__file__).parent))  # so that tests find `killed`
from any_start import decode_any_start
from rank_plays import play_ranks, play_shrink, play_sweep

# Shared machines are slow at times, which is no fault: no example has to be done by a time.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

SOON_S = 20.0
CANARY = "zebra-quartz-41977"
# Plays one worker: gets its channel and its raw end of the socket pair; returns its exit status, None for 0.
Play = Callable[[WorkerChannel, socket.socket], int | None]


class PlayedChannel(WorkerChannel):
    """A worker's end for plays of every kind: its first message is the order, whichever it is."""

    def __init__(self, channel: socket.socket) -> None:
        super().__init__(channel)
        self._started = False

    def receive(self) -> Any:
        """Return the order, and then what follows it."""
        if self._started:
            return super().receive()
        self._started = True
        return decode_any_start(self._line())


class SimulatedWorker:
    """What the launcher gives for a started process, played by a thread."""

    def __init__(self, play: Play) -> None:
        self.channel, self._theirs = socket.socketpair()
        self.killed = False
        self._status: int | None = None
        self._thread = threading.Thread(target=self._run, args=(play,), daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None = None) -> int | None:
        """Return the exit status, or None when it plays on after `timeout` seconds."""
        self._thread.join(timeout)
        return None if self._thread.is_alive() else self._status

    def kill(self) -> None:
        """Take its channel away, and say that signal 9 ended it."""
        self.killed = True
        with contextlib.suppress(OSError):
            self._theirs.shutdown(socket.SHUT_RDWR)

    def _run(self, play: Play) -> None:
        with self._theirs:
            channel = PlayedChannel(self._theirs)
            try:
                status = play(channel, self._theirs) or 0
            except (OSError, ApplianceError) as error:  # As `workers.channel.run` does.
                status = 1
                if isinstance(error, ApplianceError):
                    with contextlib.suppress(OSError):
                        channel.send(Failed(code=error.code, message=error.message))
            self._status = -signal.SIGKILL if self.killed else status


class SimulatedLauncher:
    """Starts workers that `play`, one way for all or one way a kind, and remembers what it was asked for."""

    def __init__(self, play: Play | dict[str, Play]) -> None:
        self._play = play
        self.asked: list[dict[str, Any]] = []
        self.workers: list[SimulatedWorker] = []

    def launch(
        self, kind: str, *, read: tuple[Path, ...], write: tuple[Path, ...], memory_bytes: int
    ) -> SimulatedWorker:
        """StartMessage a thread in the place of a confined worker."""
        self.asked.append({"kind": kind, "read": read, "write": write, "memory_bytes": memory_bytes})
        self.workers.append(SimulatedWorker(self._play[kind] if isinstance(self._play, dict) else self._play))
        return self.workers[-1]

    def prove(self) -> None:
        """There are no walls here to be proved."""


def works(work: Callable[[WorkerChannel, Any], Any]) -> Play:
    """Return a play that does `work` as the frame of a worker does: start message in, its `Done` out."""

    def play(channel: WorkerChannel, _raw: socket.socket) -> None:
        start = channel.receive()
        channel.send(work(channel, start))

    return play


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
    seal_file(
        folder / "adapter.sealed",
        b"weights",
        start.adapter.data_key,
        SealContext("adapter", start.adapter.adapter_id, 1, "x"),
    )
    figures = {"seconds": 61.0, "tokens": 100, "tokens_per_s": 50.0, "train_loss": 0.5, "validation_loss": 0.75}
    return Done(result={**figures, "adapter_written": True, "adapter_sha256": "ab" * 32})


def play_measuring(channel: Any, start: Any) -> Done:
    """Say that this machine is as fast as some."""
    del start
    channel.send(Ready())
    return Done(result={"compute_type": "float32", "gflops": 80.0, "copy_gb_s": 5.0, "gpu_memory_bytes": 0})


def play_evaluation(channel: Any, start: Any) -> Done:
    """Seal answers where the order says, as a worker does."""
    channel.send(Ready())
    marks = {"original_right": False, "tuned_right": True}
    answers = [{"question": f"Q {CANARY}", "reference": "R", "original": "O", "tuned": "R", **marks}] * 3
    data = json.dumps({"answers": answers}).encode()
    context = SealContext("job", start.job.job_id, 1, "results.sealed")
    seal_file(Path(start.job.folder) / "results.sealed", data, start.job.key, context)
    return Done(result={"sentence": "Right answers: 0 of 3 before, 3 of 3 after.", "details": ["Few questions."]})


def play_answers(channel: Any, _raw: Any) -> None:
    """Answer every request, piece by piece, until the channel closes."""
    channel.receive()
    channel.send(Ready())
    while isinstance(request := channel.receive(), ChatRequest):
        for contender in request.contenders:
            for text, last in ((contender, False), (" answer", False), ("", True)):
                channel.send(ChatPiece(request_id=request.request_id, contender=contender, text=text, last=last))


def _launchers() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    made: list[SimulatedLauncher] = []

    def make(play: Play | dict[str, Play]) -> SimulatedLauncher:
        made.append(SimulatedLauncher(play))
        return made[-1]

    yield make
    for launcher in made:
        for worker in launcher.workers:
            worker.kill()
            assert worker.wait(SOON_S) is not None
            worker.channel.close()


@pytest.fixture
def simulate() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    """Return a function that makes simulated launchers; what they started is over at the end of the test."""
    yield from _launchers()


@pytest.fixture(scope="module")
def module_launcher() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    """Do the same for a module's tests together."""
    yield from _launchers()


@pytest.fixture(scope="session")
def worker_frame() -> Callable[[Callable[[WorkerChannel, Any], Any]], Play]:
    """Return `works`."""
    return works


@pytest.fixture(scope="session")
def ordinary_plays() -> dict[str, Play]:
    """Return how each kind of worker is played when all goes well."""
    real = {"parse": works(parse), "preview": works(look), "revise": works(revise), "search": works(search)}
    real["measure"] = works(play_measuring)
    real |= {"ranks": works(play_ranks), "shrink": works(play_shrink), "sweep": works(play_sweep)}
    return {**real, "train": works(play_training), "evaluate": works(play_evaluation), "serve": play_answers}


@pytest.fixture(scope="session")
def model_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a small model that the import accepts."""
    return write_model(tmp_path_factory.mktemp("source") / "tiny")


@pytest.fixture(scope="session")
def table() -> bytes:
    """Give a small table with a canary in every answer."""
    return TABLE.encode()


PASSPHRASE = "a passphrase for tests only"


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
    table: bytes
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def context(self) -> ServiceContext:
        """Return the services' context."""
        return self.appliance.context

    def do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation as the operator."""
        return self.appliance.perform(OPERATOR, operation, parameters)

    def upload(self, data: bytes = b"") -> str:
        """Receive a file, by default the table; return its id."""
        return receive_file(self.context, OPERATOR, io.BytesIO(data or self.table)).id

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


def build_world(folder: Path, launcher: Any, model_source: Path, table: bytes) -> World:
    """Make a home and fill it."""
    clock = SystemClock()
    home = folder / "home"
    switch = Switch(launcher)
    context = ServiceContext(
        Settings(home), clock, Rules.load(find_policy_folder()), AuditLog.open(home / "audit", clock), switch
    )  # type: ignore[arg-type]
    world = World(Appliance(context), switch, model_source, table)
    made = create_home(context, PASSPHRASE, first_user="anna")
    world.ids |= {"user": made.user, "one_time": made.password}
    world.ids["dataset"] = world.do("dataset.import", upload_id=world.upload(), filename="staff.csv")["id"]
    world.ids["model"] = world.do("model.import", source=str(world.model_source))["id"]
    job = world.do("train", dataset_id=world.ids["dataset"], model_id=world.ids["model"], choice={"preset": "quick"})
    world.appliance.run_queue()
    shown = world.do("job.show", job_id=job["id"])
    assert shown["state"] == JobState.SUCCEEDED, shown["reason"]
    world.ids |= {"training": job["id"], "adapter": shown["result"]["adapter"]}
    world.ids["evaluation"] = world.do("evaluate", adapter_id=world.ids["adapter"])["id"]
    world.appliance.run_queue()
    return world


@pytest.fixture(scope="session")
def world_maker() -> Callable[..., World]:
    """Return `build_world`, for homes in places of a test's own."""
    return build_world


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
    module_launcher: Callable[[Any], Any],
    ordinary_plays: dict[str, Any],
    model_source: Path,
    table: bytes,
) -> Iterator[World]:
    """One home a module."""
    made = build_world(tmp_path_factory.mktemp("world"), module_launcher(ordinary_plays), model_source, table)
    yield made
    made.appliance.close()
