"""Presets: what a person who never heard of a learning rate chooses between, and where each default comes from.

rank 16, alpha 32   alpha = 2·rank as in the QLoRA code's successors (peft, TRL); "LoRA Without Regret" (Schulman et
                    al., Thinking Machines,
                    2025) finds that for small data sets the rank hardly matters, so 16 is room enough at 3.6 % of a 135
                    M model.
all linear layers   QLoRA (arXiv:2305.14314, section 4, figure 2): needed to match full fine-tuning; "LoRA Without
                    Regret" agrees.
learning rate       Adapters: 2e-4 from a billion parameters on (QLoRA, table 9, for 7B and 13B). Smaller models take
                    more:
                    `TINY_LEARNING_RATE` was measured on SmolLM2-135M at rank 16 (ops/bench/README.md, "Learning
                    rates"); half of it is better from rank 64 on over few steps, twice as much on the sample handbook
                    alone. Between the two, a straight line in logarithms. Weights of the model itself (full, last
                    layers): a tenth of it from a billion parameters on ("LoRA Without Regret": LoRA's best rate is
                    about ten times full tuning's, over 14 models), a seventh for tiny ones, where the loss on rows set
                    aside falls up to there and hardly further. DoRA takes LoRA's (arXiv:2402.09353, section 5).
rsLoRA              alpha / sqrt(r) is sqrt(r) times alpha / r (arXiv:2312.03732). So that the default rate keeps its
                    meaning, alpha is then
                    2·sqrt(rank), rounded: the same scale as without at every rank of the presets.
batch               4, 8 or 16 by how many rows there are: see `batch`.
last layers         a quarter of the blocks (Lee et al., "Surgical Fine-Tuning", arXiv:2210.11466: which part is best
                    depends on the
                    shift; outputs change with the last). The head stays as it is unless asked for.
dropout 0           the runs are short, and validation picks the best pass.
epochs              measured on the sample handbook (334 rows, 54 facts in five phrasings); see `PRESETS`.

`ops/bench/preset_rates.py` measures rates around these on the sample handbook.
"""

import math
from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError
from appliance.planning.batch import Batch, choose_batch
from appliance.planning.methods import METHODS, MethodChoice

TINY_PARAMETERS, TINY_LEARNING_RATE = 135_000_000, 3e-3
LARGE_PARAMETERS, LARGE_LEARNING_RATE = 1_000_000_000, 2e-4
TINY_OWN_RATE, LARGE_OWN_RATE = 4.5e-4, 2e-5  # where the model's own weights learn
ALPHA_PER_RANK = 2
LAST_LAYERS_SHARE = 0.25
MAX_EPOCHS = 100
MAX_LENGTH = 1024  # tokens of a row that training reads
_RANGES: dict[str, tuple[float, float]] = {
    "rank": (1, 1024),
    "epochs": (1, MAX_EPOCHS),
    "batch_size": (1, 256),
    "learning_rate": (1e-6, 1e-1),
    "last_layers": (1, 1024),
}
# What belongs to which methods; elsewhere it is a misunderstanding, and said so.
_BELONGS = {
    "rank": ("qlora", "lora"),
    "use_rslora": ("qlora", "lora"),
    "use_dora": ("qlora", "lora"),
    "last_layers": ("last-layers",),
    "train_head": ("last-layers",),
}
_CALLED = {
    "use_rslora": "rsLoRA",
    "use_dora": "DoRA",
    "last_layers": "a number of last layers",
    "train_head": "training the head",
}
_MEASURES = {
    "rank": "the rank",
    "epochs": "the number of times through the data (epochs)",
    "batch_size": "the number of rows a step (batch size)",
    "learning_rate": "the learning rate",
    "last_layers": "the number of last layers",
}


