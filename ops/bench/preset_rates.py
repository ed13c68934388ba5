"""Learning rates of a method on the sample handbook: the loss on rows set aside after a few passes, for rates around
the preset's.

    python -m ops.bench.preset_rates MODEL_DIR --method full [--epochs 2] [--rows 96] [--factors 0.33 1 3]

Prints one JSON object a rate. The presets' own rates (factor 1) are right when none beside them ends lower by more than
runs differ.
"""

import argparse
import csv
import json
import os
import sys
from pathlib import Path

from appliance.jobs.sandbox.confine import WORKER_SETTINGS

os.environ.update(WORKER_SETTINGS)  # as a worker has them

from appliance.inference.compute_type import flush_denormals, probe, type_name
from appliance.planning import METHODS as METHOD_NAMES
from appliance.planning import ModelShape
from appliance.planning.presets import default_last_layers, default_learning_rate
from appliance.prompts import ChatPrompts
from appliance.training.checkpoints import TrainingCheckpoint
from appliance.training.examples import TokenizedExample
from appliance.training.loop import TrainingPlan, TrainingProgress, train
from appliance.training.methods import METHODS, MethodSettings

HANDBOOK = Path(__file__).resolve().parents[1] / "sample" / "handbook.csv"


class _Watch:
    """Keeps nothing."""

    def progress(self, progress: TrainingProgress) -> None:
        print(f"\rstep {progress.step} of {progress.steps}", end="", file=sys.stderr, flush=True)

    def keep(self, checkpoint: TrainingCheckpoint) -> None:
        del checkpoint


def examples_of(prompts: ChatPrompts, part: str, limit: int) -> list[TokenizedExample]:
    """Return the first rows of a part, tokenised."""
    with HANDBOOK.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == part][:limit]
    turns = [
        [{"role": "user", "content": row["question"]}, {"role": "assistant", "content": row["answer"]}] for row in rows
    ]
    return [
        TokenizedExample(tuple(each.input_ids), tuple(each.loss_mask))
        for each in map(prompts.encode_conversation, turns)
    ]


def main() -> None:
    """Train once for each rate and print the losses."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--method", choices=METHOD_NAMES, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--factors", type=float, nargs="+", default=[0.33, 1.0, 3.0])
    options = parser.parse_args()
    flush_denormals()
    compute_type = probe()
    shape = ModelShape.from_config(json.loads((options.model / "config.json").read_text(encoding="utf-8")))
    prompts = ChatPrompts.load(options.model)
    training, validation = (
        examples_of(prompts, "training", options.rows),
        examples_of(prompts, "validation", options.rows // 4),
    )
    for factor in options.factors:
        rate = factor * default_learning_rate(shape.parameters, options.method)
        settings = MethodSettings(compute_type=compute_type, seed=0, last_layers=default_last_layers(shape.layers))
        loaded = METHODS[options.method]().load(options.model, settings)
        plan = TrainingPlan(options.epochs, 8, rate, 0, checkpoint_steps=10**9)
        outcome = train(loaded, training, validation, plan, _Watch())
        found = {
            "method": options.method,
            "learning_rate": rate,
            "validation_loss": outcome.validation_loss,
            "steps": outcome.steps_done,
        }
        print(json.dumps({**found, "compute_type": type_name(compute_type)}), flush=True)


if __name__ == "__main__":
    main()
