"""Read the singular values of an adapter's update: the directions it uses, and what a smaller rank would keep.

Arithmetic on lists of numbers, without torch; `training.rank_analysis` finds the values. An update is scale · B A of
one matrix, with singular values s1 >= s2 >= ... >= sr >= 0.

energy          the sum of s_i², which is the squared Frobenius norm of the update. The best update of rank n (Eckart
                and Young, 1936) keeps the n largest, so its squared error is exactly the sum of the others.
effective rank  exp(-sum p_i ln p_i), p_i = s_i / sum of s (Roy and Vetterli, EUSIPCO 2007): r for equal values, 1 for a
                single one.
stable rank     sum of s_i² / s1² (Rudelson and Vershynin, 2007): never over the rank, and insensitive to tiny values.
numeric rank    how many values exceed rounding, s1 · max(rows, columns) · epsilon, as in `numpy.linalg.matrix_rank`.

A matrix that did not move (all values 0) has rank 0 by every count.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.foundation.messages import Message, message, sentences

ENOUGH = 0.95  # of the energy: what the advice keeps
NEAR_FULL = 0.9  # of the rank: needing more than this leaves hardly any free (equal values need 95 %)
SHARES = (0.90, 0.95, 0.99)
FLOAT32_EPSILON = 2.0**-23  # adapters are kept in float32


@dataclass(frozen=True)
class LayerSpectrum:
    """An adapted matrix of `rows` by `columns`, and the singular values of its update in descending order."""

    name: str
    rows: int
    columns: int
    singular_values: tuple[float, ...]

    @property
    def energy(self) -> float:
        """The squared Frobenius norm of the update."""
        return math.fsum(value * value for value in self.singular_values)

    @property
    def effective_rank(self) -> float:
        """The exponential of the entropy of the values' shares."""
        total = math.fsum(self.singular_values)
        shares = [value / total for value in self.singular_values if value > 0] if total > 0 else []
        return math.exp(-math.fsum(share * math.log(share) for share in shares)) if shares else 0.0

    @property
    def stable_rank(self) -> float:
        """The energy divided by the square of the largest value."""
        largest = max(self.singular_values, default=0.0)
        return self.energy / largest**2 if largest > 0 else 0.0

    @property
    def numeric_rank(self) -> int:
        """How many values exceed rounding in float32."""
        floor = max(self.singular_values, default=0.0) * max(self.rows, self.columns) * FLOAT32_EPSILON
        return sum(1 for value in self.singular_values if value > floor)


@dataclass(frozen=True)
class LayerSummary:
    """An adapted matrix with its ranks, rounded."""

    name: str
    rows: int
    columns: int
    effective_rank: float
    stable_rank: float
    numeric_rank: int
    singular_values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class RankSummary:
    """What a spectrum means; of an analysis that was stopped, nothing.

    `used`: the most directions that any matrix uses. `kept[n - 1]`: the share of the energy that rank n keeps.
    `enough`: the smallest rank by the share that it keeps, in percent. Effective and stable rank are means over the
    matrices that moved. `highest`: the highest rank that every matrix can have. `sentence` is kept for readers of the
    stored JSON; `rank_sentence` makes it of the figures.
    """

    rank: int = 0
    matrices: int = 0
    used: int = 0
    kept: tuple[float, ...] = ()
    enough: Mapping[int, int] = field(default_factory=dict)
    effective_rank: float = 0.0
    stable_rank: float = 0.0
    highest: int = 0
    sentence: Message | None = None

    @property
    def meaning(self) -> Message | None:
        """Return what the figures mean; of version 0.1.0, which lacks one of them, what it said then."""
        return rank_sentence(self) if self.highest else self.sentence


@dataclass(frozen=True)
class AdapterSpectrum:
    """All adapted matrices of an adapter of rank `rank`."""

    rank: int
    layers: tuple[LayerSpectrum, ...]

    def kept(self, rank: int) -> float:
        """Return the share of the energy, 0 to 1, that the best adapter of a smaller `rank` keeps."""
        total = math.fsum(layer.energy for layer in self.layers)
        kept = math.fsum(value * value for layer in self.layers for value in layer.singular_values[:rank])
        return min(1.0, kept / total) if total > 0 else 1.0

    def enough(self, share: float = ENOUGH) -> int:
        """Return the smallest rank (at least 1) that keeps `share` of the energy."""
        return next((rank for rank in range(1, self.rank) if self.kept(rank) >= share), self.rank)

    @property
    def used(self) -> int:
        """The most directions that any matrix uses: a smaller rank would lose more than rounding."""
        return max((layer.numeric_rank for layer in self.layers), default=0)

    def summary(self) -> RankSummary:
        """Return what the values mean."""
        moved = [layer for layer in self.layers if layer.energy > 0]
        count = max(1, len(moved))
        return RankSummary(
            rank=self.rank,
            matrices=len(self.layers),
            used=self.used,
            kept=tuple(round(self.kept(rank), 6) for rank in range(1, self.rank + 1)),
            enough={round(100 * share): self.enough(share) for share in SHARES},
            effective_rank=round(math.fsum(layer.effective_rank for layer in moved) / count, 3),
            stable_rank=round(math.fsum(layer.stable_rank for layer in moved) / count, 3),
            highest=min(min(layer.rows, layer.columns) for layer in self.layers),
        )

    def by_layer(self) -> list[LayerSummary]:
        """Return each matrix with its ranks and its values."""
        return [
            LayerSummary(
                name=layer.name,
                rows=layer.rows,
                columns=layer.columns,
                effective_rank=round(layer.effective_rank, 3),
                stable_rank=round(layer.stable_rank, 3),
                numeric_rank=layer.numeric_rank,
                singular_values=tuple(float(f"{value:.6g}") for value in layer.singular_values),
            )
            for layer in self.layers
        ]


def rank_sentence(found: RankSummary) -> Message:
    """Say whether the rank was more than needed, about right, or may have been too low."""
    if found.used == 0:
        return message("spectrum.nothing")
    needed = found.enough.get(round(100 * ENOUGH), found.rank)
    figures = {"rank": found.rank, "needed": needed, "share": ENOUGH}
    if found.used < found.rank:
        return message("spectrum.unused", used=found.used, **figures)
    if needed > NEAR_FULL * found.rank:
        higher = min(2 * found.rank, found.highest)
        at_the_end = found.rank >= found.highest
        advice = message("spectrum.highest") if at_the_end else message("spectrum.try-higher", rank=higher)
        return sentences(message("spectrum.all-used", **figures), advice)
    return message("spectrum.too-high" if 2 * needed <= found.rank else "spectrum.right", **figures)
