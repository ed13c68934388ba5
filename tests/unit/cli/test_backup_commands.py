"""`appliance backup`: with a server and without, and what it says when it cannot be."""

import json
from pathlib import Path
from typing import Any


def test_a_home_is_backed_up_without_a_server(shell: Any, tmp_path: Path) -> None:
    shell("init")
    assert "appliance key recovery" in shell.refused("backup", str(tmp_path / "disk"))["sentence"]
    shell("key", "recovery", "--out", str(tmp_path / "recovery"))
    assert "is complete" in shell("backup", str(tmp_path / "disk")).stdout
    done = shell.json("backup", str(tmp_path / "disk"))
    assert (tmp_path / "disk" / "manifests" / done["id"]).exists()
    assert len(list((tmp_path / "disk" / "manifests").iterdir())) == 2


def test_a_running_server_is_backed_up_through_its_socket(shell: Any, server: Any, tmp_path: Path) -> None:
    shell("key", "recovery", "--out", str(tmp_path / "recovery"))
    done = shell.json("backup", str(tmp_path / "disk"))
    told = [entry for entry in server.context.log.entries() if entry["action"] == "backup.create"]
    assert [entry["outcome"] for entry in told] == ["requested", "succeeded"]
    assert told[1]["object"] == {"kind": "backup", "id": done["id"], "digest": done["digest"]}


def test_what_cannot_be_copied_is_said_in_the_log_too(shell: Any, server: Any, tmp_path: Path) -> None:
    """The folder for parts is a file: a sentence, and the outcome."""
    shell("key", "recovery", "--out", str(tmp_path / "recovery"))
    shell("backup", str(tmp_path / "disk"))
    for path in (tmp_path / "disk" / "parts").iterdir():
        for part in path.iterdir():
            part.unlink()
        path.rmdir()
        path.write_bytes(b"in the way")
    # Not `refused`, which asks twice: which folder is the first in the way depends on the fresh key of each backup.
    error = json.loads(shell("backup", str(tmp_path / "disk"), "--json", expect=1).stderr)["error"]
    assert error["code"].startswith("storage")
    told = [entry for entry in server.context.log.entries() if entry["action"] == "backup.create"]
    assert told[-1]["outcome"] == "failed"
    assert told[-1]["reason"] == error["code"]


def test_a_lost_home_comes_back_with_its_words_or_its_file(
    shell: Any, tmp_path: Path, monkeypatch: Any, table: bytes
) -> None:
    """Restored, it opens with the new passphrase; the log verifies; a second restore is refused."""
    shell("init")
    (tmp_path / "a.csv").write_bytes(table)
    dataset = shell.json("dataset", "import", str(tmp_path / "a.csv"))["id"]
    shell("key", "recovery", "--out", str(tmp_path / "recovery"))
    backup = shell.json("backup", str(tmp_path / "disk"))["id"]
    (tmp_path / "new").write_text("another passphrase for tests", encoding="utf-8")
    words = ("restore", str(tmp_path / "disk"), "--recovery-file", str(tmp_path / "recovery"))
    new = ("--new-passphrase-file", str(tmp_path / "new"))
    assert shell.refused(*words, *new)["code"] == "home.exists"
    monkeypatch.setenv("APPLIANCE_HOME", str(tmp_path / "other"))
    assert shell.refused(*words)["code"] == "passphrase.absent"
    assert shell.refused(*words, *new, "--backup", "bk_00000000000000000001")["code"] == "backup.absent"
    assert "The home is as in the backup" in shell(*words, *new, "--backup", backup).stdout
    monkeypatch.setenv("APPLIANCE_PASSPHRASE_FILE", str(tmp_path / "new"))
    assert shell.json("dataset", "show", dataset)["rows"] == 12
    assert shell.json("audit", "verify")["verified"]
    assert shell.refused(*words, *new)["code"] == "home.exists"
