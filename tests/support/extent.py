"""How much of a repetition a test does: a sample of it in the full tier, all of it in the exhaustive one."""

from collections.abc import Sequence
from typing import TypeVar

import pytest

T = TypeVar("T")
SAMPLE, ALL = "sample", "all"
# Gives a test the parameter `extent`.
in_extents = pytest.mark.parametrize("extent", [SAMPLE, pytest.param(ALL, marks=pytest.mark.exhaustive)])


def chosen(items: Sequence[T], extent: str, count: int) -> list[T]:
    """Return all of `items`, or `count` of them, evenly spread: the first and the last are among them."""
    if extent == ALL or len(items) <= count:
        return list(items)
    return [items[round(place * (len(items) - 1) / (count - 1))] for place in range(count)]
