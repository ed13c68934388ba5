"""A training that is killed at random moments and resumed gives the weights of an uninterrupted one, bit for bit."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from appliance.training.methods import METHODS

ROOT = Path(__file__).resolve().parents[3]
KILLS = 4


@pytest.fixture(scope="module")
def runs(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run all methods in one process, because importing torch takes longer than the runs."""
    work = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "tests/support/killed_run.py", str(tiny_folder), str(work), "20261125", str(KILLS)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    digests: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return digests


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_killed_run_gives_the_same_weights(runs: dict[str, dict[str, Any]], method: str) -> None:
    """With real processes and real kills."""
    digests = runs[method]
    assert len(digests["kills"]) == KILLS
    assert digests["killed"] == digests["whole"]
