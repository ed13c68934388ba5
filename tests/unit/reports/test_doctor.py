"""The doctor names what is wrong, and what it could not find out."""

from pathlib import Path

import pytest

from appliance.reports import doctor_report

ISOLATION = {"refused": 40, "open": 0, "unavailable": 0, "probes": [], "missing": []}
HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def swaps(folder: Path, *lines: str) -> Path:
    """Write a list of swap as the kernel does."""
    path = folder / "swaps"
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_sound_machine_has_no_problems(tmp_path: Path) -> None:
    """The sentence says what was tried."""
    report = doctor_report(ISOLATION, swaps=swaps(tmp_path))
    assert report == {
        "problems": [],
        "reminders": [],
        "isolation": ISOLATION,
        "sentence": "Isolation: 40 ways out were tried and blocked, 0 were open.",
    }


@pytest.mark.parametrize("line", ["/dev/sda2  partition  8388604  0  -2", "/swapfile  file  2097148  0  -2"])
def test_swap_in_clear_is_a_problem(tmp_path: Path, line: str) -> None:
    """On a partition or in a file."""
    (problem,) = doctor_report(ISOLATION, swaps=swaps(tmp_path, "/dev/dm-1 partition 1 0 -2", line))["problems"]
    assert "Unencrypted swap is on" in problem


def test_encrypted_and_compressed_swap_is_none(tmp_path: Path) -> None:
    """The device mapper's, and memory's own."""
    assert (
        doctor_report(ISOLATION, swaps=swaps(tmp_path, "/dev/dm-1 partition 1 0 -2", "/dev/zram0 partition 1 0 5"))[
            "problems"
        ]
        == []
    )


def test_what_cannot_be_read_is_a_problem_and_not_a_pass(tmp_path: Path) -> None:
    """Fail closed."""
    (problem,) = doctor_report(ISOLATION, swaps=tmp_path / "absent")["problems"]
    assert "Could not determine" in problem


def test_what_could_not_be_tried_is_counted_apart(tmp_path: Path) -> None:
    """A way out that does not exist is no proof of a wall; problems follow the summary."""
    report = doctor_report({**ISOLATION, "unavailable": 2}, swaps=tmp_path / "absent")
    assert report["sentence"].startswith(
        "Isolation: 40 ways out were tried and blocked, 0 were open. 2 more could not be tried, because"
    )


def test_a_wall_that_the_kernel_lacks_is_named(tmp_path: Path) -> None:
    """Though another one stands there, as the probes have shown."""
    report = doctor_report({**ISOLATION, "missing": ["Landlock for TCP needs ABI 4."]}, swaps=swaps(tmp_path))
    assert report["sentence"].splitlines()[1:] == ["Not available on this machine: Landlock for TCP needs ABI 4."]
    assert report["problems"] == []


def test_a_package_that_loads_code_from_a_hub_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`kernels` anywhere on the path is named."""
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "__init__.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    (problem,) = doctor_report(ISOLATION, swaps=swaps(tmp_path))["problems"]
    assert "`kernels`" in problem


def test_this_machines_own_list_can_be_read() -> None:
    """By default the kernel's is asked."""
    assert not any("Could not determine" in problem for problem in doctor_report(ISOLATION)["problems"])
