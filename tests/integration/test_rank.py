"""The rank in a real sandbox with a tiny model: explained, cut, swept; a sweep that was killed gives the same to the
bit.
"""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest
from canary_scan import scan
from driven_home import CANARY, PASSPHRASE, SOON_S, await_that, error_of, workers_of

from appliance.vault import Vault
from appliance.vault.secret_text import read_secret
from appliance.workers.sweep import RecordFile

RANKS = ("2", "4", "8")


def test_a_trained_adapter_is_explained_made_smaller_and_used(home) -> None:
    """The analysis sees all of the rank; the smaller one is measured, evaluated and talked to; nothing is left in
    clear.
    """
    ids = ("--model", home.model, "--dataset", home.dataset)
    advice = home("rank", "advise", *ids)
    assert advice["rank"] == 4
    trained = home("train", *ids, "--epochs", "2", "--rank", "8")
    found = home("rank", "advise", "--adapter", trained["adapter"], "--layers")
    assert (found["rank"], found["matrices"], len(found["kept"])) == (8, 14, 8)
    assert all(0 < layer["numeric_rank"] <= 8 and len(layer["singular_values"]) == 8 for layer in found["layers"])
    made = home("adapter", "shrink", trained["adapter"], "--rank", "3")
    assert made["loss_before"] == pytest.approx(trained["validation_loss"], rel=1e-3)  # another order of sums
    assert abs(made["loss_after"] - made["loss_before"]) < 0.2
    assert made["bytes_after"] < made["bytes_before"]
    assert made["kept"] == pytest.approx(found["kept"][2])
    again = home("rank", "advise", "--adapter", made["adapter"], "--layers")
    for old, new in zip(found["layers"], again["layers"], strict=True):
        assert new["singular_values"] == pytest.approx(old["singular_values"][:3], rel=1e-3)
    assert home("evaluate", "--adapter", made["adapter"])["original"]["total"] == 6
    assert set(home("chat", "--adapter", made["adapter"], "--prompt", f"What is {CANARY}?")) == {"original", "tuned"}
    assert home("adapter", "show", made["adapter"])["config"]["made_from"] == trained["adapter"]
    assert home("adapter", "show", made["adapter"])["results"]["rank"]["rank"] == 3
    assert scan(CANARY, home.places) == []
    assert not [entry for entry in home.log() if entry["outcome"] in {"failed", "denied"}]


@contextlib.contextmanager
def another_compute_type(home, job_id: str) -> Iterator[None]:
    """Let the sweep's record say that it computes in something that nobody can: a sweep that goes on must go by it, not
    by a new probe.
    """
    vault = Vault.open(home.folder, read_secret(PASSPHRASE))
    file = RecordFile(home.folder / "jobs" / job_id, job_id, vault.data_key("job", job_id))
    vault.close()
    record = file.read()
    file.write(replace(record, compute_type="float8"))
    try:
        yield
    finally:
        file.write(record)


@pytest.mark.exhaustive
def test_a_sweep_that_is_killed_and_stopped_goes_on_and_its_winner_is_what_a_training_alone_would_have_made(
    home, running
) -> None:
    """Nothing is trained twice, and the winner's weights are those of `appliance train --rank` to the bit."""
    ids = ("--model", home.model, "--dataset", home.dataset, "--epochs", "40")
    process = home.start("sweep", *ids, "--ranks", ",".join(RANKS), "--json")
    running.append(process)
    await_that(lambda: list(home.folder.glob(f"jobs/*/rank-{RANKS[1]}")), "the first rank's end in the record")
    (worker,) = workers_of(home, "sweep")
    os.kill(worker, signal.SIGKILL)
    assert "signal 9" in error_of(process, *process.communicate(timeout=SOON_S))["sentence"]
    (job,) = home("job", "list")
    with another_compute_type(home, job["id"]):
        process = home.start("job", "resume", job["id"], "--json")
        assert "unknown compute type" in error_of(process, *process.communicate(timeout=SOON_S))["sentence"]
    before = home("job", "show", job["id"])["progress"]
    done = home("job", "resume", job["id"])
    assert done["state"] == "succeeded"
    after = [point for point in home("job", "show", job["id"])["progress"] if point["at_us"] > before[-1]["at_us"]]
    assert after[0]["step"] > 20  # a whole rung of the first rank was not trained again
    assert [(trial["rung"], trial["rank"]) for trial in done["trials"]][:3] == [(0, 2), (0, 4), (0, 8)]
    last = {trial["rank"]: trial for trial in done["trials"]}
    assert done["validation_loss"] == min(trial["validation_loss"] for trial in last.values() if trial["rung"] == 2)
    assert done["steps"] < len(RANKS) * last[done["rank"]]["steps"]
    assert not list(home.folder.glob(f"jobs/*/rank-{next(rank for rank in RANKS if int(rank) != done['rank'])}"))
    alone = home("train", *ids, "--rank", str(done["rank"]))
    assert alone["adapter_sha256"] == done["adapter_sha256"]
    assert home("adapter", "show", done["adapter"])["rank"] == done["rank"]
    assert scan(CANARY, home.places) == []
