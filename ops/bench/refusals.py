"""The table of refusals: what cannot be trained, and the sentence that says so, from the code that refuses.

python -m ops.bench.refusals        prints the table of `ops/bench/refusals.md`, where it is kept
"""

from appliance.foundation.errors import InputError
from appliance.planning import Machine, MethodChoice, RowSizes, Speed, Training, fit_training
from appliance.planning.gpu_table import TYPICAL_SHAPES
from appliance.planning.training_settings import TrainingChoice, resolve_settings

SHAPES = dict(TYPICAL_SHAPES)
ROWS = RowSizes(rows=1000, mean=120, longest=300, shared=20)
GB = 10**9


def machine(memory_gb: float, disk_gb: float = 100, gflops: float = 100) -> Machine:
    return Machine(round(memory_gb * GB), round(disk_gb * GB), 2, Speed("bfloat16", gflops, 10))


def fitted(shape: str, choice: MethodChoice, on: Machine, rows: RowSizes = ROWS, epochs: int = 3) -> None:
    fit_training(Training(SHAPES[shape], choice, on, rows, epochs, 8))


def planned(**changes: object) -> None:
    resolve_settings(TrainingChoice(**changes), parameters=134_515_008, layers=30, training_rows=300)  # type: ignore[arg-type]


CASES = (
    ("full training, 1 B, 8 GB", lambda: fitted("1B", MethodChoice("full"), machine(8))),
    (
        "full training, 8 B, GPU of 12 GB",
        lambda: fitted("8B", MethodChoice("full"), Machine(12 * GB, 10**13, 8, gpu=True)),
    ),
    ("LoRA, 8 B, GPU of 16 GB", lambda: fitted("8B", MethodChoice("lora"), Machine(16 * GB, 10**13, 8, gpu=True))),
    ("QLoRA, 0.5 B, 1.3 GB", lambda: fitted("0.5B", MethodChoice("qlora"), machine(1.3))),
    (
        "rows of 1,024 tokens, 1.02 GB",
        lambda: fitted("0.1B", MethodChoice("qlora"), machine(1.02), RowSizes(1000, 120, 1024)),
    ),
    ("no memory for anything", lambda: fitted("8B", MethodChoice("qlora"), machine(0.5))),
    ("rank over the smallest side", lambda: fitted("0.1B", MethodChoice("lora", rank=300), machine(22))),
    ("more last layers than layers", lambda: fitted("0.1B", MethodChoice("last-layers", last_layers=40), machine(22))),
    ("3 GB of disk, full training", lambda: fitted("0.1B", MethodChoice("full"), machine(22, 3))),
    ("1 MB of disk", lambda: fitted("0.1B", MethodChoice("qlora", rank=1), machine(22, 0.001))),
    ("months, many passes", lambda: fitted("0.1B", MethodChoice("lora"), machine(22, gflops=0.05), epochs=50)),
    ("months, one pass", lambda: fitted("70B", MethodChoice("qlora"), machine(300, gflops=0.5), epochs=1)),
    ("DoRA with full training", lambda: planned(method="full", use_dora=True)),
    ("last layers of LoRA", lambda: planned(method="lora", last_layers=3)),
    ("the head with QLoRA", lambda: planned(train_head=True)),
    ("several mistakes at once", lambda: planned(method="magic", preset="slow", rank=0)),
)


def refusal_table() -> str:
    """Return the table as Markdown. Raises `AssertionError` for a case that is not refused."""
    lines = ["| asked for | said |", "| --- | --- |"]
    for name, ask in CASES:
        try:
            ask()
        except InputError as error:
            lines.append(f"| {name} | {error.sentence} (`{error.code}`) |")
        else:
            raise AssertionError(f"{name} was not refused")
    return "\n".join(lines)


if __name__ == "__main__":
    print(refusal_table())
