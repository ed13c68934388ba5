"""The floor of coverage holds each package to its own figure, and passes nothing that was not measured."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "ops" / "coverage_floor.py"
EXCEPTED = {"workers", "training", "inference", "evaluation"}
PACKAGES = sorted(
    path.parent.name for path in (ROOT / "appliance").glob("*/__init__.py") if path.parent.name not in EXCEPTED
)


def file(covered: int, *, branches: int = 0) -> dict[str, Any]:
    """Return a file of 100 lines and 100 branches as `coverage json` tells of it."""
    return {
        "summary": {"covered_lines": covered, "num_statements": 100, "covered_branches": branches, "num_branches": 100}
    }


def report(covered: int = 100, branches: int = 100, *, branch_coverage: bool = True, **others: Any) -> dict[str, Any]:
    """Return a report in which every package has one file, covered so; `others` replace packages."""
    files = {f"appliance/{package}/part.py": file(covered, branches=branches) for package in PACKAGES}
    for package, found in others.items():
        del files[f"appliance/{package}/part.py"]
        if found is not None:
            files[f"appliance/{package}/part.py"] = found
    return {"meta": {"branch_coverage": branch_coverage}, "files": files}


def check(folder: Path, content: dict[str, Any]) -> tuple[int, str, str]:
    """Run the script on a report."""
    path = folder / "coverage.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    done = subprocess.run([sys.executable, str(SCRIPT), str(path)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_report_above_every_floor_passes_and_shows_the_figures(tmp_path: Path) -> None:
    """One line a package."""
    status, told, errors = check(tmp_path, report())
    assert (status, errors) == (0, "")
    assert [line.split()[0] for line in told.splitlines()] == PACKAGES


@pytest.mark.parametrize(
    ("package", "covered", "branches", "passes"),
    [
        ("vault", 95, 95, True),
        ("vault", 94, 95, False),
        ("vault", 100, 89, False),
        ("foundation", 95, 94, False),
        ("cli", 85, 85, True),
        ("cli", 85, 84, False),
        ("services", 100, 69, False),
    ],
)
def test_lines_and_branches_count_towards_the_packages_own_floor(
    tmp_path: Path, package: str, covered: int, branches: int, passes: bool
) -> None:
    """95 % where a mistake would break a promise, 85 % elsewhere."""
    status, _told, errors = check(tmp_path, report(**{package: file(covered, branches=branches)}))
    assert status == (0 if passes else 1)
    assert passes or f"{package} is covered to" in errors


def test_a_package_that_was_not_measured_does_not_pass(tmp_path: Path) -> None:
    """Nor does a report without branches."""
    status, _told, errors = check(tmp_path, report(audit=None))
    assert (status, errors) == (1, "audit is not in the report.\n")
    status, _told, errors = check(tmp_path, report(branch_coverage=False))
    assert (status, "no branches" in errors) == (1, True)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Nobody has to run it again for each."""
    status, _told, errors = check(tmp_path, report(covered=10, branches=10))
    assert status == 1
    assert len(errors.splitlines()) == len(PACKAGES)


def test_what_runs_in_other_processes_neither_helps_nor_hurts(tmp_path: Path) -> None:
    """A file that is listed as not measured counts for nothing."""
    content = report()
    content["files"] |= {
        "appliance/workers/train.py": file(0),
        "appliance/jobs/probes.py": file(0),
        "appliance/entrypoint.py": file(0),
    }
    assert check(tmp_path, content)[0] == 0
    content["files"] |= {"appliance/jobs/other.py": file(0)}
    assert check(tmp_path, content)[0] == 1


def test_a_module_that_is_no_package_counts_too(tmp_path: Path) -> None:
    """The package's own file is shown; it has no floor of its own."""
    content = report()
    content["files"]["appliance/__init__.py"] = file(100, branches=100)
    assert check(tmp_path, content)[0] == 0