@dataclass(frozen=True)
class Preset:
    """One choice.

    `visits` bounds how many examples are seen in all, `min_steps` makes small data sets go around more often.
    """

    name: str
    sentence: str
    epochs: int
    visits: int
    min_steps: int
    rank: int = 16

    def passes(self, rows: int) -> int:
        """Return how often so many rows are gone through, where they are not few: fewer times over many."""
        return min(self.epochs, max(1, self.visits // rows))

    def more_passes(self, rows: int, batch_size: int) -> str:
        """Return why so few steps a pass are gone through more often than the preset says, as a sentence; empty where
        they are not.
        """
        taken = _epochs(self, rows, batch_size)
        if taken <= self.passes(rows):
            return ""
        return (
            f"It goes {taken} times through the data instead of {self.passes(rows)}, because fewer steps would teach "
            "too little."
        )

    def batch(self, rows: int) -> Batch:
        """Return how many rows make a step, and why."""
        return choose_batch(rows, passes=self.passes(rows), least_steps=self.min_steps)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("quick", "A first impression in the shortest time.", epochs=3, visits=6_000, min_steps=40),
        Preset("balanced", "What most people should take.", epochs=6, visits=20_000, min_steps=120),
        Preset("thorough", "Twice the time, for the last few answers.", epochs=12, visits=60_000, min_steps=240),
    )
}


def default_learning_rate(parameters: int, method: str = "lora") -> float:
    """Return the learning rate of a method on a model of this size: see the module's docstring."""
    share = math.log(parameters / TINY_PARAMETERS) / math.log(LARGE_PARAMETERS / TINY_PARAMETERS)
    tiny, large = (
        (TINY_LEARNING_RATE, LARGE_LEARNING_RATE) if MethodChoice(method).adapters else (TINY_OWN_RATE, LARGE_OWN_RATE)
    )
    return float(f"{tiny * (large / tiny) ** min(max(share, 0.0), 1.0):.1e}")


def default_last_layers(layers: int) -> int:
    """Return how many of a model's blocks learn when nobody says."""
    return max(1, round(LAST_LAYERS_SHARE * layers))


def training_plan(
    *,
    method: str,
    preset: str,
    parameters: int,
    layers: int,
    training_rows: int,
    rank: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    use_rslora: bool = False,
    use_dora: bool = False,
    last_layers: int | None = None,
    train_head: bool = False,
) -> dict[str, Any]:
    """Return method, rank, lora_alpha, epochs, batch_size, learning_rate and the method's options: the preset's, unless
    given.

    Raises `InputError` naming all that is wrong at once.
    """
    given = {
        "rank": rank,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "last_layers": last_layers,
    }
    problems = _problems(
        method, preset, training_rows, given, {"use_rslora": use_rslora, "use_dora": use_dora, "train_head": train_head}
    )
    if problems:
        raise InputError("planning.choice", problems="; ".join(problems))
    chosen = PRESETS[preset]
    batch = batch_size or chosen.batch(training_rows).rows
    rank = rank or chosen.rank
    return {
        "method": method,
        "rank": rank,
        "lora_alpha": max(1, round(ALPHA_PER_RANK * math.sqrt(rank))) if use_rslora else ALPHA_PER_RANK * rank,
        "use_rslora": use_rslora,
        "use_dora": use_dora,
        "last_layers": (last_layers or default_last_layers(layers)) if method == "last-layers" else 0,
        "train_head": train_head,
        "epochs": epochs or _epochs(chosen, training_rows, batch),
        "batch_size": batch,
        "learning_rate": learning_rate or default_learning_rate(parameters, method),
    }


def _problems(
    method: str, preset: str, training_rows: int, given: dict[str, float | None], switches: dict[str, bool]
) -> list[str]:
    problems = []
    if method not in METHODS:
        problems.append(f"the method {method!r} is not one of {', '.join(METHODS)}")
    if preset not in PRESETS:
        problems.append(f"the preset {preset!r} is not one of {', '.join(PRESETS)}")
    if training_rows < 1:
        problems.append("there is no row to train on")
    for name, value in given.items():
        low, high = _RANGES[name]
        if value is not None and not low <= value <= high:  # Not a number fails this too.
            problems.append(f"{_MEASURES[name]} is {value:,g}, but must lie between {low:,g} and {high:,g}")
    for name, methods in _BELONGS.items():
        asked = switches.get(name) or given.get(name) is not None
        if asked and method in METHODS and method not in methods:
            problems.append(f"{_CALLED.get(name, name)} belongs to {' and '.join(methods)}, not to {method}")
    return problems


def _epochs(preset: Preset, rows: int, batch_size: int) -> int:
    """Return the preset's passes, more over few rows (`min_steps`)."""
    steps_a_pass = math.ceil(rows / batch_size)
    enough = math.ceil(preset.min_steps / steps_a_pass)
    return min(MAX_EPOCHS, max(enough, preset.passes(rows)))
