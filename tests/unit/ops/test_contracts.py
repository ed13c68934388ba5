"""Each import contract and each ban can fail: a copy of the tree with one offence a contract breaks every one of
them.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
CONTRACTS = {
    "layers": ("foundation/offence.py", "import appliance.web"),
    "the control plane never imports torch": ("services/offence.py", "import transformers"),
    "gradio is imported in web alone": ("cli/offence.py", "import gradio"),
    "cryptography is imported in vault and audit alone": (
        "identity/offence.py",
        "from cryptography.fernet import Fernet",
    ),
    "sockets are made where processes meet": ("policy/offence.py", "import socket"),
    "an HTTP client is in the command line's client alone": ("jobs/offence.py", "import httpx"),
    "nothing unpickles": ("jobs/second_offence.py", "import pickle"),
    "the wings of the services do not import each other": (
        "services/data/offence.py",
        "from appliance.services.models import chat",
    ),
    "pages and commands import no tables": ("web/offence.py", "from appliance.jobs.tables import JOBS"),
}


def contracts_of(output: str) -> dict[str, str]:
    """Return the outcome of each contract by its name; names may be wrapped."""
    summary = output.rpartition("dependencies.\n")[2].partition("Contracts: ")[0]
    text = re.sub(r"\s+", " ", summary.replace("-", " "))
    return {name.strip(): outcome for name, outcome in re.findall(r"(.+?) (KEPT|BROKEN)", text)}


def lint(folder: Path) -> dict[str, str]:
    """Run import-linter there."""
    words = [str(BIN / "lint-imports"), "--no-cache"]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": "", "PYTHONPATH": str(folder)}
    )
    assert "Contracts" in done.stdout, done.stdout + done.stderr
    return contracts_of(done.stdout)


def test_every_contract_breaks_when_it_is_offended(tmp_path: Path) -> None:
    """One offence each, all at once; none of them is a contract in name only."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "appliance", tmp_path / "appliance", ignore=shutil.ignore_patterns("__pycache__"))
    for path, line in CONTRACTS.values():
        (tmp_path / "appliance" / path).write_text(f'"""An offence."""\n\n{line}\n', encoding="utf-8")
    found = lint(tmp_path)
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    assert len(found) == len(declared) == len(CONTRACTS)
    for name in CONTRACTS:
        (outcome,) = [outcome for full, outcome in found.items() if name in full]
        assert outcome == "BROKEN", name


@pytest.mark.parametrize(
    ("path", "line", "banned"),
    [
        ("appliance/services/x.py", "import pickle", True),
        ("appliance/services/x.py", "import socket", True),
        ("appliance/web/x.py", "from urllib.request import urlopen", True),
        ("appliance/web/x.py", "from urllib.parse import quote", False),
        ("appliance/vault/x.py", "import requests", True),
        ("appliance/cli/x.py", "import httpx", True),
        ("appliance/cli/client.py", "import httpx", False),
        ("appliance/jobs/x.py", "import socket", False),
        ("ops/x.py", "import pickle", True),
        ("tests/unit/x.py", "import socket", False),
        ("tests/unit/x.py", "import pickle", True),
        ("tests/unit/x.py", "import requests", True),
    ],
)
def test_what_is_banned_is_refused_where_it_is_banned(path: str, line: str, banned: bool) -> None:
    """By ruff, for a file of this name."""
    words = [
        str(BIN / "ruff"),
        "check",
        "--no-cache",
        "--output-format",
        "concise",
        "--select",
        "TID251",
        "--stdin-filename",
        path,
        "-",
    ]
    done = subprocess.run(words, cwd=ROOT, input=f'"""X."""\n\n{line}\n', capture_output=True, text=True, check=False)
    assert ("TID251" in done.stdout) == banned, done.stdout + done.stderr
