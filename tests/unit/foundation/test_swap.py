"""Swap in clear is a problem; encrypted swap is none; what cannot be known is one."""

from pathlib import Path

import pytest

from appliance.foundation.swap import swap_problem

HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", ""),
        ("/dev/dm-1 partition 1 0 -2\n/dev/zram0 partition 1 0 5\n", ""),
        ("/dev/sda2 partition 8388604 0 -2\n", "Swap is on"),
        ("/dev/dm-1 partition 1 0 -2\n/swapfile file 2097148 0 -2\n", "Swap is on"),
    ],
)
def test_what_the_kernel_lists(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "swaps").write_text(HEAD + lines, encoding="utf-8")
    assert swap_problem(tmp_path / "swaps").startswith(said)
    assert bool(swap_problem(tmp_path / "swaps")) is bool(said)


def test_a_list_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    assert "could not be read" in swap_problem(tmp_path / "absent")
