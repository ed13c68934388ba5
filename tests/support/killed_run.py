"""Train a tiny model with each method in processes that are killed, and compare with an uninterrupted run.

    python tests/support/killed_run.py MODEL_FOLDER WORK_FOLDER SEED KILLS

This process imports torch but computes nothing, so that it can be forked safely. A run reports each step through a
pipe, and is killed with signal 9 a moment after a random step, wherever it is then. Prints {METHOD: {"whole": digest,
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
from tiny_llama import make_examples

from appliance.training.checkpoints import CheckpointFolder, TrainingCheckpoint
from appliance.training.loop import TrainingPlan, TrainingProgress, train
from appliance.training.methods import METHODS, MethodSettings

PLAN = TrainingPlan(epochs=4, batch_size=4, learning_rate=1e-2, seed=5, checkpoint_steps=2, patience=3)
STEPS = 11  # of sixteen, four an epoch: a kill some steps later is still before the end
MOMENT_S = 0.01


def run(method: str, model: Path, folder: Path, pipe: int) -> None:
    """Train from the newest checkpoint, reporting each step; write the weights' digest at the end."""
    torch.set_num_threads(1)
    loaded = METHODS[method]().load(
        model, MethodSettings(rank=4, lora_alpha=8, last_layers=1, compute_type=torch.float32, seed=0)
    )
    checkpoints = CheckpointFolder(folder, "jb_test", bytes(32))

    class Reporter:
        def progress(self, progress: TrainingProgress) -> None:
            os.write(pipe, bytes([progress.step]))

        def keep(self, checkpoint: TrainingCheckpoint) -> None:
            checkpoints.save(checkpoint)

    train(
        loaded,
        make_examples(13),
        make_examples(5, seed=9),
        PLAN,
        Reporter(),
        checkpoint=checkpoints.newest(),
        best=checkpoints,
    )
    digest = hashlib.sha256()
    for name, parameter in loaded.trainable.items():
        digest.update(name.encode() + parameter.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    (folder / "digest").write_text(digest.hexdigest(), encoding="ascii")


def start(method: str, model: Path, folder: Path) -> tuple[int, int]:
    """Fork a run; return its process and the pipe with its steps."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            run(method, model, folder, writing)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    return child, reading


def to_the_end(method: str, model: Path, folder: Path) -> str:
    """Run to the end; return the digest."""
    child, steps = start(method, model, folder)
    while os.read(steps, 1):
        pass
    os.close(steps)
    assert os.waitpid(child, 0)[1] == 0
    return (folder / "digest").read_text(encoding="ascii")


def kill_after(step: int, method: str, model: Path, folder: Path, pause_s: float) -> bool:
    """Kill a run `pause_s` after it reported `step` or a later one; tell whether it was still running."""
    child, steps = start(method, model, folder)
    while (reported := os.read(steps, 1)) and reported[0] < step:
        pass
    time.sleep(pause_s)
    os.kill(child, signal.SIGKILL)
    os.close(steps)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def main() -> None:
    """Run each method with and without kills, and print the digests."""
    model, work, chance = Path(sys.argv[1]), Path(sys.argv[2]), random.Random(int(sys.argv[3]))
    digests = {}
    for method in METHODS:
        whole, killed = work / method / "whole", work / method / "killed"
        for folder in (whole, killed):
            folder.mkdir(parents=True)
        steps = sorted(chance.sample(range(1, STEPS), int(sys.argv[4])))
        kills = [step for step in steps if kill_after(step, method, model, killed, chance.random() * MOMENT_S)]
        digests[method] = {
            "whole": to_the_end(method, model, whole),
            "killed": to_the_end(method, model, killed),
            "kills": kills,
        }
    print(json.dumps(digests))


if __name__ == "__main__":
    main()
