"""How far the planner's estimates are from what trainings really took: ten varied configurations, each in a process of
its own.

    python -m ops.bench.planner_error [--only NAME] [--models FOLDER]

Each configuration makes a model of random weights (the shape decides memory and speed, not the values), trains it for a
few steps on random rows by the product's own loop, and reports its peak resident memory and the seconds of its loop.
Beside them stands what `appliance.planning` says for the same shape, plan and rows, with the speed that
`inference.compute_type` finds just before and after. Times are of one thread, in seconds of its processor
(`time.process_time`), on both sides: other work on a shared machine hardly counts there. No speed is asserted: machines
differ. Goals: memory within 20 %, time within 30 %.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.jobs.sandbox.confine import WORKER_SETTINGS

os.environ.update(WORKER_SETTINGS)  # as a worker has them

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from appliance.inference.compute_type import flush_denormals, measure_speed, probe, type_name
from appliance.planning import Machine, MethodChoice, ModelShape, RowSizes, Speed, Training, expected
from appliance.planning.estimates import estimate_seconds
from appliance.planning.memory import estimate_memory
from appliance.planning.methods import trained_parameters
from appliance.training.checkpoints import TrainingCheckpoint
from appliance.training.examples import TokenizedExample
from appliance.training.loop import TrainingPlan, TrainingProgress, train
from appliance.training.methods import METHODS, MethodSettings

SMALL = {
    "hidden": 256,
    "layers": 8,
    "heads": 8,
    "key_value_heads": 4,
    "intermediate": 768,
    "vocabulary": 8192,
    "tied": True,
}
MIDDLE = {
    "hidden": 512,
    "layers": 12,
    "heads": 8,
    "key_value_heads": 8,
    "intermediate": 1536,
    "vocabulary": 32000,
    "tied": False,
}
DEEP = {
    "hidden": 384,
    "layers": 32,
    "heads": 6,
    "key_value_heads": 2,
    "intermediate": 1024,
    "vocabulary": 16384,
    "tied": True,
}
WIDE = {
    "hidden": 1024,
    "layers": 8,
    "heads": 16,
    "key_value_heads": 8,
    "intermediate": 2816,
    "vocabulary": 65536,
    "tied": True,
}
SMOLLM2 = {
    "hidden": 576,
    "layers": 30,
    "heads": 9,
    "key_value_heads": 3,
    "intermediate": 1536,
    "vocabulary": 49152,
    "tied": True,
}


@dataclass(frozen=True)
class Case:
    """One training: a model's shape, what learns, and rows of `length` tokens on average of which `shared` are a common
    beginning.
    """

    name: str
    shape: dict[str, Any]
    method: str
    rank: int = 16
    batch: int = 8
    length: int = 100
    shared: int = 30
    steps: int = 3
    last_layers: int = 0
    use_dora: bool = False
    checkpointing: bool = False
    pass_tokens: int = 1024


CASES = (
    Case("135M QLoRA", SMOLLM2, "qlora"),
    Case("135M LoRA r 8", SMOLLM2, "lora", rank=8),
    Case("135M LoRA r 64, long rows", SMOLLM2, "lora", rank=64, batch=4, length=400, shared=0),
    Case("small LoRA, batch 32", SMALL, "lora", batch=32, length=60, steps=4),
    Case("small QLoRA, longest rows", SMALL, "qlora", batch=4, length=800, shared=100),
    Case("middle LoRA, checkpointing", MIDDLE, "lora", batch=16, length=120, checkpointing=True),
    Case("middle full", MIDDLE, "full", batch=8, length=150),
    Case("deep QLoRA r 4", DEEP, "qlora", rank=4, batch=8, length=200, shared=60),
    Case("wide last 2 layers", WIDE, "last-layers", last_layers=2, batch=8, length=120),
    Case("wide LoRA r 32, small passes", WIDE, "lora", rank=32, batch=8, length=90, shared=0, pass_tokens=256),
)


def write_model(case: Case, folder: Path) -> None:
    """Write a Llama of the case's shape with random weights in bf16."""
    shape = case.shape
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=shape["vocabulary"],
        hidden_size=shape["hidden"],
        intermediate_size=shape["intermediate"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["key_value_heads"],
        max_position_embeddings=2048,
        tie_word_embeddings=shape["tied"],
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)


def rows_of(case: Case) -> list[tuple[tuple[int, ...], tuple[bool, ...]]]:
    """Return random rows: lengths from 0.6 to 1.4 of the mean, 40 % of the tokens to be learned."""
    dice = random.Random(7)
    top = case.shape["vocabulary"] - 1
    shared = tuple(dice.randint(1, top) for _ in range(case.shared))
    made = []
    for _ in range(case.batch * case.steps):
        length = max(case.shared + 8, dice.randint(round(0.6 * case.length), round(1.4 * case.length)))
        ids = shared + tuple(dice.randint(1, top) for _ in range(length - case.shared))
        learned = max(1, round(0.4 * length))
        made.append((ids, tuple(place >= length - learned for place in range(length))))
    return made


