"""Which row is for training, for validation, for the test: fixed by a hash and a seed, whatever the order of the rows.

Units stay together: rows of one group (phrasings of one fact), rows with one question, rows joined because they are
nearly the same; otherwise the test would ask what training has shown. Within each stratum (category and kind) units
fill the parts in the order of their hashes, so that every part holds its share of every category. A row that names its
part gets it. Works over NumPy arrays with one element for each row.
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
UNASKED = -1  # the row names no part
_KNOWN_STRATA = 4096
MIN_STRATUM_UNITS = 10  # smaller strata are divided together


def position(group: str, asked: str, seed: int) -> int:
    """Return where the row's group, or else its question (as `row_checks.normal` gives it), falls among 2^64
    positions.
    """
    label = f"group:{group}" if group else f"question:{asked}"
    prefix = f"{seed}:" if seed else ""
    return int.from_bytes(hashlib.sha256(f"{prefix}{label}".encode()).digest()[:8], "big")


@functools.lru_cache(_KNOWN_STRATA)
def stratum(category: str, kind: str) -> int:
    """Return a 64-bit number that rows of one category and kind share."""
    if not category and not kind:
        return 0
    return int.from_bytes(hashlib.sha256(f"{category.casefold()}\0{kind}".encode()).digest()[:8], "big")


def join_units(
    positions: "npt.NDArray[np.uint64]", rows: "npt.NDArray[np.int64]", joined: Mapping[int, int]
) -> "npt.NDArray[np.uint64]":
    """Return the positions, with one for all units that a pair of rows in `joined` ties together: the lowest."""
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
    found = np.minimum(np.searchsorted(moved, positions), len(moved) - 1)
    return np.where(moved[found] == positions, targets[found], positions)


def assign_parts(
    positions: "npt.NDArray[np.uint64]",
    strata: "npt.NDArray[np.uint64]",
    asked: "npt.NDArray[np.int8]",
    shares: tuple[int, int, int] = DEFAULT_SHARES,
) -> "npt.NDArray[np.int8]":
    """Return the part of each row as an index into `PARTS`.

    When the shares leave validation or test without a row though three units or more could be placed, one unit each
    goes there: a small dataset is measured too. Raises `InputError` when there is nothing to train on.
    """
    import numpy as np  # noqa: PLC0415 - starts threads

    if sum(shares) != 100 or min(shares) < 0:
        raise InputError("dataset.shares")
    units, unit_of, sizes = np.unique(positions, return_inverse=True, return_counts=True)
    part_of_unit = np.full(len(units), UNASKED, dtype=np.int8)
    # A unit goes where one of its rows asks to go: to the first of the parts that are named.
    for part in reversed(range(len(PARTS))):
        part_of_unit[unit_of[asked == part]] = part
    free = part_of_unit == UNASKED
    stratum_of_unit = np.zeros(len(units), dtype=np.uint64)
    np.maximum.at(stratum_of_unit, unit_of, strata)
    free_units = np.flatnonzero(free)
    names, place, counts = np.unique(stratum_of_unit[free_units], return_inverse=True, return_counts=True)
    pooled = np.where(counts[place] < MIN_STRATUM_UNITS, len(names), place)
    for each in np.unique(pooled):
        chosen = free_units[pooled == each]  # in the order of their positions
        before = np.cumsum(sizes[chosen]) - sizes[chosen] / 2
        bounds = np.array([shares[0], shares[0] + shares[1]]) / 100 * sizes[chosen].sum()
        part_of_unit[chosen] = np.searchsorted(bounds, before, side="right")
    _give_each_part_one(part_of_unit, free_units, asked, shares)
    parts: npt.NDArray[np.int8] = np.where(asked == UNASKED, part_of_unit[unit_of], asked).astype(np.int8)
    if not (parts == 0).any():
        raise InputError("dataset.no-training")
    return parts


def _give_each_part_one(part_of_unit: Any, free: Any, asked: Any, shares: tuple[int, int, int]) -> None:
    if len(free) < len(PARTS):
        return
    for part, place in ((2, -1), (1, -2), (0, 0)):
        if shares[part] and not (part_of_unit[free] == part).any() and not (asked == part).any():
            part_of_unit[free[place]] = part
