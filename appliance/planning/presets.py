"""Presets: what a person who never heard of a learning rate chooses between, and where each default comes from.

rank 16, alpha 32   alpha = 2·rank as in the QLoRA code's successors (peft, TRL); "LoRA Without Regret" (Schulman et al., Thinking Machines,
                    2025) finds that for small data sets the rank hardly matters, so 16 is room enough at 3.6 % of a 135 M model.
all linear layers   QLoRA (arXiv:2305.14314, section 4, figure 2): needed to match full fine-tuning; "LoRA Without Regret" agrees.
learning rate       2e-4 from a billion parameters on (QLoRA, table 9, for 7B and 13B). Smaller models take more: `TINY_LEARNING_RATE` was
                    measured on SmolLM2-135M with the sample handbook. Between the two, a straight line in logarithms.
batch 8             "LoRA Without Regret": LoRA loses to full fine-tuning at large batches, and learns as well at small ones.
dropout 0           the runs are short, and validation picks the best pass.
epochs              measured on the sample handbook (334 rows, 54 facts in five phrasings); see `PRESETS`.
"""

import math
from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError

METHODS = ("qlora", "lora")
TINY_PARAMETERS, TINY_LEARNING_RATE = 135_000_000, 1.5e-3
LARGE_PARAMETERS, LARGE_LEARNING_RATE = 1_000_000_000, 2e-4
ALPHA_PER_RANK = 2
MAX_EPOCHS = 100
MAX_LENGTH = 1024  # tokens of a row that training reads
_RANGES: dict[str, tuple[float, float]] = {
    "rank": (1, 256),
    "epochs": (1, MAX_EPOCHS),
    "batch_size": (1, 256),
    "learning_rate": (1e-6, 1e-1),
}


@dataclass(frozen=True)
class Preset:
    """One choice. `visits` bounds how many examples are seen in all, `min_steps` makes small data sets go around more often."""

    name: str
    sentence: str
    epochs: int
    visits: int
    min_steps: int
    batch_size: int = 8
    rank: int = 16


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("quick", "A first impression in the shortest time.", epochs=3, visits=6_000, min_steps=40),
        Preset("balanced", "What most people should take.", epochs=6, visits=20_000, min_steps=120),
        Preset("thorough", "Twice the time, for the last few answers.", epochs=12, visits=60_000, min_steps=240),
    )
}


def default_learning_rate(parameters: int) -> float:
    """Return the learning rate for LoRA on a model of this size: see the module's docstring."""
    if parameters <= TINY_PARAMETERS:
        return TINY_LEARNING_RATE
    if parameters >= LARGE_PARAMETERS:
        return LARGE_LEARNING_RATE
    share = math.log(parameters / TINY_PARAMETERS) / math.log(LARGE_PARAMETERS / TINY_PARAMETERS)
    exact = TINY_LEARNING_RATE * (LARGE_LEARNING_RATE / TINY_LEARNING_RATE) ** share
    return float(f"{exact:.1e}")


def training_plan(
    *,
    method: str,
    preset: str,
    parameters: int,
    training_rows: int,
    rank: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
) -> dict[str, Any]:
    """Return method, rank, lora_alpha, epochs, batch_size and learning_rate: the preset's, unless given.

    Raises `InputError` naming all that is wrong at once.
    """
    problems = []
    if method not in METHODS:
        problems.append(f"the method {method!r} is not one of {', '.join(METHODS)}")
    if preset not in PRESETS:
        problems.append(f"the preset {preset!r} is not one of {', '.join(PRESETS)}")
    if training_rows < 1:
        problems.append("there is no row to train on")
    given = {"rank": rank, "epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    for name, value in given.items():
        low, high = _RANGES[name]
        if value is not None and not low <= value <= high:  # Not a number fails this too.
            problems.append(f"{name} is {value}; it must lie between {low:g} and {high:g}")
    if problems:
        raise InputError(f"This training cannot be planned: {'; '.join(problems)}.", code="planning.choice")
    chosen = PRESETS[preset]
    batch = batch_size or chosen.batch_size
    rank = rank or chosen.rank
    return {
        "method": method,
        "rank": rank,
        "lora_alpha": ALPHA_PER_RANK * rank,
        "epochs": epochs or _epochs(chosen, training_rows, batch),
        "batch_size": batch,
        "learning_rate": learning_rate or default_learning_rate(parameters),
    }


def _epochs(preset: Preset, rows: int, batch_size: int) -> int:
    """Return the preset's passes: fewer over many rows (`visits`), more over few (`min_steps`)."""
    steps_a_pass = math.ceil(rows / batch_size)
    enough = math.ceil(preset.min_steps / steps_a_pass)
    affordable = max(1, preset.visits // rows)
    return min(MAX_EPOCHS, max(enough, min(preset.epochs, affordable)))
