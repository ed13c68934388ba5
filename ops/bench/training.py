"""Training speed, memory and held-out loss of the product's own loop on a chat data set, to stand beside a peer's
figures.

    python -m ops.bench.workloads FOLDER                      the data sets: shared, own, long, turns (see there)
    python -m ops.bench.training MODEL_DIR TRAIN.jsonl [--held-out HELD.jsonl] [--method lora] [--rank 8] [--batch 8]
    [--steps 60]
    python peer_sft.py MODEL_DIR TRAIN.jsonl ... --group-by-length          the peer, in an environment of its own

For a held-out loss that compares like with like, both sides must see the same batches in the same order: `--order-to
FILE` writes the examples in the order in which this loop takes them, and `ops/bench/peer_in_order.py` feeds that file
to the peer from top to bottom.

Each line of the files is {"messages": [...]}. Prints one JSON object (tokens_per_s counts all tokens of the examples,
as a trainer that computes each of them does; seconds are those of the loop, frozen features included; cpu_seconds are
those of its threads: with OMP_NUM_THREADS=1 on both sides they can be compared on a busy machine, where the clock
cannot; peak_rss_mib is of this process, which does nothing else, before the held-out loss; losses are nats a learned
token; `held_out_loss_as_peer` counts as the peer does) and a line for people. No speed is asserted anywhere: machines
differ. Compare only figures from one machine in one session.
"""

import argparse
import json
import math
import os
import resource
import sys
import time
from pathlib import Path

from appliance.jobs.sandbox.confine import WORKER_SETTINGS

os.environ.update(WORKER_SETTINGS)  # as a worker has them

import torch

from appliance.inference.compute_type import flush_denormals, probe, type_name
from appliance.prompts import ChatPrompts
from appliance.training.checkpoints import TrainingCheckpoint
from appliance.training.examples import TokenizedExample
from appliance.training.loop import TrainingPlan, TrainingProgress, held_out_loss, train
from appliance.training.methods import METHODS, LoadedModel, MethodSettings
from appliance.training.packed_passes import PASS_TOKENS
from appliance.training.schedule import epoch_batches


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
    encoded = [
        prompts.encode_conversation(json.loads(line)["messages"])
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [TokenizedExample(tuple(each.input_ids), tuple(each.loss_mask)) for each in encoded]


def write_in_order(
    source: Path, target: Path, examples: list[TokenizedExample], *, batch: int, seed: int, epochs: int
) -> None:
    """Write the lines of `source` in the order in which the loop takes them, epoch after epoch."""
    lines = source.read_text(encoding="utf-8").splitlines()
    lengths = [len(example.input_ids) for example in examples]
    order = [
        index
        for epoch in range(epochs)
        for taken in epoch_batches(lengths, batch_size=batch, seed=seed, epoch=epoch)
        for index in taken
    ]
    target.write_text("".join(f"{lines[index]}\n" for index in order), encoding="utf-8")


def mean_of_batches(loaded: LoadedModel, held: list[TokenizedExample], batch: int) -> float:
    """Return the held-out loss as the peer counts it, of rows with one answer each.

    Everything after the prompt counts, what the template puts behind the answer's end too; and it is the mean of the
    batches' means (file order), weighted by their examples, not by their tokens.
    """
    held = [
        TokenizedExample(row.input_ids, tuple(place >= row.first_learned for place in range(len(row.input_ids))))
        for row in held
    ]
    total = 0.0
    for start in range(0, len(held), batch):
        some = held[start : start + batch]
        total += len(some) * held_out_loss(loaded, some, batch)
    return total / len(held)


def bytes_of(tensor: torch.Tensor) -> int:
    """Return what a tensor holds, with the constants of one that is packed to 4 bits (on a CPU unpacked as well, while
    it trains).
    """
    state = getattr(tensor, "quant_state", None)
    beside = 0
    if state is not None:
        nested = state.state2
        beside = sum(each.numel() * each.element_size() for each in (state.absmax, nested.absmax))
        beside += 4 * state.absmax.numel() if tensor.device.type == "cpu" else 0
    return tensor.numel() * tensor.element_size() + beside


def _current_mib() -> int:
    """Return this process's resident memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20


def main() -> None:
    """Train for the asked number of steps and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("train", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--method", choices=sorted(METHODS), default="lora")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--order-to", type=Path)
    parser.add_argument("--last-layers", type=int, default=2)
    parser.add_argument("--pass-tokens", type=int, default=PASS_TOKENS)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    prompts = ChatPrompts.load(options.model)
    # The schedule spans the steps that are run, as the peer's does: so there are no more examples than these steps see.
    examples = read_examples(options.train, prompts)[: options.steps * options.batch]
    flush_denormals()
    compute_type = probe()
    settings = MethodSettings(
        compute_type=compute_type,
        seed=options.seed,
        rank=options.rank,
        lora_alpha=2 * options.rank,
        last_layers=options.last_layers,
    )
    loaded = METHODS[options.method]().load(options.model, settings)
    loaded_mib = _current_mib()
    epochs = math.ceil(options.steps * options.batch / len(examples))
    if options.order_to:
        write_in_order(options.train, options.order_to, examples, batch=options.batch, seed=options.seed, epochs=epochs)
    plan = TrainingPlan(
        epochs,
        options.batch,
        options.learning_rate,
        options.seed,
        checkpoint_steps=10**9,
        pass_tokens=options.pass_tokens,
    )
    watch = _Watch()
    started, busy = time.perf_counter(), time.process_time()
    outcome = train(loaded, examples, [], plan, watch, should_stop=lambda: len(watch.losses) >= options.steps)
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    result = {
        "method": options.method,
        "compute_type": type_name(compute_type),
        "steps": outcome.steps_done,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(busy, 2),
        "tokens": outcome.tokens,
        "tokens_per_s": round(outcome.tokens / seconds, 1),
        "train_loss": round(outcome.train_loss, 4),
        "weights_mib": round(
            sum(bytes_of(each) for each in (*loaded.causal.parameters(), *loaded.causal.buffers())) / 2**20, 1
        ),
        "loaded_rss_mib": loaded_mib,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    if options.held_out:
        held = read_examples(options.held_out, prompts)
        result["held_out_loss"] = round(held_out_loss(loaded, held, options.batch), 4)
        result["held_out_loss_as_peer"] = round(mean_of_batches(loaded, held, options.batch), 4)
    print(file=sys.stderr)
    print(
        f"{result['tokens_per_s']} tokens/s over {result['steps']} steps, {result['peak_rss_mib']} MiB at most",
        file=sys.stderr,
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
