"""The log of a real run, behind the real walls: exported, verified by the offline verifier alone, and the card of what
was made.
"""

import os
import subprocess
import sys
from pathlib import Path

from driven_home import CANARY

VERIFIER = Path(__file__).parents[2] / "ops" / "verify_audit.py"


def _verifier(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it as an auditor does: isolated, in an empty environment. AUDITOR_PYTHON names another interpreter."""
    python = os.environ.get("AUDITOR_PYTHON", sys.executable)
    return subprocess.run(
        [python, "-I", str(VERIFIER), *map(str, words)], capture_output=True, text=True, check=False, env={}
    )


def test_a_stranger_verifies_the_log_of_a_training_and_reads_its_card(home, table, tmp_path) -> None:
    witness = tmp_path / "witness"
    key = home("audit", "checkpoint", str(witness))["key"]
    adapter = home("train", "--model", home.model, "--dataset", home.dataset, "--preset", "quick")["adapter"]
    home("evaluate", "--adapter", adapter)
    home("key", "rotate-log")
    out = tmp_path / "export"
    done = home("audit", "export", "--format", "folder", str(out))
    ran = _verifier(out, "--key", key, "--witness", witness)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"WHOLE: {done['entries']} entries, root {done['root']}, signed.\nSigning keys: 2.")
    assert home("audit", "verify", "--witness", str(witness))["verified"]
    assert not any(CANARY.encode() in path.read_bytes() for path in out.rglob("*") if path.is_file())

    assert home("audit", "confirm", "--file", str(table))["matches"][0]["datasets"] == [home.dataset]
    assert home("audit", "export", "--format", "ocsf", str(tmp_path / "events"))["entries"] > done["entries"]

    card = tmp_path / "card.md"
    facts = {fact["name"]: fact for fact in home("adapter", "card", adapter, "--out", str(card))["facts"]}
    assert [facts[f"{name}.bound"]["value"] for name in ("data", "training", "evaluation")] == [True, True, True]
    assert (facts["evaluation.questions"]["value"], facts["evaluation.tuned.of"]["value"]) == (6, 6)
    assert facts["training.flop"]["value"] > 0
    assert "6 held out for the test" in card.read_text()
