"""Back up the home, in four steps, because a server reaches no folder outside of its home:

    begin    here: the database and the log as they are at one moment, into `staging`; the list of files that belong to
             it, and the set key
    copy     in the command's process (`copy_backup`): each file's parts, sealed, into the folder; what is there already
             is skipped
    seal     here: the manifest, sealed to the recovery slots; the command writes it, and with that the backup is whole
    finish   here: say so in the log, and in the list of backups        abort   here: say that it came to nothing

Files named by the list never change once they have their names. What is shredded meanwhile ends the backup, which is
then begun anew.
"""

import hashlib
import shutil
import threading
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import insert, select, update

from appliance.audit import ObjectRef, Outcome, TreeHead
from appliance.foundation.atomic_files import make_private_folder, storage_errors
from appliance.foundation.errors import ApplianceError, ConflictError, InputError
from appliance.foundation.identifiers import new_id
from appliance.foundation.messages import message
from appliance.policy import find_policy_folder, policy_files
from appliance.services.context import Caller, ServiceContext
from appliance.services.object_kinds import COMPLETE_BACKUP, OBJECT_KINDS
from appliance.services.operations import operation
from appliance.vault import Database
from appliance.vault.backup_format import BackedUpFile, Manifest, VaultSecrets, seal_manifest
from appliance.vault.tables import BACKUPS

ACTION = "backup.create"
BEGUN = "begun"
SET_KIND = "backup-set"
MAX_PLACE_CHARACTERS = 120
_FILES = TypeAdapter(list[BackedUpFile])


@dataclass
class _Backup:
    """The backup that is being made."""

    id: str
    caller: Caller
    created_us: int
    staging: Path
    set_id: str
    set_key: bytes
    secrets: VaultSecrets
    head: TreeHead
    digest: str = ""


