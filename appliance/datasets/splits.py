"""Which rows are for training, validation and test: determined by a hash and a seed, not by the order of the rows.

A unit stays in one part, or the test would ask what training has shown: the rows of one group (phrasings of one fact),
the rows with one question, near duplicates. Within each stratum (category and kind) units fill the parts in the order
of their hashes, so that every part has its share of every category. A row that names its part gets it. Arrays are NumPy
arrays with one element for each row.
"""

import functools
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from appliance.datasets.conversation import PARTS
from appliance.foundation.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DEFAULT_SHARES = (80, 10, 10)  # percent: training, validation, test
NO_PART = -1  # the row names no part
_KNOWN_STRATA = 4096
MIN_STRATUM_UNITS = 10  # smaller strata are divided together


def position(group: str, question: str, seed: int) -> int:
    """Return the 64-bit hash of the row's group, or else of its question (in the form of `row_checks.normal`)."""
    label = f"group:{group}" if group else f"question:{question}"
    prefix = f"{seed}:" if seed else ""
    return int.from_bytes(hashlib.sha256(f"{prefix}{label}".encode()).digest()[:8], "big")


@functools.lru_cache(_KNOWN_STRATA)
def stratum(category: str, kind: str) -> int:
    """Return a 64-bit number shared by all rows of one category and kind."""
    if not category and not kind:
        return 0
    return int.from_bytes(hashlib.sha256(f"{category.casefold()}\0{kind}".encode()).digest()[:8], "big")


def join_units(
    positions: "npt.NDArray[np.uint64]", rows: "npt.NDArray[np.int64]", joined: Mapping[int, int]
) -> "npt.NDArray[np.uint64]":
    """Return the positions, where all units that pairs of rows in `joined` connect have the lowest of theirs."""
    import numpy as np  # noqa: PLC0415 - starts threads

    if not joined:
        return positions
    order = np.argsort(rows, kind="stable")
    ends = np.array(list(joined.items()), dtype=np.int64)
    places = order[np.minimum(np.searchsorted(rows, ends.ravel(), sorter=order), len(rows) - 1)].reshape(-1, 2)
    known = (rows[places] == ends).all(axis=1)
    parent: dict[int, int] = {}

    def root(unit: int) -> int:
        while (above := parent.get(unit, unit)) != unit:
            parent[unit] = parent.get(above, above)
            unit = above
        return unit

    for one, other in positions[places[known]].tolist():
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    if not parent:
        return positions
    moved = np.array(sorted(parent), dtype=np.uint64)
    targets = np.array([root(int(unit)) for unit in moved], dtype=np.uint64)
    indices = np.minimum(np.searchsorted(moved, positions), len(moved) - 1)
    return np.where(moved[indices] == positions, targets[indices], positions)


def assign_parts(
    positions: "npt.NDArray[np.uint64]",
    strata: "npt.NDArray[np.uint64]",
    requested: "npt.NDArray[np.int8]",
    shares: tuple[int, int, int] = DEFAULT_SHARES,
) -> "npt.NDArray[np.int8]":
    """Return the part of each row as an index into `PARTS`; `requested` is the part that it names, or `NO_PART`.

    When the shares leave a part without rows although three or more units are free, it gets one unit, so that even a
    small dataset can be measured. Raises `InputError` when there is nothing to train on.
    """
    import numpy as np  # noqa: PLC0415 - starts threads

    if sum(shares) != 100 or min(shares) < 0:
        raise InputError("dataset.shares")
    units, unit_of, sizes = np.unique(positions, return_inverse=True, return_counts=True)
    part_of_unit = np.full(len(units), NO_PART, dtype=np.int8)
    # A unit goes to the first of the parts that its rows request.
    for part in reversed(range(len(PARTS))):
        part_of_unit[unit_of[requested == part]] = part
    stratum_of_unit = np.zeros(len(units), dtype=np.uint64)
    np.maximum.at(stratum_of_unit, unit_of, strata)
    free_units = np.flatnonzero(part_of_unit == NO_PART)
    names, stratum_index, counts = np.unique(stratum_of_unit[free_units], return_inverse=True, return_counts=True)
    pooled = np.where(counts[stratum_index] < MIN_STRATUM_UNITS, len(names), stratum_index)
    for pool in np.unique(pooled):
        chosen = free_units[pooled == pool]  # in the order of their positions
        before = np.cumsum(sizes[chosen]) - sizes[chosen] / 2
        bounds = np.array([shares[0], shares[0] + shares[1]]) / 100 * sizes[chosen].sum()
        part_of_unit[chosen] = np.searchsorted(bounds, before, side="right")
    _fill_empty_parts(part_of_unit, free_units, requested, shares)
    parts: npt.NDArray[np.int8] = np.where(requested == NO_PART, part_of_unit[unit_of], requested).astype(np.int8)
    if not (parts == 0).any():
        raise InputError("dataset.no-training")
    return parts


def _fill_empty_parts(part_of_unit: Any, free_units: Any, requested: Any, shares: tuple[int, int, int]) -> None:
    if len(free_units) < len(PARTS):
        return
    for part, index in ((2, -1), (1, -2), (0, 0)):
        if shares[part] and not (part_of_unit[free_units] == part).any() and not (requested == part).any():
            part_of_unit[free_units[index]] = part
