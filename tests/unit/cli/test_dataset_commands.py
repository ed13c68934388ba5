"""`appliance dataset shred` and `certificate`: what is shredded is said, signed, and can be printed again."""

import json
from pathlib import Path
from typing import Any

from appliance.audit import open_note
from appliance.vault import Vault
from appliance.vault.vault import LOG_ORIGIN


def test_a_dataset_is_shredded_and_its_certificate_is_a_file_that_the_logs_key_signed(
    shell: Any, tmp_path: Path, table: bytes
) -> None:
    shell("init")
    (tmp_path / "a.csv").write_bytes(table)
    dataset = shell.json("dataset", "import", str(tmp_path / "a.csv"))["id"]
    assert shell.refused("dataset", "certificate", dataset)["code"] == "certificate.absent"
    out = tmp_path / "certificate"
    said = shell("dataset", "shred", dataset, "--out", str(out)).stdout
    assert "is shredded" in said
    assert "keyring.json" in said
    line = open_note(out.read_bytes(), LOG_ORIGIN, Vault.public_key(tmp_path / "home"))
    assert json.loads(line)["object"]["id"] == dataset
    assert out.stat().st_mode & 0o777 == 0o600
    assert shell("dataset", "certificate", dataset).stdout.encode() == out.read_bytes()
    again = tmp_path / "again"
    assert shell.json("dataset", "certificate", dataset, "--out", str(again))["note"].encode() == again.read_bytes()
    assert "shredded" in shell("dataset", "list").stdout
    assert shell.refused("dataset", "shred", dataset)["code"] == "dataset.shredded"
    assert shell.refused("dataset", "show", dataset)["code"] == "dataset.shredded"


def test_a_certificate_never_overwrites_and_then_nothing_is_shredded(shell: Any, tmp_path: Path, table: bytes) -> None:
    shell("init")
    (tmp_path / "a.csv").write_bytes(table)
    dataset = shell.json("dataset", "import", str(tmp_path / "a.csv"))["id"]
    assert shell.refused("dataset", "shred", dataset, "--out", str(tmp_path / "a.csv"))["code"] == "out.exists"
    assert shell.json("dataset", "show", dataset)["rows"] == 12


def test_what_was_found_in_the_rows_is_said_after_the_import(shell: Any, tmp_path: Path) -> None:
    shell("init")
    rows = "".join(f"What is <b>{index}</b>?,It is {index}.\n" for index in range(9))
    (tmp_path / "bold.csv").write_text(f"question,answer\n{rows}", encoding="utf-8")
    said = shell("dataset", "import", str(tmp_path / "bold.csv")).stdout
    assert "HTML [html]: 9 rows. Remove the tags, unless the model should write them. (fix: trim, drop)" in said
    assert "  Row 2: Contains HTML." in said
