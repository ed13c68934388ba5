"""`appliance parameters` counts by hand, by model and by GPU; `appliance train` says what it would take before it
starts.
"""

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(("rank", "adapter"), [(3, 6_000), (2, 4_000)])
def test_one_matrix_needs_no_home(shell: Any, rank: int, adapter: int) -> None:
    words = ("parameters", "--rows", "1000", "--columns", "1000", "--rank", str(rank))
    found = shell.json(*words)
    assert (found["full"], found["adapter"]) == (1_000_000, adapter)
    assert f"1000 x {rank} + {rank} x 1000 = {adapter:,}" in shell(*words).stdout
    assert not (shell.folder / "home").exists()


def test_the_table_of_gpus_needs_no_home_either(shell: Any) -> None:
    rows = shell.json("parameters", "--table")
    assert [row["name"] for row in rows][::7] == ["0.1B", "70B"]
    shown = shell("parameters", "--table").stdout
    assert "80 GB" in shown
    assert "qlora*" in shown


@pytest.mark.parametrize("words", [(), ("--rows", "3"), ("--columns", "3", "--table"), ("--model", "md_1", "--table")])
def test_one_thing_at_a_time(shell: Any, words: tuple[str, ...]) -> None:
    assert shell.refused("parameters", *words)["code"] == "parameters.which"


def test_a_rank_that_cannot_be_says_which_can(shell: Any) -> None:
    refused = shell.refused("parameters", "--rows", "10", "--columns", "20", "--rank", "11")
    assert refused == {
        "code": "planning.rank",
        "sentence": "The rank is 11; for 10 by 20 it must be between 1 and 10.",
    }


def test_a_model_and_a_plan(shell: Any, server: Any, model_source: Path, table: bytes) -> None:
    file = shell.folder / "a.csv"
    file.write_bytes(table)
    dataset, model = shell.json("dataset", "import", str(file)), shell.json("model", "import", str(model_source))
    counted = shell("parameters", "--model", model["id"], "--rank", "2").stdout
    assert "down (down_proj)" in counted
    assert "an adapter of rank 2 on all linear layers" in counted
    assert shell.json("parameters", "--model", model["id"], "--rank", "2")["rank"] == 2
    words = ("train", "--dataset", dataset["id"], "--model", model["id"])
    said = shell(*words, "--method", "last-layers", "--last-layers", "1", "--train-head", "--dry-run").stdout
    for part in ("It trains the last layer and the head", "Time: ", "Memory: ", "Disk: ", "FLOP"):
        assert part in said
    assert shell.json("job", "list") == []
    assert (
        "rank 2 (LoRA) with rsLoRA and DoRA"
        in shell(*words, "--method", "lora", "--rank", "2", "--rslora", "--dora", "--dry-run").stdout
    )
    assert shell.refused(*words, "--method", "full", "--rank", "4")["code"] == "planning.choice"
