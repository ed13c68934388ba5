"""Training speed of the product's own loop on a chat data set, beside a peer's figures for the same settings.

    python -m ops.bench.training_speed MODEL_DIR TRAIN.jsonl [--held-out HELD.jsonl] [--method lora] [--rank 8] [--batch 8] [--steps 60]

Each line of the files is {"messages": [...]}. Prints one JSON object (tokens_per_s counts all tokens of the examples, as a trainer
that computes each of them does; peak_rss_mib is of this process, which does nothing else; losses are nats a learned token) and a line
for people. No speed is asserted anywhere: machines differ. Compare only figures from one machine in one session.
"""

import argparse
import json
import math
import os
import resource
import sys
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")

from appliance.inference.compute_type import flush_denormals, probe, type_name
from appliance.prompts import ChatPrompts
from appliance.training.checkpoints import TrainingCheckpoint
from appliance.training.examples import TokenizedExample
from appliance.training.loop import TrainingPlan, TrainingProgress, held_out_loss, train
from appliance.training.methods import METHODS, MethodSettings


class _Watch:
    """Hears of each step and keeps nothing."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def progress(self, progress: TrainingProgress) -> None:
        self.losses.append(progress.loss)
        print(f"\rstep {progress.step} of {progress.steps}", end="", file=sys.stderr, flush=True)

    def keep(self, checkpoint: TrainingCheckpoint) -> None:
        del checkpoint


def read_examples(path: Path, prompts: ChatPrompts) -> list[TokenizedExample]:
    """Return the tokenised conversations of a JSONL file."""
    encoded = [prompts.encode_conversation(json.loads(line)["messages"]) for line in path.read_text(encoding="utf-8").splitlines()]
    return [TokenizedExample(tuple(each.input_ids), tuple(each.loss_mask)) for each in encoded]


def main() -> None:
    """Train for the asked number of steps and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--method", choices=sorted(METHODS), default="lora")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    prompts = ChatPrompts.load(options.model)
    examples = read_examples(options.train, prompts)
    flush_denormals()
    compute_type = probe()
    loaded = METHODS[options.method]().load(
        options.model, MethodSettings(rank=options.rank, lora_alpha=2 * options.rank, compute_type=compute_type, seed=options.seed)
    )
    epochs = math.ceil(options.steps * options.batch / len(examples))
    plan = TrainingPlan(epochs, options.batch, options.learning_rate, options.seed, checkpoint_steps=10**9)
    watch = _Watch()
    outcome = train(loaded, examples, [], plan, watch, should_stop=lambda: len(watch.losses) >= options.steps)
    result = {
        "method": options.method,
        "compute_type": type_name(compute_type),
        "steps": outcome.steps_done,
        "seconds": round(outcome.seconds, 2),
        "tokens_per_s": round(outcome.tokens / outcome.seconds, 1),
        "train_loss": round(outcome.train_loss, 4),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if options.held_out:
        result["held_out_loss"] = round(held_out_loss(loaded, read_examples(options.held_out, prompts), options.batch), 4)
    print(file=sys.stderr)
    print(f"{result['tokens_per_s']} tokens/s over {result['steps']} steps, {result['peak_rss_mib']} MiB at most", file=sys.stderr)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
