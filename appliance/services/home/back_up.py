"""Back up the home, in four steps, because a server reaches no folder outside of its home:

    begin    here: the database and the log as they are at one moment, into `staging`; the list of files that belong to
             it, and the set key
    copy     in the command's process (`backup_folder`): each file's parts, sealed, into the folder; what is there is
             skipped
    seal     here: the manifest, sealed to the recovery slots; the command writes it, and with that the backup is whole
    finish   here: say so in the log, and in the list of backups        abort   here: say that it came to nothing

Files named by the list never change once they have their names. What is shredded meanwhile ends the backup, which is
then begun anew.
"""

import contextlib
import hashlib
import shutil
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert, select, update

from appliance.audit import ObjectRef, Outcome, TreeHead
from appliance.audit.actions import reason_for
from appliance.foundation.atomic_files import make_private_folder, storage_errors
from appliance.foundation.errors import ConflictError
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


@dataclass(frozen=True)
class ListedFile:
    """A file to copy: its path in the backup, and where in the home it is. Without a `required` one, begin anew."""

    path: str
    source: str
    required: bool


@dataclass(frozen=True)
class BackupPlan:
    """What the command is to copy, and the key (hex) under which it seals the parts."""

    id: str
    set_id: str
    set_key: str = field(repr=False)
    files: tuple[ListedFile, ...]


@dataclass(frozen=True)
class SealedManifest:
    """The manifest as it is kept in the folder (base64), and its SHA-256."""

    manifest: str
    digest: str


@dataclass(frozen=True)
class FinishedBackup:
    """A backup that is whole: the SHA-256 of its manifest, and the size of the log in it."""

    id: str
    digest: str
    log_entries: int


class BackupDesk:
    """Holds the one backup that is being made. Only the set key, which copying needs, leaves this process unsealed."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.turn = threading.Lock()
        self._current: _Backup | None = None

    def begin(self, caller: Caller, place: str) -> BackupPlan:
        """Take the home's state for a new backup, and say what is to be copied; the caller holds the turn."""
        backup_id = new_id("bk")
        target = ObjectRef("backup", backup_id)
        self._context.verify_allowed(caller, ACTION, target)
        self.end("interrupted")
        self._context.log.append(caller.actor, ACTION, target, Outcome.REQUESTED, request=backup_id)
        staging = self._context.home / "staging" / backup_id
        try:
            self._current = current = self._take(backup_id, caller, place, staging)
            files = self._list(current)
        except BaseException as error:
            shutil.rmtree(staging, ignore_errors=True)
            self._current = None
            self._context.log.append(
                caller.actor, ACTION, target, Outcome.FAILED, reason=reason_for(error), request=backup_id
            )
            raise
        return BackupPlan(backup_id, current.set_id, current.set_key.hex(), files)

    @contextlib.contextmanager
    def current(self, caller: Caller, backup_id: str) -> Iterator[_Backup]:
        """Give the backup that is being made, in its turn. Raises `ConflictError` when that is another one, or none."""
        with self.turn:
            self._context.verify_allowed(caller, ACTION, ObjectRef("backup", backup_id[:64]))
            if self._current is None or self._current.id != backup_id:
                raise ConflictError("backup.gone")
            yield self._current

    def end(self, reason: str) -> None:
        """Say how the backup ended, if one is being made: well without a `reason`."""
        current, self._current = self._current, None
        if current is None:
            return
        shutil.rmtree(current.staging, ignore_errors=True)
        target = ObjectRef("backup", current.id, current.digest)
        outcome = Outcome.FAILED if reason else Outcome.SUCCEEDED
        self._context.log.append(current.caller.actor, ACTION, target, outcome, reason=reason, request=current.id)

    def close(self) -> None:
        """End what goes on (before the vault is sealed)."""
        with self.turn:
            self.end("interrupted")

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

    def _list(self, current: _Backup) -> tuple[ListedFile, ...]:
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
        listed: dict[str, ListedFile] = {}

        def add(folder: Path, root: Path, *, required: bool) -> None:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(root).as_posix()
                # Full bundles and tiles of the log never change; those that do are in `staging`.
                if path.is_file() and not path.name.startswith(".") and (root == staging or ".p/" not in name):
                    listed.setdefault(name, ListedFile(name, path.relative_to(home).as_posix(), required))

        add(staging, staging, required=True)
        add(home / "audit", home, required=True)
        for kind, required, ids in kinds:
            for identifier in ids:
                add(home / kind / identifier, home, required=required)
        return tuple(listed.values())


@operation("backup.begin", action=ACTION, on="backup")
def begin_backup(context: ServiceContext, caller: Caller, *, place: str) -> BackupPlan:
    """Log the request, take the home's state, and return what is to be copied.

    An earlier backup that never ended is said to have failed. Raises `ConflictError` without a recovery key.
    """
    desk = context.part(BackupDesk)
    with desk.turn:
        return desk.begin(caller, place)


@operation("backup.seal", action=ACTION, on="backup")
def seal_backup(
    context: ServiceContext, caller: Caller, *, backup_id: str, files: list[BackedUpFile]
) -> SealedManifest:
    """Return the manifest over the copied files, sealed."""
    with context.part(BackupDesk).current(caller, backup_id) as current:
        manifest = Manifest(
            id=current.id,
            created_us=current.created_us,
            set_id=current.set_id,
            set_key=current.set_key,
            log_size=current.head.size,
            log_root=current.head.root.hex(),
            secrets=current.secrets,
            files=files,
        )
        sealed = seal_manifest(manifest)
        current.digest = hashlib.sha256(sealed).hexdigest()
        return SealedManifest(b64encode(sealed).decode(), current.digest)


@operation("backup.finish", action=ACTION, on="backup")
def finish_backup(context: ServiceContext, caller: Caller, *, backup_id: str) -> FinishedBackup:
    """Record that the backup is whole."""
    desk = context.part(BackupDesk)
    with desk.current(caller, backup_id) as current:
        with context.database.begin() as connection:
            values = {"state": COMPLETE_BACKUP, "digest": current.digest}
            connection.execute(update(BACKUPS).where(BACKUPS.c.id == backup_id).values(values))
        desk.end("")
        return FinishedBackup(backup_id, current.digest, current.head.size)


@operation("backup.abort", action=ACTION, on="backup")
def abort_backup(context: ServiceContext, caller: Caller, *, backup_id: str, reason: str) -> None:
    """Record that the backup came to nothing; what was copied stays, for the next one."""
    desk = context.part(BackupDesk)
    with desk.current(caller, backup_id):
        desk.end(reason[:64] or "aborted")
