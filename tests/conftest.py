"""The tiers of ./ops/test: what is no unit test is slow; exhaustive tests take turns (`--share 1/3` is the second)."""

from pathlib import Path

import pytest

UNIT = Path(__file__).parent / "unit"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--share", default="0/1", metavar="K/N", help="of N shares of the exhaustive tests, run number K")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of `integration` and `browser`, which start processes."""
    if not item.path.is_relative_to(UNIT):
        item.add_marker(pytest.mark.slow)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the exhaustive tests whose turn it is not: neighbours are in different shares."""
    share, shares = map(int, config.getoption("--share").split("/"))
    repeated = [item for item in items if item.get_closest_marker("exhaustive")]
    left_out = set(repeated) - set(repeated[share::shares])
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]