def measure(case: Case, model: Path, compute_name: str) -> dict[str, Any]:
    """Train as the worker does, in this process, and return what it took."""
    flush_denormals()
    compute_type = getattr(torch, compute_name)
    settings = MethodSettings(
        compute_type=compute_type,
        seed=0,
        rank=case.rank,
        lora_alpha=2 * case.rank,
        use_dora=case.use_dora,
        last_layers=case.last_layers,
        activation_checkpointing=case.checkpointing,
    )
    loaded = METHODS[case.method]().load(model, settings)

    class Teller:
        def progress(self, progress: TrainingProgress) -> None:
            del progress

        def keep(self, checkpoint: TrainingCheckpoint) -> None:
            del checkpoint  # written as it is, piece by piece: it takes time, and no memory worth counting

    torch.set_num_threads(1)
    speeds = [measure_speed(time.process_time)]
    examples = [TokenizedExample(*row) for row in rows_of(case)]
    loaded_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    plan = TrainingPlan(1, case.batch, 1e-4, 0, checkpoint_steps=case.steps, pass_tokens=case.pass_tokens)
    began = time.process_time()
    outcome = train(loaded, examples, [], plan, Teller())
    spent = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    speeds.append(
        measure_speed(time.process_time)
    )  # a shared machine changes while it works: what it does in the mean counts
    speed = {name: statistics.harmonic_mean(getattr(each, name) for each in speeds) for name in ("gflops", "copy_gb_s")}
    return {
        "compute_type": compute_name,
        "gflops": round(speed["gflops"], 1),
        "copy_gb_s": round(speed["copy_gb_s"], 1),
        "trained": sum(each.numel() for each in loaded.trainable.values()),
        "seconds": round(spent, 2),
        "tokens": outcome.tokens,
        "loaded_mib": loaded_mib,
        "peak_mib": peak,
    }


def child(case: Case, do: str, model: Path, compute_name: str) -> dict[str, Any]:
    """Do one part of a case in a fresh process: its peak memory is then its own."""
    words = [sys.executable, "-m", "ops.bench.planner_error", "--child", do, "--only", case.name]
    words += ["--models", str(model), "--compute-type", compute_name]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(case: Case, found: dict[str, Any]) -> dict[str, Any]:
    """Return what was estimated beside what was measured."""
    shape = ModelShape(head_dim=case.shape["hidden"] // case.shape["heads"], **case.shape)
    choice = MethodChoice(case.method, rank=case.rank, use_dora=case.use_dora, last_layers=case.last_layers)
    lengths = [len(ids) for ids, _ in rows_of(case)]
    rows = RowSizes(len(lengths), sum(lengths) / len(lengths), max(lengths), case.shared)
    machine = Machine(1 << 40, 1 << 50, 2, Speed(found["compute_type"], found["gflops"], found["copy_gb_s"]))
    wanted = Training(shape, choice, machine, rows, epochs=1, batch_size=case.batch)
    memory = estimate_memory(wanted, case.pass_tokens, checkpointing=case.checkpointing).total / 2**20
    seconds = expected(estimate_seconds(wanted, case.pass_tokens, checkpointing=case.checkpointing))
    return {
        **found,
        "name": case.name,
        "trained_estimated": trained_parameters(shape, choice),
        "peak_mib_estimated": round(memory),
        "memory_error": round(memory / found["peak_mib"] - 1, 3),
        "seconds_estimated": round(seconds, 2),
        "time_error": round(seconds / found["seconds"] - 1, 3),
    }


def main() -> None:
    """Run the cases and print a line for each, and the greatest errors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--models", type=Path, help="keep the models here from one run to the next")
    parser.add_argument("--compute-type", choices=("float32", "bfloat16"))
    parser.add_argument("--child", choices=("write", "measure"))
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in ("", case.name)]
    if options.child == "write":
        write_model(cases[0], options.models)
        print("{}")
        return
    if options.child:
        print(json.dumps(measure(cases[0], options.models, options.compute_type)))
        return
    compute_name = options.compute_type or type_name(probe())
    results = []
    with tempfile.TemporaryDirectory() as place:
        for case in cases:
            model = (options.models or Path(place)) / case.name.replace(" ", "-").replace(",", "")
            if not model.exists():
                child(case, "write", model, compute_name)
            results.append(compare(case, child(case, "measure", model, compute_name)))
            print(json.dumps(results[-1]), flush=True)
    worst = {name: max(abs(each[name]) for each in results) for name in ("memory_error", "time_error")}
    print(f"greatest errors: memory {worst['memory_error']:.0%}, time {worst['time_error']:.0%}", file=sys.stderr)


if __name__ == "__main__":
    main()
