"""A folder with a backup of a home, the key that opens it, and the home that is restored from it."""

import base64
from pathlib import Path
from typing import Any

from appliance.audit import AuditLog
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home.backup_folder import copy_files, keep_manifest, prepare_folder
from appliance.services.home.restore_home import RestoredHome, restore_home
from appliance.vault.backup_format import open_manifest
from appliance.vault.slots import RecoverySecret

NEW = "another passphrase for tests"


def back_up(appliance: Appliance, out: Path) -> str:
    """Do what the command does; return the backup's id."""
    folder = prepare_folder(out, appliance.context.home)
    plan = appliance.perform(OPERATOR, "backup.begin", {"place": folder.name})
    copied = copy_files(appliance.context.home, folder, plan)
    sealed = appliance.perform(OPERATOR, "backup.seal", {"backup_id": plan["id"], "files": copied})
    keep_manifest(folder, plan["id"], base64.b64decode(sealed["manifest"]))
    appliance.perform(OPERATOR, "backup.finish", {"backup_id": plan["id"]})
    return str(plan["id"])


def open_home(home: Path, launcher: Any = None) -> Appliance:
    """Take a home as a process does."""
    clock = SystemClock()
    return Appliance(
        ServiceContext(
            Settings(home), clock, Rules.load(find_policy_folder()), AuditLog.open(home / "audit", clock), launcher
        )
    )


class Disk:
    """A folder with a backup, and the key that opens it."""

    def __init__(self, folder: Path, backup_id: str, recovery: RecoverySecret) -> None:
        self.folder, self.backup_id, self.recovery = folder, backup_id, recovery

    @property
    def manifest(self) -> Any:
        """Return what it says."""
        return open_manifest(
            (self.folder / "manifests" / self.backup_id).read_bytes(), self.backup_id, bytes(self.recovery)
        )

    def restore(self, home: Path, **options: Any) -> RestoredHome:
        """Restore it."""
        return restore_home(home, self.folder, self.recovery, NEW, SystemClock(), **options)
