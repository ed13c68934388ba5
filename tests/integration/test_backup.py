"""Backup and restore by the real command, behind its walls: with a server and without; nothing readable on the disk
with the backups.
"""

import shutil
import subprocess
from pathlib import Path

from canary_scan import scan
from driven_home import CANARY, await_that


def test_a_home_is_lost_and_comes_back(home, running: list[subprocess.Popen[str]], tmp_path: Path) -> None:
    """Backed up behind the walls of the command, then beside a running server; restored; `doctor` and `audit verify`
    pass.
    """
    disk, recovery = tmp_path / "disk", tmp_path / "recovery"
    home("key", "recovery", "--out", str(recovery))
    home("backup", str(disk))
    running.append(home.start("serve", "--port", "0"))
    await_that((home.folder / "appliance.sock").exists, "the server's socket")
    await_that(lambda: home("status")["sealed"] is False, "the open vault")
    home("user", "add", "bela")
    second = home("backup", str(disk))
    running[0].terminate()
    running[0].communicate(timeout=60)
    assert scan(CANARY, [disk]) == []
    shutil.rmtree(home.folder)
    words = ("restore", str(disk), "--recovery-file", str(recovery), "--new-passphrase-file", str(home.passphrase_file))
    told = home(*words)
    assert told["backup"] == second["id"]
    assert home("audit", "verify")["verified"]
    assert "problems" in home("doctor")
    assert {user["name"] for user in home("user", "list")} == {"trainer", "bela"}
    assert home("dataset", "show", home.dataset)["preview"]
    assert home.refused(*words)["code"] == "home.exists"
    assert scan(CANARY, [*home.places, disk]) == []
