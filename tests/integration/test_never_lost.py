"""Through the real command: killed, stopped, out of memory, on a full disk, a training loses nothing and says what
happened.
"""

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from canary_scan import scan
from driven_home import CANARY, SOON_S, Home, await_that, error_of, kill, workers_of, write_table, write_tiny_model

from appliance.planning import METHODS

MIB = 1024**2
CGROUPS = Path("/sys/fs/cgroup/memory")
TRIES = 6


def train(home: Home, *words: str) -> tuple[str, ...]:
    """Return the words that train."""
    return ("train", "--model", home.model, "--dataset", home.dataset, *words)


def checkpoints(home: Home) -> set[str]:
    """Return the names of the checkpoints on disk."""
    return {path.name for path in home.folder.glob("jobs/*/checkpoint-*")}


def await_new_checkpoint(home: Home) -> None:
    """Wait until there is one that was not there before."""
    before = checkpoints(home)
    await_that(lambda: checkpoints(home) - before, "a new checkpoint")


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what a command that succeeded said."""
    output, errors = process.communicate(timeout=SOON_S)
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(output)
    return found


def await_state(home: Home, job: str, state: str) -> dict[str, Any]:
    """Wait until the job is in `state`, and return it."""
    await_that(lambda: home("job", "show", job)["state"] == state, f"the job being {state}")
    found: dict[str, Any] = home("job", "show", job)
    return found


@pytest.mark.parametrize(
    "method", [pytest.param(method, marks=() if method == "qlora" else pytest.mark.exhaustive) for method in METHODS]
)
def test_killed_and_resumed_the_adapter_is_that_of_an_uninterrupted_run(new_home, running, method: str) -> None:
    """`kill -9` of the worker, then of the whole appliance: the same adapter, bit for bit, whatever the method."""
    words = ("--method", method, "--epochs", "30")
    whole, home = new_home(), new_home()
    expected = whole(*train(whole, *words))
    process = home.start(*train(home, *words), "--json")
    running.append(process)
    await_new_checkpoint(home)
    (worker,) = workers_of(home, "train")
    os.kill(worker, signal.SIGKILL)
    assert error_of(process, *process.communicate(timeout=SOON_S))["code"] == "job.failed"
    (job,) = home("job", "list")
    process = home.start("job", "resume", job["id"], "--json")
    running.append(process)
    await_new_checkpoint(home)
    kill(process)
    found = home("job", "watch", job["id"])
    assert found["state"] == "succeeded"
    for figure in ("adapter_sha256", "tokens", "train_loss", "validation_loss", "best_step", "ending"):
        assert found[figure] == expected[figure]


@pytest.mark.exhaustive
def test_a_stopped_training_offers_its_best_and_goes_on_exactly_also_over_a_restart(new_home, serve) -> None:
    """The adapter of the stop stays what it was; the resumed run, though its server ended meanwhile, makes that of a
    run without a stop.
    """
    whole, home = new_home(), new_home()
    expected = whole(*train(whole, "--epochs", "40"))
    server = serve(home)
    job = home(*train(home, "--epochs", "40"), "--no-wait")["id"]
    await_new_checkpoint(home)
    home("job", "stop", job)
    stopped = await_state(home, job, "stopped")
    assert "was kept" in stopped["reason"]
    assert stopped["result"]["ending"] == "stopped"
    (kept,) = home("adapter", "list")
    assert (kept["id"], kept["state"]) == (stopped["result"]["adapter"], "trained")
    assert f"step {stopped['result']['best_step']}" in kept["name"]
    files = {path: path.read_bytes() for path in (home.folder / "adapters" / kept["id"]).iterdir()}
    home("job", "resume", job, "--no-wait")
    await_new_checkpoint(home)
    assert server.end() == 0
    assert home("job", "show", job)["state"] == "queued"
    server = serve(home)
    found = home("job", "watch", job)
    assert (found["state"], found["adapter_sha256"]) == ("succeeded", expected["adapter_sha256"])
    assert found["adapter"] != kept["id"]
    assert {path: path.read_bytes() for path in files} == files
    assert set(home("chat", "--adapter", kept["id"], "--prompt", "What is item 1?")) == {"original", "tuned"}
    assert server.end() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of its own, of 48 MiB."""
    if os.geteuid() != 0:
        pytest.skip("NOT SHOWN HERE: a small file system cannot be mounted without root")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], check=True, timeout=60)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=60)


def fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def refused_for_room(home: Home, job: str) -> bool:
    """Tell whether looking at the job is refused, because the look could not be logged: the disk is full to the last
    byte.
    """
    process = home.start("job", "show", job, "--json")
    _output, errors = process.communicate(timeout=60)
    return process.returncode == 1 and "disk is full" in errors.lower()


@pytest.mark.exhaustive
def test_on_a_full_disk_a_training_waits_says_so_and_goes_on(small_disk: Path, new_home, serve, prepared) -> None:
    """Database, log and checkpoints are all on it. Nothing is lost: the adapter is that of a run with room."""
    whole, home = new_home(), Home(small_disk, prepared)
    expected = whole(*train(whole, "--epochs", "60"))
    server = serve(home)
    job = home(*train(home, "--epochs", "60"), "--no-wait")["id"]
    await_new_checkpoint(home)
    filler = small_disk / "filler"
    fill(filler)
    await_that(lambda: refused_for_room(home, job), "the sentence")
    assert "disk is full" in home("status")["log_problem"].lower()
    last_good = checkpoints(home)
    assert last_good
    time.sleep(2)  # it waits: nothing of it fails meanwhile
    assert len(workers_of(home, "train")) == 1
    assert not list(home.folder.glob("jobs/*/.*"))
    filler.unlink()
    found = home("job", "watch", job)
    assert (found["state"], found["adapter_sha256"]) == ("succeeded", expected["adapter_sha256"])
    shown = home("job", "show", job)
    assert shown["reason"] == ""
    assert [point["step"] for point in shown["progress"]] == list(range(1, found["steps"] + 1))
    assert home("audit", "verify")["verified"]
    assert server.end() == 0


