"""How training's time and memory grow with the tokens, the length of a row, and the rank: one process for each point.

    python -m ops.bench.training_growth MODEL_DIR [--method lora] [--curves tokens length rank]

Rows are drawn tokens (what they are decides neither time nor memory), nothing shared, a third of each to be learned.
Along `tokens` only the number of steps grows, along `length` a step keeps its 2048 tokens in fewer and longer rows.
Each point prints one JSON object: tokens_per_s counts all tokens of the rows, peak_rss_mib is of the point's own
process. A last line a curve says how time grew with what was varied.
"""

import argparse
import json
import math
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from appliance.jobs.sandbox.confine import WORKER_SETTINGS

os.environ.update(WORKER_SETTINGS)  # as a worker has them

from appliance.inference.compute_type import flush_denormals, probe
from appliance.training.checkpoints import TrainingCheckpoint
from appliance.training.examples import TokenizedExample
from appliance.training.loop import TrainingPlan, TrainingProgress, train
from appliance.training.methods import METHODS, MethodSettings

STEP_TOKENS = 2048
LENGTH, RANK, STEPS = 128, 8, 4  # where they are not varied
CURVES: dict[str, tuple[int, ...]] = {
    "tokens": (8_192, 16_384, 32_768),
    "length": (64, 128, 256, 512, 1024, 2048),
    "rank": (1, 4, 16, 64, 256),
}


class _Watch:
    """Keeps nothing."""

    def progress(self, progress: TrainingProgress) -> None:
        del progress

    def keep(self, checkpoint: TrainingCheckpoint) -> None:
        del checkpoint


def rows(length: int, steps: int, vocabulary: int) -> list[TokenizedExample]:
    """Return drawn rows of one length, enough for so many steps."""
    dice = random.Random(7)
    count = steps * STEP_TOKENS // length
    learned = tuple(place >= length - length // 3 for place in range(length))
    return [
        TokenizedExample(tuple(dice.randrange(1, vocabulary) for _ in range(length)), learned) for _ in range(count)
    ]


def measure(model: Path, method: str, length: int, rank: int, steps: int) -> dict[str, float]:
    """Train in this process, after one step that does not count, and return what it took."""
    flush_denormals()
    settings = MethodSettings(compute_type=probe(), seed=0, rank=rank, lora_alpha=2 * rank, last_layers=2)
    loaded = METHODS[method]().load(model, settings)
    vocabulary = loaded.causal.config.vocab_size
    plan = TrainingPlan(1, STEP_TOKENS // length, 1e-4, 0, checkpoint_steps=10**9)
    train(loaded, rows(length, 1, vocabulary), [], plan, _Watch())
    examples = rows(length, steps, vocabulary)
    began = time.perf_counter()
    outcome = train(loaded, examples, [], plan, _Watch())
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "seconds": round(seconds, 2),
        "tokens": outcome.tokens,
        "tokens_per_s": round(outcome.tokens / seconds),
        "peak_rss_mib": peak,
    }


def point(model: Path, method: str, curve: str, value: int) -> dict[str, float]:
    """Measure one point in a process of its own."""
    at = {"length": LENGTH, "rank": RANK, "steps": STEPS}
    at |= {"steps": value // STEP_TOKENS} if curve == "tokens" else {curve: value}
    words = [
        sys.executable,
        "-m",
        "ops.bench.training_growth",
        str(model),
        "--method",
        method,
        "--point",
        json.dumps(at),
    ]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return {curve: value, **json.loads(done.stdout.splitlines()[-1])}


def exponent(points: list[dict[str, float]], curve: str) -> float:
    """Return p of time ~ value^p, by least squares on the logarithms (a step's tokens are the same along `length` and
    `rank`).
    """
    x, y = ([math.log(each[name]) for each in points] for name in (curve, "seconds"))
    middle, level = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle) * (b - level) for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)


def main() -> None:
    """Print the curves."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--method", choices=sorted(METHODS), default="lora")
    parser.add_argument("--curves", nargs="+", choices=sorted(CURVES), default=list(CURVES))
    parser.add_argument("--point", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        print(json.dumps(measure(options.model, options.method, **json.loads(options.point))))
        return
    for curve in options.curves:
        points = []
        for value in CURVES[curve]:
            points.append(point(options.model, options.method, curve, value))
            print(json.dumps(points[-1]), flush=True)
        print(f"time grows with {curve} to the power of {exponent(points, curve):.2f}", flush=True)


if __name__ == "__main__":
    main()
