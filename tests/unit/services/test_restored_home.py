"""A restored home is compared with the original: file by file, row by row, setting by setting."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from disk import NEW, Disk, back_up, open_home
from sqlalchemy import select

from appliance.policy import Limits, find_policy_folder, policy_files
from appliance.services.context import ServiceContext
from appliance.services.home.restore_home import OLD_POLICIES
from appliance.vault.database import METADATA

OWN = """# A policy in which no setting has its default.
vault.reseal_after_idle_minutes = 30
memory.unencrypted_swap = "refuse"
personal_data = { email = "mask", phone = "mask", iban = "keep", card = "keep", national_id = "keep" }
datasets.require_origin = true
audit = { retention_days = 400, syslog_socket = "/dev/log" }
jobs.at_once = 2
"""


def _files(home: Path) -> dict[str, bytes]:
    """Return what lies in a home, but for keys, database and log (compared otherwise), and what this machine is."""
    left_out = ("audit/", "staging/", "uploads/", "lock", "keyring.json", "appliance.db", "machine.json")
    found = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(left_out)}


def _rows(context: ServiceContext) -> dict[str, set[tuple[Any, ...]]]:
    """Return every row of the database; of wrapped keys, what they open to."""
    with context.database.begin() as connection:
        rows = {name: set(map(tuple, connection.execute(select(table)))) for name, table in METADATA.tables.items()}
    keys = {(kind, each, version) for kind, each, version, *_wrapped in rows["wrapped_keys"]}
    return {**rows, "wrapped_keys": {(*key, context.vault.data_key(*key)) for key in keys}}


def test_a_restored_home_is_the_original_file_by_file_and_row_by_row(world: Any, disk: Disk, tmp_path: Path) -> None:
    """But for sessions, which end, the log's head, which goes on, and the backup itself, which is complete."""
    original = world.context
    home = tmp_path / "home"
    disk.restore(home)
    policies = {f"{OLD_POLICIES}/{path.name}": path.read_bytes() for path in policy_files(find_policy_folder())}
    assert f"{OLD_POLICIES}/limits.toml" in policies
    assert _files(home) == _files(original.home) | policies
    assert _files(home)
    appliance = open_home(home)
    appliance.context.unseal(NEW)
    there, here = _rows(original), _rows(appliance.context)
    appliance.close()
    for name in there.keys() - {"sessions", "audit_head", "backups"}:
        assert here[name] == there[name], name
    assert here["sessions"] == set()
    assert {row[0] for row in here["backups"]} == {disk.backup_id}


def test_every_setting_of_a_policy_that_differs_is_kept_and_its_file_named(
    world: Any, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home was backed up under limits of its own, and is restored where others are installed."""
    own = Path(shutil.copytree(find_policy_folder(), tmp_path / "policies"))
    (own / "limits.toml").write_text(OWN, encoding="utf-8")
    then = Limits.load(own)
    for name, section in Limits():
        for setting, default in section:
            assert getattr(getattr(then, name), setting) != default, f"{name}.{setting} needs a value in this test"
    with monkeypatch.context() as patch:
        patch.setattr("appliance.services.home.back_up.find_policy_folder", lambda: own)
        backup_id = back_up(world.appliance, disk.folder)
    told = disk.restore(tmp_path / "home", backup_id=backup_id)
    assert Limits.load(tmp_path / "home" / OLD_POLICIES) == then
    assert told.policies.parameters == {"files": "limits.toml", "folder": OLD_POLICIES}
