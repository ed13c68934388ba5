"""Trains a tiny model by each method in processes that are killed, and tells whether the weights are those of an
uninterrupted run.

    python -m tests.unit.training.killed_run MODEL_FOLDER WORK_FOLDER SEED KILLS

This process imports torch and computes nothing, so that what it forks are whole. A run says each step through a pipe,
and is killed with signal 9 some moments after a random one, wherever it is then. Prints {METHOD: {"whole": digest,
"killed": digest, "kills": [step, ...]}}.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from appliance.training.checkpoints import CheckpointFolder, TrainingCheckpoint
from appliance.training.loop import TrainingPlan, TrainingProgress, train
from appliance.training.methods import METHODS, MethodSettings
from tests.unit.training.conftest import make_examples

PLAN = TrainingPlan(epochs=4, batch_size=4, learning_rate=1e-2, seed=5, checkpoint_steps=2, patience=3)
STEPS = 11  # of sixteen, four an epoch: a kill some steps later still comes before the end
MOMENT_S = 0.01


def run(method: str, model: Path, folder: Path, told: int) -> None:
    """Train from the newest checkpoint on, saying each step; write the weights' digest at the end."""
    torch.set_num_threads(1)
    loaded = METHODS[method]().load(
        model, MethodSettings(rank=4, lora_alpha=8, last_layers=1, compute_type=torch.float32, seed=0)
    )
    checkpoints = CheckpointFolder(folder, "jb_test", bytes(32))

    class Teller:
        def progress(self, progress: TrainingProgress) -> None:
            os.write(told, bytes([progress.step]))

        def keep(self, checkpoint: TrainingCheckpoint) -> None:
            checkpoints.save(checkpoint)

    train(
        loaded,
        make_examples(13),
        make_examples(5, seed=9),
        PLAN,
        Teller(),
        checkpoint=checkpoints.newest(),
        best=checkpoints,
    )
    digest = hashlib.sha256()
    for name, parameter in loaded.trainable.items():
        digest.update(name.encode() + parameter.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    (folder / "digest").write_text(digest.hexdigest(), encoding="ascii")


def start(method: str, model: Path, folder: Path) -> tuple[int, int]:
    """Fork a run; return its process and the pipe in which it says its steps."""
    said, told = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(said)
            run(method, model, folder, told)
            status = 0
        finally:
            os._exit(status)
    os.close(told)
    return child, said


def to_the_end(method: str, model: Path, folder: Path) -> str:
    """Run without a kill; return the digest."""
    child, said = start(method, model, folder)
    while os.read(said, 1):
        pass
    os.close(said)
    assert os.waitpid(child, 0)[1] == 0
    return (folder / "digest").read_text(encoding="ascii")


def kill_after(step: int, method: str, model: Path, folder: Path, pause_s: float) -> bool:
    """Kill a run some time after it said `step` or a later one; tell whether it was still at it."""
    child, said = start(method, model, folder)
    while (heard := os.read(said, 1)) and heard[0] < step:
        pass
    time.sleep(pause_s)
    os.kill(child, signal.SIGKILL)
    os.close(said)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def main() -> None:
    """Compare."""
    model, work, chance = Path(sys.argv[1]), Path(sys.argv[2]), random.Random(int(sys.argv[3]))
    found = {}
    for method in METHODS:
        whole, killed = work / method / "whole", work / method / "killed"
        for folder in (whole, killed):
            folder.mkdir(parents=True)
        steps = sorted(chance.sample(range(1, STEPS), int(sys.argv[4])))
        kills = [step for step in steps if kill_after(step, method, model, killed, chance.random() * MOMENT_S)]
        found[method] = {
            "whole": to_the_end(method, model, whole),
            "killed": to_the_end(method, model, killed),
            "kills": kills,
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
