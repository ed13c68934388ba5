"""Backups beside imports and new accounts, and backups that are killed: each whole one restores to one consistent
state.
"""

import base64
import io
import random
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from extent import ALL, in_extents
from killed import Killed
from sqlalchemy import select

from appliance.audit import AuditLog
from appliance.datasets.tables import DATASETS
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import NotFoundError
from appliance.foundation.settings import Settings
from appliance.identity.tables import USERS
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.data.receive_upload import receive_file
from appliance.services.home.backup_folder import copy_files, keep_manifest, prepare_folder
from appliance.services.home.restore_home import restore_home
from appliance.vault.secret_text import write_recovery
from appliance.vault.slots import RecoverySecret

NEW = "another passphrase for tests"


def open_home(home: Path, launcher: Any = None) -> Appliance:
    """Take a home as a process does."""
    clock = SystemClock()
    log = AuditLog.open(home / "audit", clock)
    return Appliance(ServiceContext(Settings(home), clock, Rules.load(find_policy_folder()), log, launcher))


def back_up(appliance: Appliance, out: Path) -> str:
    """Do what the command does; return the backup's id."""
    folder = prepare_folder(out, appliance.context.home)
    plan = appliance.perform(OPERATOR, "backup.begin", {"place": folder.name})
    copied = copy_files(appliance.context.home, folder, plan)
    sealed = appliance.perform(OPERATOR, "backup.seal", {"backup_id": plan["id"], "files": copied})
    keep_manifest(folder, plan["id"], base64.b64decode(sealed["manifest"]))
    appliance.perform(OPERATOR, "backup.finish", {"backup_id": plan["id"]})
    return str(plan["id"])


def verify_consistent(home: Path, launcher: Any = None) -> tuple[int, int]:
    """Open a restored home: what its log says was done is there, and opens.

    Return the numbers of datasets and users.
    """
    appliance = open_home(home, launcher)
    context = appliance.context
    context.unseal(NEW)
    assert appliance.perform(OPERATOR, "audit.verify", {})["verified"]
    entries = list(context.log.entries())
    restored = next(entry["sequence"] for entry in entries if entry["action"] == "home.restore")

    def done(action: str) -> set[str]:
        found = (entry for entry in entries[:restored] if entry["action"] == action and entry["outcome"] == "succeeded")
        return {entry["object"]["id"] for entry in found}

    with context.database.begin() as connection:
        datasets = set(connection.execute(select(DATASETS.c.id)).scalars())
        users = set(connection.execute(select(USERS.c.id)).scalars())
    assert done("dataset.import") <= datasets
    assert done("user.create") <= users
    for dataset_id in datasets:
        for part in ("training", "validation", "test"):
            assert appliance.perform(OPERATOR, "dataset.show", {"dataset_id": dataset_id, "part": part})["preview"]
    assert context.log.unfinished() == []
    appliance.close()
    return len(datasets), len(users)


@pytest.mark.slow
@in_extents
def test_backups_beside_imports_and_new_accounts_are_consistent(world: Any, tmp_path: Path, extent: str) -> None:
    """One after the other, while two threads import and add; each restores."""
    recovery = world.context.vault.add_recovery("safe", 1)[1]
    done, failed = threading.Event(), []

    def work(number: int) -> None:
        count = 0
        while not done.is_set():
            try:
                if number:
                    world.do("user.add", name=f"load-{count}", role="reviewer")
                else:
                    upload = receive_file(world.context, OPERATOR, io.BytesIO(world.table)).id
                    world.do("dataset.import", upload_id=upload, filename="load.csv")
                count += 1
            except Exception as error:  # What a thread raises, no test sees.
                failed.append(error)
                return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        backups = [back_up(world.appliance, tmp_path / "disk") for _ in range(6 if extent == ALL else 2)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failed == []
    sizes = []
    for number, backup_id in enumerate(backups):
        home = tmp_path / f"home-{number}"
        restore_home(home, tmp_path / "disk", recovery, NEW, SystemClock(), backup_id=backup_id)
        sizes.append(verify_consistent(home, world.switch))
        shutil.rmtree(home)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


@pytest.mark.slow
@in_extents
def test_a_backup_may_be_killed_at_any_time_and_run_again(world: Any, tmp_path: Path, scan: Any, extent: str) -> None:
    """What has no manifest is no backup, what has one restores; the next one goes on; the log has an outcome for
    each.
    """
    recovery = RecoverySecret(world.context.vault.add_recovery("safe", 1)[1])
    home = tmp_path / "home"
    shutil.copytree(world.context.home, home)
    secret, disk, chance = write_recovery(recovery), tmp_path / "disk", random.Random(5)

    def ready() -> Appliance:
        appliance = open_home(home)
        appliance.context.unseal(secret)
        return appliance

    files = (
        "back_up.py",
        "backup_folder.py",
        "backup_format.py",
        "stream.py",
        "atomic_files.py",
        "vault.py",
        "log.py",
        "log_state.py",
        "appending.py",
    )
    killed, times = 0, 20 if extent == ALL else 4
    for number in range(times):
        if number % 5 == 0:
            shutil.rmtree(disk, ignore_errors=True)
        killed += Killed(ready, lambda appliance: back_up(appliance, disk), files).before_line(
            chance.randrange(1, 3000)
        )
        for path in disk.glob("manifests/bk_*"):
            target = tmp_path / f"whole-{number}"
            restore_home(target, disk, recovery, NEW, SystemClock(), backup_id=path.name)
            verify_consistent(target)
            shutil.rmtree(target)
            break
        else:
            with pytest.raises(NotFoundError):
                restore_home(tmp_path / "none", disk, recovery, NEW, SystemClock())
        assert scan("zebra-quartz-41977", [disk]) == []
    assert killed >= times // 2
    appliance = ready()
    told = [
        (entry["object"]["id"], entry["outcome"])
        for entry in appliance.context.log.entries()
        if entry["action"] == "backup.create"
    ]
    asked = [each for each, outcome in told if outcome == "requested"]
    assert sorted(each for each, outcome in told if outcome != "requested") == sorted(asked)
    last = back_up(appliance, disk)
    appliance.close()
    restore_home(tmp_path / "last", disk, recovery, NEW, SystemClock(), backup_id=last)
    verify_consistent(tmp_path / "last")
    assert not list(disk.rglob(".*"))
