"""The server: what it answers and when, who may have the home and the port, and what becomes of jobs when it ends or is
sealed.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from canary_scan import scan
from driven_home import CANARY, SOON_S, Home, await_that, workers_of


def _threads(pid: int) -> Iterator[dict[str, str]]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text(encoding="utf-8").splitlines()
        yield {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _checkpoints(home: Home, job_id: str) -> set[str]:
    return {path.name for path in (home.folder / "jobs" / job_id).glob("checkpoint-*")}


def _await_new_checkpoint(home: Home, job_id: str) -> None:
    before = _checkpoints(home, job_id)
    await_that(lambda: _checkpoints(home, job_id) - before, "a new checkpoint")


def _state(home: Home, job_id: str) -> str:
    state: str = home("job", "show", job_id)["state"]
    return state


def _starts(home: Home) -> list[tuple[str, str]]:
    return [(entry["outcome"], entry["reason"]) for entry in home.log() if entry["action"] == "job.start"]


def _train(home: Home, epochs: int) -> str:
    job = home("train", "--model", home.model, "--dataset", home.dataset, "--epochs", str(epochs), "--no-wait")
    assert job["state"] in {"queued", "running"}
    identifier: str = job["id"]
    return identifier


def test_it_answers_before_the_pages_are_there_and_every_thread_is_behind_the_walls(home, serve) -> None:
    """Health and sign-in first, Gradio's pages seconds later; no thread was running when the walls went up, so all
    inherit them.
    """
    server = serve(home)
    assert server.get("/healthz") == (200, "ok")
    assert server.get("/sign-in")[0] == 200
    assert server.get("/readyz") == (503, "starting")
    await_that(lambda: server.get("/readyz") == (200, "ready"), "the pages")
    threads = list(_threads(server.process.pid))
    assert len(threads) > 1
    assert {(thread["Seccomp"], thread["NoNewPrivs"]) for thread in threads} == {("2", "1")}
    assert server.get("/app/")[0] == 401
    assert server.end() == 0


def test_commands_go_through_its_socket(home, serve, table, tiny_model, new_home) -> None:
    """They need no passphrase then; nobody else gets the home, nor the port."""
    server = serve(home)
    secret = home.environment.pop("APPLIANCE_PASSPHRASE_FILE")
    assert (home.folder / "appliance.sock").stat().st_mode & 0o777 == 0o600
    assert home("status")["sealed"] is False
    assert home("dataset", "import", str(table))["rows"] == 24
    assert len(home("dataset", "list")) == 2
    assert home("model", "import", str(tiny_model))["id"] == home.model
    assert not any((home.folder / "staging").iterdir())
    assert home("doctor")["problems"] == []
    assert home.refused("job", "show", "jb_00000000000000000000")["code"] == "not-found"
    assert scan(CANARY, home.places) == []
    home.environment["APPLIANCE_PASSPHRASE_FILE"] = secret
    assert home.refused("serve", "--port", "0")["code"] == "home.in-use"
    other = new_home()
    error = other.refused("serve", "--port", server.address.rpartition(":")[2])
    assert error["code"] == "serve.port"
    assert "--port" in error["sentence"]
    assert home("audit", "verify")["verified"]
    assert server.end() == 0
    assert home("audit", "verify")["verified"]


def test_a_job_outlives_the_end_of_its_server_and_its_death(home, serve) -> None:
    """SIGTERM: it checkpoints and waits.

    `kill -9`: its worker dies too, and it goes on from the checkpoint that there is.
    """
    server = serve(home)
    job = _train(home, 80)
    _await_new_checkpoint(home, job)
    assert server.end() == 0
    assert workers_of(home, "train") == []
    kept = _checkpoints(home, job)
    assert _state(home, job) == "queued"
    assert scan(CANARY, home.places) == []

    server = serve(home)
    _await_new_checkpoint(home, job)
    assert len(workers_of(home, "train")) == 1
    os.kill(server.process.pid, signal.SIGKILL)
    await_that(lambda: not workers_of(home, "train"), "the worker's end")
    server.process.communicate(timeout=SOON_S)
    assert scan(CANARY, home.places) == []

    newest = max(int("".join(filter(str.isdigit, name))) for name in _checkpoints(home, job))
    assert newest > max(int("".join(filter(str.isdigit, name))) for name in kept)
    last = home("job", "show", job)["progress"][-1]["at_us"]
    server = serve(home)
    assert home("job", "watch", job)["state"] == "succeeded"
    assert min(point["step"] for point in home("job", "show", job)["progress"] if point["at_us"] > last) > newest
    assert _starts(home) == [*[("requested", ""), ("failed", "interrupted")] * 2, ("requested", ""), ("succeeded", "")]
    assert home("audit", "verify")["verified"]
    assert server.end() == 0


def test_sealing_lets_a_job_wait_and_unsealing_goes_on_and_it_can_be_stopped_and_resumed(home, serve) -> None:
    """Sealed, the server answers and knows nothing; the right passphrase alone opens it."""
    server = serve(home, sealed=True)
    assert home("status")["sealed"] is True
    assert server.get("/readyz") == (503, "sealed")
    assert home.refused("dataset", "list")["code"] == "sealed"
    right = home.passphrase_file.read_text(encoding="utf-8")
    home.passphrase_file.write_text("something else entirely", encoding="utf-8")
    assert home.refused("unseal")["code"] == "passphrase.wrong"
    home.passphrase_file.write_text(right, encoding="utf-8")
    assert home("unseal")["sealed"] is False

    job = _train(home, 60)
    _await_new_checkpoint(home, job)
    assert home("seal")["sealed"] is True
    assert workers_of(home, "train") == []
    assert home.refused("job", "list")["code"] == "sealed"
    home("unseal")
    _await_new_checkpoint(home, job)
    home("job", "stop", job)
    await_that(lambda: _state(home, job) == "stopped", "the job's end")
    assert home.refused("job", "stop", job)["code"] == "job.state"
    assert scan(CANARY, home.places) == []
    assert home("job", "resume", job)["state"] == "succeeded"
    starts = _starts(home)
    assert starts[:2] == [("requested", ""), ("failed", "interrupted")]
    assert starts[-2:] == [("requested", ""), ("succeeded", "")]
    actions = [entry["action"] for entry in home.log() if entry["outcome"] == "succeeded"]
    for action in ("vault.seal", "vault.unseal", "job.stop", "job.resume"):
        assert action in actions
    assert home("audit", "verify")["verified"]
    assert server.end() == 0


def test_signals_end_a_sealed_server_too(home, serve) -> None:
    """And `seal` and `unseal` say that they need one."""
    server = serve(home, sealed=True)
    assert server.end() == 0
    for word in ("seal", "unseal"):
        assert home.refused(word)["code"] == "server.absent"
