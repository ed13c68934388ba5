"""`appliance backup`: with a server and without, and what it says when it cannot be."""

from pathlib import Path
from typing import Any


def test_a_home_is_backed_up_without_a_server(shell: Any, tmp_path: Path) -> None:
    shell("init")
    assert "appliance key recovery" in shell.refused("backup", str(tmp_path / "disk"))["sentence"]
    shell("key", "recovery", "--out", str(tmp_path / "recovery"))
    assert "is whole" in shell("backup", str(tmp_path / "disk")).stdout
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
    error = shell.refused("backup", str(tmp_path / "disk"))
    assert error["code"].startswith("storage")
    told = [entry for entry in server.context.log.entries() if entry["action"] == "backup.create"]
    assert told[-1]["outcome"] == "failed"
    assert told[-1]["reason"] == error["code"]
