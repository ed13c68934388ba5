"""The rank from the command line: before training, after it, a smaller adapter, a sweep."""

import json
from pathlib import Path
from typing import Any

import pytest
from rank_plays import SUMMARY

from appliance.jobs.messages import Done, Ready
from appliance.vault.stream import SealContext, seal_file

LAYER = (
    '{"version": 1, "layers": [{"name": "layers.0.q_proj", "rows": 8, "columns": 8, "effective_rank": 1.9, '
    '"stable_rank": 1.2, "numeric_rank": 2, "singular_values": [2.0, 1.0]}]}'
)


def play_ranks(channel: Any, start: Any) -> Done:
    """Seal one matrix's values."""
    channel.send(Ready())
    context = SealContext("job", start.job.job_id, 1, "spectrum.sealed")
    seal_file(Path(start.job.folder) / "spectrum.sealed", LAYER.encode(), start.job.key, context)
    return Done(result=SUMMARY)


TRIALS = [{"rank": rank, "steps": 2, "validation_loss": 1.0} for rank in (2, 4)]


def play_made(channel: Any, start: Any) -> Done:
    """Seal an adapter: a smaller one, or the winner's."""
    channel.send(Ready())
    access = start.smaller if start.type == "shrink" else start.training.adapter
    Path(access.folder).mkdir()
    seal_file(
        Path(access.folder) / "adapter.sealed",
        b"weights",
        access.data_key,
        SealContext("adapter", access.adapter_id, 1, "x"),
    )
    figures = dict.fromkeys(("kept", "loss_before", "loss_after"), 1.0) | dict.fromkeys(
        ("lost_directions", "bytes_before", "bytes_after"), 1
    )
    rest = {"rank_before": 16, "rank": 4, "rows": 4, "trials": TRIALS, "sentence": "It is perfect."}
    return Done(result={"adapter_written": True, "adapter_sha256": "ab" * 32, **figures, **rest})


@pytest.fixture
def trained(
    shell: Any, simulate: Any, worker_frame: Any, ordinary_plays: dict[str, Any], model_source: Path, table: bytes
) -> tuple[Any, list[str], str]:
    """Give a shell with a trained adapter, the words that name data and model, and the adapter's id."""
    made = worker_frame(play_made)
    shell.program.launcher = simulate(
        {**ordinary_plays, "ranks": worker_frame(play_ranks), "shrink": made, "sweep": made}
    )
    shell("init")
    (shell.folder / "a.csv").write_bytes(table)
    dataset = shell.json("dataset", "import", str(shell.folder / "a.csv"))["id"]
    model = shell.json("model", "import", str(model_source))["id"]
    words = ["--dataset", dataset, "--model", model]
    return shell, words, str(shell.json("train", *words, "--preset", "quick")["adapter"])


@pytest.mark.slow
def test_the_rank_from_the_command_line(trained: tuple[Any, list[str], str]) -> None:
    """One home, one adapter, every command; the second look is no second job."""
    shell, words, adapter = trained
    said = shell("rank", "advise", *words).stdout
    assert said.startswith("Rank 4")
    assert "rank 4: " in said
    assert "Why: LoRA Without Regret" in said
    assert "does not fit" not in said

    said = shell("rank", "advise", "--adapter", adapter).stdout
    assert said.splitlines()[0] == SUMMARY["sentence"]
    assert "90 %: 3, 95 %: 3, 99 %: 4" in said
    jobs = len(shell.json("job", "list"))
    assert shell.json("rank", "advise", "--adapter", adapter)["kept"] == SUMMARY["kept"]
    assert "layers.0.q_proj: effective rank 1.9" in shell("rank", "advise", "--adapter", adapter, "--layers").stdout
    assert len(shell.json("job", "list")) == jobs
    shell("rank", "advise", "--adapter", adapter, "--again")
    assert len(shell.json("job", "list")) == jobs + 1

    assert "Rank 4 was reduced to rank 3." in shell("adapter", "shrink", adapter, "--keep", "95").stdout
    assert shell.json("adapter", "shrink", adapter, "--rank", "2")["adapter"]
    assert "Rank 4 did best: its validation loss is 1.0000." in shell("sweep", *words, "--ranks", "2,4").stdout
    assert shell.refused("adapter", "shrink", adapter)["code"] == "rank.which"
    assert shell.refused("sweep", *words, "--ranks", "four")["code"] == "sweep.ranks"
    for wrong in ([], words[:2], [*words, "--adapter", adapter]):
        assert shell.refused("rank", "advise", *wrong)["code"] == "rank.which"


def test_an_analysis_that_fails_says_why(trained: tuple[Any, list[str], str], simulate: Any, worker_frame: Any) -> None:
    """And one that was stopped too."""
    shell, _words, adapter = trained
    shell.program.launcher = simulate(worker_frame(lambda _channel, _start: Done(stopped=True)))
    told = shell("rank", "advise", "--adapter", adapter, "--json", expect=1)
    assert json.loads(told.stderr)["error"]["code"] == "rank.stopped"
