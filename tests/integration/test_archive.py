"""An operator archives the old end of a log with the real command, behind its walls; a year later an auditor still
proves everything.
"""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from driven_home import PASSPHRASE, Home

from appliance.audit import AuditLog, ObjectRef, Outcome
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home.life import create_home

pytestmark = pytest.mark.exhaustive
VERIFIER = Path(__file__).parents[2] / "ops" / "verify_audit.py"
DAY_US = 24 * 3600 * 1_000_000


class Then(SystemClock):
    """The system's clock, so many days ago."""

    days = 500

    def now_us(self) -> int:
        """Return that time."""
        return super().now_us() - self.days * DAY_US


def old_home(home: Home) -> None:
    """Make the home as it was made 500 days ago, and used until 400 days ago."""
    clock = Then()
    log = AuditLog.open(home.folder / "audit", clock)
    context = ServiceContext(Settings(home.folder), clock, Rules.load(find_policy_folder()), log, None)  # type: ignore[arg-type]
    create_home(context, PASSPHRASE)
    context.seal()
    for clock.days, size in ((500, 700), (400, 1300)):
        while log.size < size:
            log.append(OPERATOR.actor, "dataset.list", ObjectRef("dataset", "all"), Outcome.SUCCEEDED)
    log.close()


def verify(*words: str | Path) -> tuple[int, str]:
    """Run the verifier as an auditor does: isolated, in an empty environment."""
    python = os.environ.get("AUDITOR_PYTHON", sys.executable)
    ran = subprocess.run(
        [python, "-I", str(VERIFIER), *map(str, words)], capture_output=True, text=True, check=False, env={}
    )
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def test_an_operator_archives_a_year_and_an_auditor_proves_all_of_it(
    serve: Callable[[Home], Any], tmp_path: Path
) -> None:
    home, disk, witness = Home(tmp_path / "case"), tmp_path / "disk", tmp_path / "witness"
    old_home(home)
    key = home("audit", "checkpoint", str(witness))["key"]
    assert home("audit", "archive", "--dry-run")["last"] == 1279
    before = dt.datetime.fromtimestamp(SystemClock().now_us() / 1e6 - 450 * 24 * 3600, dt.UTC).date().isoformat()
    planned = home("audit", "archive", "--dry-run", "--before", before)
    assert (planned["first"], planned["last"]) == (0, 511)
    assert (
        "keeps entries in the home for 365 days"
        in home.refused("audit", "archive", "--to", str(disk), "--before", "2999-01-01")["sentence"]
    )
    assert "in the home itself" in home.refused("audit", "archive", "--to", str(home.folder / "disk"))["sentence"]

    done = home("audit", "archive", "--to", str(disk), "--before", before)
    assert (done["removed"], done["entries"]) == (2, 512)
    assert [path.name for path in disk.iterdir()] == ["entries-0-511"]
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=disk / "entries-0-511", check=True)
    assert home("audit", "verify", "--witness", str(witness))["archived"]["runs"] == [[0, 511]]
    full = home("audit", "verify", "--witness", str(witness), "--archive", str(disk))
    assert (full["archived"], full["archived_seen"]) == (None, 512)
    assert home("audit", "prove", "3")["archived"]

    export = tmp_path / "export"
    home("audit", "export", "--format", "folder", str(export))
    status, said = verify(export, "--key", key, "--witness", witness)
    assert status == 0
    assert "Archived, and verified by their hashes only: entries 0 to 511." in said
    status, said = verify(export, "--key", key, "--witness", witness, "--archive", disk)
    assert (status, "Archived" in said) == (0, False)

    server = serve(home)  # It reaches no folder outside of its home: the command does.
    assert home("audit", "verify", "--archive", str(disk))["archived_seen"] == 512
    assert home("audit", "archive", "--to", str(disk))["first"] == 512
    assert home.refused("audit", "archive", "--to", str(disk))["code"] == "archive.nothing"
    assert home("audit", "verify", "--witness", str(witness), "--archive", str(disk))["archived_seen"] == 1280
    assert server.end() == 0

    bundle = disk / "entries-0-511" / "tile/entries/001"
    data = bytearray(bundle.read_bytes())
    data[40] ^= 1
    bundle.write_bytes(data)
    status, said = verify(export, "--key", key, "--archive", disk)
    assert (status, "The first bad entry is number 256." in said) == (1, True)
    assert "Entry 256 in the archive" in home.refused("audit", "verify", "--archive", str(disk))["sentence"]
