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
batch               4, 8 or 16, depending on the number of rows, never 32: adapters learn as well as full training in
                    small batches and fall behind in large ones, at every rank ("LoRA Without Regret"). A larger batch
                    makes each step steadier and leaves fewer of them. Below a critical size, what a step learns grows
                    with the batch; above it, rows are wasted (McCandlish et al., arXiv:1812.06162, section 2). So the
                    largest batch is taken that leaves `STEADY` times the steps below which a preset takes more passes.
                    Passes and rates were measured on the sample handbook at 8 rows a step, which this rule gives
                    there. Memory does not matter here: a batch is computed in passes whose gradients add up
                    (`passes`), and only these must fit.
last layers         a quarter of the blocks (Lee et al., "Surgical Fine-Tuning", arXiv:2210.11466: which part is best
                    depends on the shift; outputs change with the last). The head stays frozen unless asked for.
dropout 0           the runs are short, and validation picks the best pass.
epochs              measured on the sample handbook (334 rows, 54 facts in five phrasings); see `PRESETS`.

`ops/bench/preset_rates.py` measures rates around these on the sample handbook.
"""

import math
from dataclasses import dataclass

from appliance.foundation.messages import Message, message
from appliance.planning.methods import MethodChoice

BATCHES = (4, 8, 16)
TOO_LARGE = 32
STEADY = 2


@dataclass(frozen=True)
class Batch:
    """Rows a step, and the reason for that number."""

    rows: int
    reason: Message


def choose_batch(training_rows: int, *, passes: int, least_steps: int) -> Batch:
    """Return the batch for `training_rows`, each read `passes` times; fewer than `least_steps` teach too little."""
    wanted = STEADY * least_steps
    fitting = [size for size in BATCHES if passes * -(-training_rows // size) >= wanted]
    if not fitting:
        return Batch(BATCHES[0], message("planning.batch-few", rows=BATCHES[0]))
    rows = fitting[-1]
    if rows == BATCHES[-1]:
        return Batch(rows, message("planning.batch-most", rows=rows, too_large=TOO_LARGE))
    larger = BATCHES[BATCHES.index(rows) + 1]
    steps = passes * -(-training_rows // larger)
    return Batch(rows, message("planning.batch-steps", rows=rows, larger=larger, steps=steps, wanted=wanted))


TINY_PARAMETERS, TINY_LEARNING_RATE = 135_000_000, 3e-3
LARGE_PARAMETERS, LARGE_LEARNING_RATE = 1_000_000_000, 2e-4
TINY_OWN_RATE, LARGE_OWN_RATE = 4.5e-4, 2e-5  # where the model's own weights learn
ALPHA_PER_RANK = 2
LAST_LAYERS_SHARE = 0.25
MAX_EPOCHS = 100
MAX_LENGTH = 1024  # tokens of a row that training reads at most


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
        taken, usual = default_epochs(self, rows, batch_size), self.passes(rows)
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


def default_alpha(rank: int, *, use_rslora: bool) -> int:
    """Return the alpha that keeps the scale for which the learning rates were measured."""
    return max(1, round(ALPHA_PER_RANK * math.sqrt(rank))) if use_rslora else ALPHA_PER_RANK * rank


def default_epochs(preset: Preset, rows: int, batch_size: int) -> int:
    """Return the preset's passes, or more where there are few rows (`min_steps`)."""
    steps_a_pass = math.ceil(rows / batch_size)
    enough = math.ceil(preset.min_steps / steps_a_pass)
    return min(MAX_EPOCHS, max(enough, preset.passes(rows)))
