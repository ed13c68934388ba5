"""Unencrypted swap is a problem, encrypted swap is not, and unknown swap is."""

from pathlib import Path

import pytest

from appliance.foundation.swap import swap_problem

HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("", ""),
        ("/dev/dm-1 partition 1 0 -2\n/dev/zram0 partition 1 0 5\n", ""),
        ("/dev/sda2 partition 8388604 0 -2\n", "Unencrypted swap is on"),
        ("/dev/dm-1 partition 1 0 -2\n/swapfile file 2097148 0 -2\n", "Unencrypted swap is on"),
    ],
)
def test_the_kernels_list_of_swap_is_judged(tmp_path: Path, lines: str, problem: str) -> None:
    (tmp_path / "swaps").write_text(HEAD + lines, encoding="utf-8")
    assert str(swap_problem(tmp_path / "swaps") or "").startswith(problem)
    assert bool(swap_problem(tmp_path / "swaps")) is bool(problem)


def test_an_unreadable_list_of_swap_is_a_problem(tmp_path: Path) -> None:
    assert "Could not determine" in str(swap_problem(tmp_path / "absent"))