class BackupDesk:
    """Holds the one backup that is being made.

    Its keys leave this process sealed, but for the set key, which the copying needs.
    """

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._turn = threading.Lock()
        self._current: _Backup | None = None

    def begin(self, caller: Caller, *, place: str) -> dict[str, Any]:
        """Log the request, and take the home's state. An earlier backup that never ended is said to have failed.

        Returns {id, set_id, set_key (hex), files: [{path, source (in the home), required}]}. Raises `ConflictError`
        without a recovery key.
        """
        backup_id = new_id("bk")
        target = ObjectRef("backup", backup_id)
        self._context.verify_allowed(caller, ACTION, target)
        with self._turn:
            self._end("interrupted")
            self._context.log.append(caller.actor, ACTION, target, Outcome.REQUESTED, request=backup_id)
            staging = self._context.home / "staging" / backup_id
            try:
                self._current = self._take(backup_id, caller, place, staging)
                files = self._list(self._current)
            except BaseException as error:
                shutil.rmtree(staging, ignore_errors=True)
                self._current = None
                reason = error.code if isinstance(error, ApplianceError) else f"unexpected.{type(error).__name__}"
                self._context.log.append(caller.actor, ACTION, target, Outcome.FAILED, reason=reason, request=backup_id)
                raise
            return {
                "id": backup_id,
                "set_id": self._current.set_id,
                "set_key": self._current.set_key.hex(),
                "files": files,
            }

    def seal(self, caller: Caller, *, backup_id: str, files: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the manifest over the copied `files`, sealed (base64), and its SHA-256."""
        with self._turn:
            current = self._this(caller, backup_id)
            try:
                copied = _FILES.validate_python(files)
            except ValidationError:
                raise InputError("backup.files") from None
            manifest = Manifest(
                id=current.id,
                created_us=current.created_us,
                set_id=current.set_id,
                set_key=current.set_key,
                log_size=current.head.size,
                log_root=current.head.root.hex(),
                secrets=current.secrets,
                files=copied,
            )
            sealed = seal_manifest(manifest)
            current.digest = hashlib.sha256(sealed).hexdigest()
            return {"manifest": b64encode(sealed).decode(), "digest": current.digest}

    def finish(self, caller: Caller, *, backup_id: str) -> dict[str, Any]:
        """Say that the backup is whole."""
        with self._turn:
            current = self._this(caller, backup_id)
            with self._context.database.begin() as connection:
                values = {"state": COMPLETE_BACKUP, "digest": current.digest}
                connection.execute(update(BACKUPS).where(BACKUPS.c.id == backup_id).values(values))
            self._end("")
            return {"id": backup_id, "digest": current.digest, "log_entries": current.head.size}

    def abort(self, caller: Caller, *, backup_id: str, reason: str) -> None:
        """Say that the backup came to nothing; what was copied stays, for the next one."""
        with self._turn:
            self._this(caller, backup_id)
            self._end(reason[:64] or "aborted")

    def close(self) -> None:
        """End what goes on (before the vault is sealed)."""
        with self._turn:
            self._end("interrupted")

    def _this(self, caller: Caller, backup_id: str) -> _Backup:
        self._context.verify_allowed(caller, ACTION, ObjectRef("backup", backup_id[:64]))
        if self._current is None or self._current.id != backup_id:
            raise ConflictError("backup.gone")
        return self._current

    def _end(self, reason: str) -> None:
        current, self._current = self._current, None
        if current is None:
            return
        shutil.rmtree(current.staging, ignore_errors=True)
        target = ObjectRef("backup", current.id, current.digest)
        outcome = Outcome.FAILED if reason else Outcome.SUCCEEDED
        self._context.log.append(current.caller.actor, ACTION, target, outcome, reason=reason, request=current.id)

    def _take(self, backup_id: str, caller: Caller, place: str, staging: Path) -> _Backup:
        """Copy what changes: the database and the log's end, at one moment."""
        context, now = self._context, self._context.clock.now_us()
        set_id = self._set_id()
        set_key = context.vault.data_key(SET_KIND, set_id)
        make_private_folder(staging)
        with context.database.begin() as connection:
            connection.execute(
                insert(BACKUPS).values(
                    id=backup_id,
                    created_us=now,
                    place=place[-MAX_PLACE_CHARACTERS:],
                    set_id=set_id,
                    slots=",".join(sorted(self._recovery_slots())),
                    state=BEGUN,
                    digest="",
                )
            )
        with context.log.still() as (head, log_files):
            secrets = context.vault.snapshot(staging / "appliance.db")
            with storage_errors(message("task:copy-log-end")):
                for path in log_files:
                    name = path.relative_to(context.home)
                    if path.name == "checkpoint" or path.parent.name.endswith(".p"):
                        make_private_folder((staging / name).parent)
                        shutil.copyfile(path, staging / name)
        with storage_errors(message("task:copy-policies")):
            make_private_folder(staging / "policies")
            for path in policy_files(find_policy_folder()):
                shutil.copyfile(path, staging / "policies" / path.name)
        return _Backup(backup_id, caller, now, staging, set_id, set_key, secrets, head)

    def _recovery_slots(self) -> set[str]:
        return {slot.id for slot in self._context.vault.recovery_slots()}

    def _set_id(self) -> str:
        """Return the set of the last backup, or a new one after a recovery slot that could open it was removed."""
        recovery = self._recovery_slots()
        with self._context.database.begin() as connection:
            last = connection.execute(select(BACKUPS).order_by(BACKUPS.c.created_us.desc())).first()
        if last is not None and set(last.slots.split(",")) <= recovery:
            return str(last.set_id)
        set_id = new_id("bs")
        self._context.vault.new_data_key(SET_KIND, set_id)
        return set_id

    def _list(self, current: _Backup) -> list[dict[str, Any]]:
        """Return the files by what the copied database says there is; what came later is not in it."""
        home, staging = self._context.home, current.staging
        copy = Database(staging / "appliance.db", current.secrets.database)
        try:
            with copy.begin() as connection:
                kinds = [
                    (kind.folder, kind.backup.required, kind.backup.ids(connection))
                    for kind in OBJECT_KINDS.values()
                    if kind.backup is not None
                ]
        finally:
            copy.close()
        listed: list[dict[str, Any]] = []

        def add(folder: Path, root: Path, *, required: bool) -> None:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    name = path.relative_to(root).as_posix()
                    listed.append({"path": name, "source": path.relative_to(home).as_posix(), "required": required})

        add(staging, staging, required=True)
        there = {each["path"] for each in listed}
        for path in sorted((home / "audit").rglob("*")):  # Full bundles and tiles never change.
            name = path.relative_to(home).as_posix()
            if path.is_file() and ".p/" not in name and not path.name.startswith(".") and name not in there:
                listed.append({"path": name, "source": name, "required": True})
        for kind, required, ids in kinds:
            for identifier in ids:
                add(home / kind / identifier, home, required=required)
        return listed


@operation("backup.begin", action=ACTION, on="backup")
def begin_backup(context: ServiceContext, caller: Caller, *, place: str) -> dict[str, Any]:
    """Take the home's state, and return what is to be copied."""
    return context.part(BackupDesk).begin(caller, place=place)


@operation("backup.seal", action=ACTION, on="backup")
def seal_backup(
    context: ServiceContext, caller: Caller, *, backup_id: str, files: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the manifest over the copied files, sealed."""
    return context.part(BackupDesk).seal(caller, backup_id=backup_id, files=files)


@operation("backup.finish", action=ACTION, on="backup")
def finish_backup(context: ServiceContext, caller: Caller, *, backup_id: str) -> dict[str, Any]:
    """Record that the backup is whole."""
    return context.part(BackupDesk).finish(caller, backup_id=backup_id)


@operation("backup.abort", action=ACTION, on="backup")
def abort_backup(context: ServiceContext, caller: Caller, *, backup_id: str, reason: str) -> None:
    """Record that the backup came to nothing."""
    context.part(BackupDesk).abort(caller, backup_id=backup_id, reason=reason)
