"""Checks that each package is covered as well as it was agreed to be. Reads `coverage json`; exits 1 with the packages
that are not.

    python ops/coverage_floor.py build/coverage.json

Lines and branches count alike, as in coverage's own total. A package that the report lacks is an error: it was not
measured.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FLOOR = 85.0  # percent of lines and branches
FLOORS = dict.fromkeys(("foundation", "audit", "vault", "policy", "identity"), 95.0)
# What runs behind seccomp in processes of its own, where nothing may be written for a report, and nothing imports a
# tracer.
NOT_MEASURED = {
    "workers": "one process a job, confined; the integration tests drive them",
    "training": "runs in workers",
    "inference": "runs in workers",
    "evaluation": "runs in workers",
    "entrypoint.py": "forks, and confines its own process; the integration tests drive it",
    "__main__.py": "one call of the entry point",
    "jobs/sandbox": "runs in the confined process, after the fork; the self-test's own tests take one wall away at a "
    "time",
    "jobs/launcher_process.py": "runs in the forked launcher",
    "jobs/probes.py": "runs in the probing worker",
    "jobs/probe_targets.py": "runs in a process without walls that the launcher forks",
    "vault/migrations": "read by Alembic as scripts",
}


@dataclass
class _Count:
    covered: int = 0
    total: int = 0

    @property
    def percent(self) -> float:
        return 100.0 * self.covered / self.total if self.total else 100.0


def count_packages(files: Mapping[str, Any]) -> dict[str, _Count]:
    """Return covered and all lines and branches of each package that is measured, by the report's `files`."""
    counts: dict[str, _Count] = {}
    for path, found in files.items():
        inside = path.partition("appliance/")[2]
        if any(inside == name or inside.startswith(f"{name}/") for name in NOT_MEASURED):
            continue
        summary = found["summary"]
        count = counts.setdefault(inside.partition("/")[0], _Count())
        count.covered += summary["covered_lines"] + summary["covered_branches"]
        count.total += summary["num_statements"] + summary["num_branches"]
    return counts


def find_problems(report: Mapping[str, Any], source: Path) -> list[str]:
    """Return a sentence for each package of `source` that is below its floor, or not in the report; and for each stale
    exception.
    """
    counts = count_packages(report["files"])
    problems = [
        f"{name} is listed as not measured, but is not there any more."
        for name in NOT_MEASURED
        if not (source / name).exists()
    ]
    if not report["meta"]["branch_coverage"]:
        problems.append("The report counts no branches: run with --cov-branch.")
    for package in sorted(path.parent.name for path in source.glob("*/__init__.py")):
        if package in NOT_MEASURED:
            continue
        floor = FLOORS.get(package, FLOOR)
        count = counts.get(package)
        if count is None:
            problems.append(f"{package} is not in the report.")
        elif count.percent < floor:
            problems.append(f"{package} is covered to {count.percent:.1f} %, below its floor of {floor:.0f} %.")
    return problems


def main() -> None:
    """Check the report named on the command line."""
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    counts = count_packages(report["files"])
    for package, count in sorted(counts.items()):
        sys.stdout.write(f"{package:12} {count.percent:5.1f} %  (floor {FLOORS.get(package, FLOOR):.0f} %)\n")
    problems = find_problems(report, ROOT / "appliance")
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
