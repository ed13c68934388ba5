"""The tiers of `./ops/test` leave no test out: each exhaustive one has its day, and a sample is of the whole."""

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from extent import ALL, SAMPLE, chosen

ROOT = Path(__file__).parents[3]
SHARES = int(re.findall(r"^SHARES=(\d+)", (ROOT / "ops" / "test").read_text("utf-8"), flags=re.MULTILINE)[0])


class Item:
    """Stands for a test that pytest has collected."""

    def __init__(self, name: str, exhaustive: bool) -> None:
        self.name, self.exhaustive = name, exhaustive

    def get_closest_marker(self, name: str) -> Any:
        """Return the marker, or None."""
        return (self.exhaustive and name == "exhaustive") or None


def tiers() -> Any:
    """Return tests/conftest.py."""
    spec = importlib.util.spec_from_file_location("tiers", ROOT / "tests" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    return conftest


def kept(items: list[Item], share: str) -> list[str]:
    """Return what tests/conftest.py leaves of the items."""
    hook = SimpleNamespace(pytest_deselected=lambda **_items: None)
    left: list[Any] = list(items)
    tiers().pytest_collection_modifyitems(SimpleNamespace(getoption=lambda _name: share, hook=hook), left)
    return [item.name for item in left]


def test_every_exhaustive_test_is_in_one_share_and_no_other_test_is_left_out() -> None:
    items = [Item(f"test {number}", number % 3 == 0) for number in range(40)]
    names = [item.name for item in items]
    assert kept(items, "0/1") == names
    shares = [kept(items, f"{number}/{SHARES}") for number in range(SHARES)]
    for item in items:
        assert sum(item.name in share for share in shares) == (1 if item.exhaustive else SHARES)
    repeated = [sum(item.exhaustive and item.name in share for item in items) for share in shares]
    assert max(repeated) - min(repeated) <= 1


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_sample_reaches_from_the_first_to_the_last(size: int) -> None:
    items = list(range(size))
    sample = chosen(items, SAMPLE, 3)
    assert (sample[0], sample[-1]) == (0, size - 1)
    assert len(sample) == len(set(sample)) == min(3, size)
    assert chosen(items, ALL, 3) == items


def test_each_test_of_the_full_tier_is_in_one_of_its_two_runs() -> None:
    """One takes the fast unit tests, with their coverage; the other takes what is slow, wherever it lies."""
    script = (ROOT / "ops" / "test").read_text("utf-8")
    full = script.partition("    full)")[2].partition(";;")[0]
    runs = re.findall(r"run_tests -m '([^']+)'([^\n]*)", full)
    assert [(expression, "tests/unit" in words) for expression, words in runs] == [
        ("not slow and not exhaustive", True),
        ("slow and not exhaustive", False),
    ]
    for folder, slow in (("unit", False), ("integration", True), ("browser", True)):
        item = SimpleNamespace(path=ROOT / "tests" / folder / "test_any.py", marks=[])
        item.add_marker = item.marks.append
        tiers().pytest_itemcollected(item)
        assert [mark.name for mark in item.marks] == (["slow"] if slow else [])


def test_the_main_job_runs_both_tiers() -> None:
    assert re.findall(r"\./ops/test (\w+)$", (ROOT / ".ci" / "run").read_text("utf-8"), flags=re.MULTILINE) == [
        "full",
        "exhaustive",
    ]