@pytest.fixture(scope="module")
def wide_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a home whose model needs hundreds of MiB for a pass, and rows of 170 tokens."""
    folder = tmp_path_factory.mktemp("wide")
    write_tiny_model(folder / "model", intermediate_size=16384)
    write_table(folder / "table.csv", longer=" and more of it" * 12)
    made = Home(folder)
    made("init")
    made.model = made("model", "import", str(folder / "model"))["id"]
    made.dataset = made("dataset", "import", str(folder / "table.csv"))["id"]
    return made


def step_down_somewhere(
    start: Callable[[int], subprocess.Popen[str]], running: list[subprocess.Popen[str]], limit: int
) -> dict[str, Any]:
    """Start with a limit (MiB) of memory, higher ones while it does not suffice, lower ones while all fits; return what
    then stepped down.

    How much a pass takes depends on the machine's compute type and libraries, so the limit that is just too small has
    to be found.
    """
    too_low, too_high = 0, 0
    for _ in range(TRIES):
        process = start(limit)
        running.append(process)
        output, errors = process.communicate(timeout=2 * SOON_S)
        found: dict[str, Any] = json.loads(output)
        if process.returncode == 0 and found["stepped_down"]:
            return found
        if process.returncode == 0:
            too_high = limit
        else:
            assert "emory" in errors
            too_low = limit
        limit = (too_low + too_high) // 2 if too_low and too_high else limit + (150 if too_low else -100)
    raise AssertionError("no limit was found at which the training steps down")


def assert_told(home: Home, found: dict[str, Any], reason: str) -> None:
    """The result, the job and the log say what was done."""
    assert found["state"] == "succeeded"
    assert found["adapter_written"]
    assert found["stepped_down"][0].startswith(
        "Memory ran out, so each batch is now computed in passes of at most 512 tokens instead of 1,024."
    )
    steps = [entry for entry in home.log() if entry["action"] == "job.step-down"]
    assert len(steps) == len(found["stepped_down"])
    assert (steps[0]["reason"], steps[0]["details"]) == (
        reason,
        {"pass_tokens": 512, "activation_checkpointing": False},
    )
    starts = [entry["outcome"] for entry in home.log() if entry["action"] == "job.start"]
    assert starts == [*["requested", "failed"] * len(steps), "requested", "succeeded"]


@pytest.mark.exhaustive
def test_a_training_that_runs_out_of_its_memory_steps_down_and_goes_on(
    wide_home: Home, tmp_path: Path, running
) -> None:
    """Allocations are really refused (RLIMIT_DATA, which the worker inherits); smaller passes then fit."""
    homes: list[Home] = []

    def start(limit: int) -> subprocess.Popen[str]:
        homes.append(Home(tmp_path / f"{len(homes)}", wide_home))
        bound = (limit * MIB, limit * MIB)
        words = train(homes[-1], "--epochs", "1", "--method", "lora", "--json")
        return homes[-1].start(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, bound))

    found = step_down_somewhere(start, running, 950)
    assert_told(homes[-1], found, "worker.out-of-memory")


# In one file with the next test, so never at the same time: the kernel counts its kills of the whole machine.
def test_a_killed_worker_fails_its_job_with_a_sentence_and_the_job_resumes_from_its_checkpoint(home, running) -> None:
    """Meanwhile nobody else gets the home; afterwards nothing is in clear, and the log has both ends."""
    process = home.start("train", "--model", home.model, "--dataset", home.dataset, "--epochs", "40", "--json")
    running.append(process)
    await_that(
        lambda: len(list(home.folder.glob("jobs/*/checkpoint-*"))) > 1, "the second checkpoint: then the first is whole"
    )
    (worker,) = workers_of(home, "train")
    assert home.refused("status")["code"] == "home.in-use"
    os.kill(worker, signal.SIGKILL)
    error = error_of(process, *process.communicate(timeout=SOON_S))
    assert error["code"] == "job.failed"
    assert "signal 9" in error["sentence"]
    (job,) = home("job", "list")
    assert (job["state"], "signal 9" in job["reason"]) == ("failed", True)
    assert scan(CANARY, home.places) == []
    before = home("job", "show", job["id"])["progress"]
    kept = [int("".join(filter(str.isdigit, path.name))) for path in home.folder.glob("jobs/*/checkpoint-*")]
    resumed = home("job", "resume", job["id"])
    assert resumed["state"] == "succeeded"
    after = [point for point in home("job", "show", job["id"])["progress"] if point["at_us"] > before[-1]["at_us"]]
    assert after[0]["step"] > min(kept) > 0
    entries = [(entry["outcome"], entry["reason"]) for entry in home.log() if entry["action"] == "job.start"]
    assert entries == [("requested", ""), ("failed", "worker.died"), ("requested", ""), ("succeeded", "")]


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """Give a control group whose processes may take 200 MiB together."""
    if not (CGROUPS / "memory.limit_in_bytes").exists():
        pytest.skip("NOT SHOWN HERE: no control group (version 1) for memory")
    folder = CGROUPS / f"appliance-test-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / "memory.limit_in_bytes").write_text(str(200 * MIB), encoding="ascii")
    except OSError:
        pytest.skip("NOT SHOWN HERE: control groups cannot be made without root")
    yield folder
    await_that(lambda: not (folder / "cgroup.procs").read_text(encoding="ascii"), "the end of all in it")
    folder.rmdir()


def test_a_training_that_the_kernel_kills_for_memory_steps_down_and_goes_on(
    new_home, running, small_memory: Path
) -> None:
    """The out-of-memory killer really takes the worker; the appliance knows from the kernel's count that it was
    that.
    """
    home = new_home()
    process = home.start(*train(home, "--epochs", "1", "--method", "lora", "--json"))
    running.append(process)
    (worker,) = await_that(lambda: workers_of(home, "train"), "the worker")
    (small_memory / "cgroup.procs").write_text(str(worker), encoding="ascii")
    assert_told(home, ended(process), "worker.died")
