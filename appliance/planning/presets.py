"""Presets: choices for people who have never heard of a learning rate, and where each default comes from.

rank 16, alpha 32   alpha = 2·rank, as in the successors of QLoRA's code (PEFT, TRL). For small datasets the rank hardly
                    matters ("LoRA Without Regret", Schulman et al., Thinking Machines, 2025), so 16 is room enough at
                    3.6 % of a 135 M model.
all linear layers   needed to match full fine-tuning (QLoRA, arXiv:2305.14314, section 4, figure 2; "LoRA Without
                    Regret" agrees).
learning rate       Adapters: 2e-4 from a billion parameters on (QLoRA, table 9, for 7B and 13B). Smaller models take
                    more: `TINY_LEARNING_RATE` was measured on SmolLM2-135M at rank 16 (ops/bench/README.md, "Learning
                    rates"). Half of it is better from rank 64 on over few steps, twice as much on the sample handbook
                    alone. Between the two sizes: a straight line over logarithms. Weights of the model itself (full,
                    last layers): a tenth of that from a billion parameters on ("LoRA Without Regret": LoRA's best rate
                    is about ten times that of full training, over 14 models); a seventh for tiny models, where the
                    held-out loss falls up to that rate and hardly further. DoRA takes LoRA's (arXiv:2402.09353,
                    section 5).
rsLoRA              alpha / sqrt(r) is sqrt(r) times alpha / r (arXiv:2312.03732). To keep the meaning of the default
                    rate, alpha is then 2·sqrt(rank), rounded: the same scale as without rsLoRA at the presets' ranks.
batch               4, 8 or 16, depending on the number of rows: see `batch`.
last layers         a quarter of the blocks (Lee et al., "Surgical Fine-Tuning", arXiv:2210.11466: which part is best
                    depends on the shift; outputs change with the last). The head stays frozen unless asked for.
dropout 0           the runs are short, and validation picks the best pass.
epochs              measured on the sample handbook (334 rows, 54 facts in five phrasings); see `PRESETS`.

`ops/bench/preset_rates.py` measures rates around these on the sample handbook.
"""

import math
from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message, sentences
from appliance.planning.batch import Batch, choose_batch
from appliance.planning.methods import METHODS, MethodChoice

TINY_PARAMETERS, TINY_LEARNING_RATE = 135_000_000, 3e-3
LARGE_PARAMETERS, LARGE_LEARNING_RATE = 1_000_000_000, 2e-4
TINY_OWN_RATE, LARGE_OWN_RATE = 4.5e-4, 2e-5  # where the model's own weights learn
ALPHA_PER_RANK = 2
LAST_LAYERS_SHARE = 0.25
MAX_EPOCHS = 100
MAX_LENGTH = 1024  # tokens of a row that training reads at most
_RANGES: dict[str, tuple[float, float]] = {
    "rank": (1, 1024),
    "epochs": (1, MAX_EPOCHS),
    "batch_size": (1, 256),
    "learning_rate": (1e-6, 1e-1),
    "last_layers": (1, 1024),
}
# The methods that an option is for: with another one it is a misunderstanding.
_METHODS_OF = {
    "rank": ("qlora", "lora"),
    "use_rslora": ("qlora", "lora"),
    "use_dora": ("qlora", "lora"),
    "last_layers": ("last-layers",),
    "train_head": ("last-layers",),
}


@dataclass(frozen=True)
class Preset:
    """One choice. `visits` bounds how many examples are seen in all; `min_steps` repeats small datasets more often."""

    name: str
    epochs: int
    visits: int
    min_steps: int
    rank: int = 16

    def passes(self, rows: int) -> int:
        """Return how often the data is read, unless it has few rows: many rows are read fewer times."""
        return min(self.epochs, max(1, self.visits // rows))

    def more_passes(self, rows: int, batch_size: int) -> Message | None:
        """Return why the data is read more often than the preset says; None where it is not."""
        taken, usual = _epochs(self, rows, batch_size), self.passes(rows)
        return message("planning.more-passes", taken=taken, usual=usual) if taken > usual else None

    def batch(self, rows: int) -> Batch:
        """Return how many rows make a step, with the reason."""
        return choose_batch(rows, passes=self.passes(rows), least_steps=self.min_steps)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("quick", epochs=3, visits=6_000, min_steps=40),
        Preset("balanced", epochs=6, visits=20_000, min_steps=120),
        Preset("thorough", epochs=12, visits=60_000, min_steps=240),
    )
}


def default_learning_rate(parameters: int, method: str = "lora") -> float:
    """Return the learning rate of a method on a model of this size: see the module."""
    share = math.log(parameters / TINY_PARAMETERS) / math.log(LARGE_PARAMETERS / TINY_PARAMETERS)
    tiny, large = (
        (TINY_LEARNING_RATE, LARGE_LEARNING_RATE) if MethodChoice(method).adapters else (TINY_OWN_RATE, LARGE_OWN_RATE)
    )
    return float(f"{tiny * (large / tiny) ** min(max(share, 0.0), 1.0):.1e}")


def default_last_layers(layers: int) -> int:
    """Return how many of a model's blocks learn by default."""
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
    """Return method, rank, lora_alpha, epochs, batch_size, learning_rate and options: the preset's unless given.

    Raises `InputError` naming everything that is wrong.
    """
    given = {
        "rank": rank,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "last_layers": last_layers,
    }
    switches = {"use_rslora": use_rslora, "use_dora": use_dora, "train_head": train_head}
    problems = _problems(method, preset, training_rows, given, switches)
    if problems:
        raise InputError(sentences(message("planning.choice"), *problems), code="planning.choice")
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
) -> list[Message]:
    problems = []
    if method not in METHODS:
        problems.append(message("planning.no-method", method=method, methods=METHODS))
    if preset not in PRESETS:
        problems.append(message("planning.no-preset", preset=preset, presets=tuple(PRESETS)))
    if training_rows < 1:
        problems.append(message("planning.no-row"))
    for name, value in given.items():
        low, high = _RANGES[name]
        if value is not None and not math.isfinite(value):
            problems.append(message("planning.not-finite", name=name))
        elif value is not None and not low <= value <= high:
            problems.append(message(f"planning.range-{name}", value=value, low=low, high=high))
    for name, methods in _METHODS_OF.items():
        asked = switches.get(name) or given.get(name) is not None
        if asked and method in METHODS and method not in methods:
            problems.append(message(f"planning.only-{name}", methods=methods, method=method))
    return problems


def _epochs(preset: Preset, rows: int, batch_size: int) -> int:
    """Return the preset's passes, or more where there are few rows (`min_steps`)."""
    steps_a_pass = math.ceil(rows / batch_size)
    enough = math.ceil(preset.min_steps / steps_a_pass)
    return min(MAX_EPOCHS, max(enough, preset.passes(rows)))
