"""The `audit` commands, and the offline verifier on what they write."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

VERIFIER = Path(__file__).parents[3] / "ops" / "verify_audit.py"


def verifier(*words: str | Path) -> tuple[int, str]:
    """Run the verifier in a process that sees nothing of the appliance (-I: no path of ours); return its exit status and what it says."""
    ran = subprocess.run([sys.executable, "-I", str(VERIFIER), *map(str, words)], capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture
def home(shell: Any) -> Any:
    shell("init")
    return shell


def test_an_exported_log_verifies_offline_with_witnesses_through_a_change_of_the_key(home: Any, tmp_path: Path) -> None:
    out, early, late = tmp_path / "export", tmp_path / "early", tmp_path / "late"
    first = home.json("audit", "checkpoint", str(early))
    assert early.read_text() == first["checkpoint"]
    assert "hands the audit log over" in home("key", "rotate-log").stdout
    assert first["key"] not in home("audit", "checkpoint", str(late)).stdout
    done = home.json("audit", "export", "--format", "folder", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["checkpoint", "tile", "verifier-key"]
    for key in (first["key"], done["key"]):
        status, said = verifier(out, "--key", key, "--witness", early, "--witness", late)
        assert (status, said.splitlines()[:2]) == (
            0,
            [
                f"WHOLE: {done['entries']} entries, root {done['root']}, signed.",
                "Signing keys: 2. Restores from a backup: 0. Witnesses that agree: 2.",
            ],
        )
    (tmp_path / "key").write_text(done["key"] + "\n")
    assert verifier(out, "--key", tmp_path / "key")[0] == 0
    status, said = verifier(out)
    assert status == 0
    assert "taken from the folder itself" in said
    assert "Without a witness" in said
    assert "It extends what was carried away" in home("audit", "verify", "--witness", str(early), "--witness", str(late)).stdout


def test_the_verifier_names_what_is_wrong(home: Any, tmp_path: Path) -> None:
    out, witness = tmp_path / "export", tmp_path / "witness"
    home("audit", "checkpoint", str(witness))
    home("audit", "export", "--format", "folder", str(out))
    (bundle,) = (out / "tile/entries/000.p").iterdir()
    good = bundle.read_bytes()
    changed = bytearray(good)
    changed[2 + int.from_bytes(good[:2], "big") + 2 + 40] ^= 1  # in entry 1
    bundle.write_bytes(changed)
    status, said = verifier(out)
    assert (status, said.splitlines()[1]) == (1, "The first bad entry is number 1.")
    bundle.write_bytes(good)
    (out / "hidden").write_text("x")
    assert verifier(out) == (1, "NOT WHOLE: The file 'hidden' does not belong to the log.\n")
    (out / "hidden").unlink()
    witness.write_text(witness.read_text().replace("\n\n", "x\n\n"))
    assert verifier(out, "--witness", witness)[0] == 1
    assert verifier(out, "--key", "no key")[0] == 2
    assert verifier(tmp_path / "absent", "--key", (out / "verifier-key").read_text())[0] == 1
    assert verifier(out, "--witness", tmp_path / "absent")[0] == 2
    (out / "verifier-key").unlink()
    assert verifier(out)[0] == 2
    (out / "checkpoint").unlink()
    assert verifier(out, "--key", home.json("audit", "checkpoint", str(tmp_path / "w2"))["key"])[0] == 1


def test_a_rewritten_log_does_not_extend_the_witness(home: Any, tmp_path: Path) -> None:
    """Another home's log, whole and signed with its own key, is not the one whose checkpoint was carried away."""
    witness = tmp_path / "witness"
    home("audit", "checkpoint", str(witness))
    note = witness.read_text().split("\n")
    note[2] = "A" * 43 + "="
    witness.write_text("\n".join(note))
    error = home.refused("audit", "verify", "--witness", str(witness))
    assert error["code"] == "audit.witness"
    assert "rewritten" in error["sentence"]
    assert home.refused("audit", "verify", "--witness", str(tmp_path / "absent"))["code"] == "audit.witness-file"
    (tmp_path / "text").write_text("not a checkpoint")
    assert home.refused("audit", "verify", "--witness", str(tmp_path / "text"))["code"] == "audit.witness-file"


def test_entries_are_exported_as_lines(home: Any, tmp_path: Path) -> None:
    for format in ("jsonl", "ocsf"):
        done = home.json("audit", "export", "--format", format, str(tmp_path / format))
        rows = [json.loads(line) for line in (tmp_path / format).read_text().splitlines()]
        assert done["entries"] == len(rows) > 0
        assert home.refused("audit", "export", "--format", format, str(tmp_path / format))["code"] == "out.exists"
    assert [row["sequence"] for row in map(json.loads, home("audit", "export").stdout.splitlines())][:3] == [0, 1, 2]
    assert home.json("audit", "export", "--format", "ocsf")[0]["class_uid"] == 3004
    assert home.refused("audit", "export", "--format", "folder")["code"] == "audit.out"
    assert home.refused("audit", "export", "--format", "folder", str(tmp_path / "jsonl"))["code"] == "out.exists"
    assert home.refused("audit", "export", "--format", "csv")["code"] == "audit.format"


def test_an_entry_is_proved_and_a_file_confirmed(home: Any, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\n" + "".join(f"What is {number}?,It is {number}.\n" for number in range(12)))
    home("dataset", "import", str(table))
    proof = tmp_path / "proof"
    proved = home.json("audit", "prove", "2", "--out", str(proof))
    assert proof.read_text() == proved["proof"]
    assert proved["proof"].startswith("c2sp.org/tlog-proof@v1\nindex 2\n")
    assert '"sequence":2' in home("audit", "prove", "2").stdout
    assert "Yes: upload" in home("audit", "confirm", "--file", str(table)).stdout
    assert "Yes: account" in home("audit", "confirm", "--name", "trainer").stdout
    assert "does not speak of it" in home("audit", "confirm", "--name", "nobody at all").stdout
    assert home.refused("audit", "confirm", "--file", str(tmp_path / "absent"))["code"] == "audit.file-read"
    assert home.refused("audit", "confirm")["code"] == "audit.confirm"


def test_entries_are_shown_by_who_did_what_to_what_and_when(home: Any, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\n" + "".join(f"What is {number}?,It is {number}.\n" for number in range(12)))
    dataset = home.json("dataset", "import", str(table))["id"]
    shown = home.json("audit", "show", "--object", dataset, "--outcome", "succeeded", "--action", "dataset.", "--person", "operator")
    assert [(row["action"], row["object"]["id"]) for row in shown] == [("dataset.import", dataset)]
    both = home.json("audit", "show", "--object", dataset, "--last", "2")
    assert [row["outcome"] for row in both] == ["requested", "succeeded"]
    assert home.json("audit", "show", "--until", "2020-01-01") == []
    assert "There is no such entry." in home("audit", "show", "--person", "nobody at all").stdout
    assert home.refused("audit", "show", "--since", "yesterday")["code"] == "audit.moment"


def test_an_objects_life_is_told(home: Any, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("question,answer\n" + "".join(f"What is {number}?,It is {number}.\n" for number in range(12)))
    dataset = home.json("dataset", "import", str(table))["id"]
    told = home.json("audit", "life", dataset)
    assert [step["action"] for step in told["steps"]] == ["upload.receive", "dataset.import"]
    assert "dataset.import" in home("audit", "life", dataset).stdout
    assert "does not name" in home.refused("audit", "life", "ds_none")["sentence"]
