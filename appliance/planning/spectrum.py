"""What the singular values of an adapter's update say: how many directions it uses, and how much a smaller rank would
keep.

Arithmetic on lists of numbers, without torch; `training.rank_analysis` finds the values. An update here is scale · B A
of one matrix, with singular values s1 >= s2 >= ... >= sr >= 0.

energy          the sum of s_i², which is the squared Frobenius norm of the update. The best update of rank n (Eckart
                and Young, 1936)
                keeps the n largest, so its squared error is exactly the sum of the others.
effective rank  exp(-sum p_i ln p_i), p_i = s_i / sum of s (Roy and Vetterli, EUSIPCO 2007): r for equal values, 1 for a
                single one.
stable rank     sum of s_i² / s1² (Rudelson and Vershynin, 2007): never over the rank, and deaf to tiny values.
numeric rank    how many values are more than rounding: over s1 · max(rows, columns) · epsilon, as
                `numpy.linalg.matrix_rank` counts.

A matrix that did not move (all values 0) has rank 0 by every count.
"""

import math
from dataclasses import dataclass
from typing import Any

ENOUGH = 0.95  # of the energy: what the advice keeps, unless somebody asks for more
SHARES = (0.90, 0.95, 0.99)
FLOAT32_EPSILON = 2.0**-23  # adapters are kept in float32


@dataclass(frozen=True)
class LayerSpectrum:
    """One adapted matrix of `rows` by `columns`: its name in the model, and the singular values of its update,
    falling.
    """

    name: str
    rows: int
    columns: int
    singular_values: tuple[float, ...]

    @property
    def energy(self) -> float:
        """Return the squared Frobenius norm of the update."""
        return math.fsum(value * value for value in self.singular_values)

    @property
    def effective_rank(self) -> float:
        """Return exp of the entropy of the values' shares."""
        total = math.fsum(self.singular_values)
        shares = [value / total for value in self.singular_values if value > 0] if total > 0 else []
        return math.exp(-math.fsum(share * math.log(share) for share in shares)) if shares else 0.0

    @property
    def stable_rank(self) -> float:
        """Return energy over the square of the largest value."""
        largest = max(self.singular_values, default=0.0)
        return self.energy / largest**2 if largest > 0 else 0.0

    @property
    def numeric_rank(self) -> int:
        """Return how many values are more than rounding in float32."""
        floor = max(self.singular_values, default=0.0) * max(self.rows, self.columns) * FLOAT32_EPSILON
        return sum(1 for value in self.singular_values if value > floor)


@dataclass(frozen=True)
class AdapterSpectrum:
    """All adapted matrices of an adapter of rank `rank`."""

    rank: int
    layers: tuple[LayerSpectrum, ...]

    def kept(self, rank: int) -> float:
        """Return the share of the whole energy that the best adapter of a smaller `rank` keeps, 0 to 1."""
        total = math.fsum(layer.energy for layer in self.layers)
        kept = math.fsum(value * value for layer in self.layers for value in layer.singular_values[:rank])
        return min(1.0, kept / total) if total > 0 else 1.0

    def enough(self, share: float = ENOUGH) -> int:
        """Return the smallest rank (at least 1) that keeps `share` of the energy."""
        return next((rank for rank in range(1, self.rank) if self.kept(rank) >= share), self.rank)

    @property
    def used(self) -> int:
        """Return the most directions that any matrix uses: a smaller rank would lose more than rounding."""
        return max((layer.numeric_rank for layer in self.layers), default=0)

    @property
    def _highest(self) -> int:
        """Return the highest rank that every adapted matrix can have."""
        return min(min(layer.rows, layer.columns) for layer in self.layers)

    def summary(self) -> dict[str, Any]:
        """Return what people and pages need, as plain JSON. `kept[n - 1]` is the share that rank n keeps."""
        moved = [layer for layer in self.layers if layer.energy > 0]
        count = max(1, len(moved))
        return {
            "rank": self.rank,
            "matrices": len(self.layers),
            "used": self.used,
            "kept": [round(self.kept(rank), 6) for rank in range(1, self.rank + 1)],
            "enough": {f"{round(100 * share)}": self.enough(share) for share in SHARES},
            "effective_rank": round(math.fsum(layer.effective_rank for layer in moved) / count, 3),
            "stable_rank": round(math.fsum(layer.stable_rank for layer in moved) / count, 3),
            "sentence": self.sentence(),
        }

    def by_layer(self) -> list[dict[str, Any]]:
        """Return each matrix with its values and its ranks, as plain JSON."""
        return [
            {
                "name": layer.name,
                "rows": layer.rows,
                "columns": layer.columns,
                "effective_rank": round(layer.effective_rank, 3),
                "stable_rank": round(layer.stable_rank, 3),
                "numeric_rank": layer.numeric_rank,
                "singular_values": [float(f"{value:.6g}") for value in layer.singular_values],
            }
            for layer in self.layers
        ]

    def sentence(self) -> str:
        """Say in plain words whether the rank was more than needed, about right, or may have been too low."""
        if self.used == 0:
            return (
                "The adapter changes nothing: all its updates are zero. Train it longer, or with a higher learning "
                "rate."
            )
        enough, percent = self.enough(), round(100 * ENOUGH)
        carry = f"{enough} direction carries" if enough == 1 else f"{enough} directions carry"
        if self.used < self.rank:
            used = (
                f"only {self.used} of its {self.rank} directions {'is' if self.used == 1 else 'are'} used at all, and "
            )
            return f"{self.rank} was more than needed: {used}{carry} {percent} % of what it learned."
        if _near_full(enough, self.rank):
            said = (
                f"All of its {self.rank} directions are in use: {enough} of them are needed for {percent} % of what "
                "it learned."
            )
            if self.rank >= self._highest:
                return (
                    f"{said} It may have had too few, but it is the highest rank that this model's layers can have: "
                    "full training has more."
                )
            higher = min(2 * self.rank, self._highest)
            return f"{said} It may have had too few. Try {higher}, and compare on rows set aside: `appliance sweep`."
        if 2 * enough <= self.rank:
            return f"{self.rank} was more than needed: {carry} {percent} % of what it learned."
        return f"{self.rank} is about right: {carry} {percent} % of what it learned."


def _near_full(enough: int, rank: int) -> bool:
    """Tell whether the needed directions leave less than a tenth of the rank free: equal values need 95 % of them."""
    return enough > 0.9 * rank
