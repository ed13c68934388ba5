"""Restore a home from a backup: whole or not at all, onto a place where there is none.

    a mark that says so -> every file, each digest checked -> the log, which must be the one that the manifest names
    -> `home.restore` in that log, with its old size and root -> the keyring under new keys: from here on it is a home

Until the keyring is there, nothing that reads homes takes this for one: what fails takes everything away again, and
after a kill the next restore begins by doing that.
"""

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select, update

from appliance.audit import RESTORE, AuditLog
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors, write_atomic
from appliance.foundation.clock import Clock
from appliance.foundation.errors import HomeError, IntegrityError
from appliance.foundation.messages import Message, message
from appliance.identity.tables import SESSIONS
from appliance.jobs.tables import JOBS
from appliance.models import ModelManifest
from appliance.models.tables import MODELS
from appliance.policy import find_policy_folder, policy_files
from appliance.services.context import HOME, OPERATOR
from appliance.services.home.backup_folder import find_manifest, restore_file, verify_complete
from appliance.services.home.life import RESTORING
from appliance.services.object_kinds import COMPLETE_BACKUP, FOLDERS
from appliance.vault import Vault
from appliance.vault.backup_format import Manifest
from appliance.vault.slots import RecoverySecret
from appliance.vault.tables import BACKUPS

LOCK = "lock"  # the home's, which whoever restores holds
OLD_POLICIES = "policies-of-backup"  # to be read by people; in force are those that are installed


@dataclass(frozen=True)
class RestoredHome:
    """A restored home: from which backup, taken when, the log's size and public key (hex), whose policies apply."""

    backup: str
    taken_us: int
    files: int
    log_entries: int
    log_key: str
    policies: Message


def verify_empty(home: Path) -> None:
    """Raise `HomeError` unless there is nothing at `home`, or what an interrupted restore left."""
    there = {path.name for path in home.iterdir()} - {LOCK} if home.is_dir() else set()
    if there and (Vault.exists(home) or RESTORING not in there):
        raise HomeError("home.exists:restore")


def restore_home(
    home: Path, source: Path, secret: RecoverySecret, passphrase: str, clock: Clock, *, backup_id: str = ""
) -> RestoredHome:
    """Rebuild the home from the backup in `source`, by default the newest that `secret` opens; `passphrase` will open
    it too.

    Raises `HomeError` (not empty), `NotFoundError`, `AuthenticationError`, `IntegrityError` (naming what is missing or
    damaged), `StorageError`.
    """
    verify_empty(home)
    manifest = find_manifest(source, secret, backup_id)
    verify_complete(source, manifest)
    with _all_or_nothing(home):
        for file in manifest.files:
            kind, _, rest = file.path.partition("/")
            restore_file(source, manifest, file, home / OLD_POLICIES / rest if kind == "policies" else home / file.path)
        vault = Vault.restore(home, manifest.secrets, passphrase, clock)
        try:
            log = AuditLog.open(home / "audit", clock)
            _verify_log(log, manifest, vault)
            log.attach(vault.signer, vault.heads)
            details: dict[str, str | int | bool] = {
                "size": manifest.log_size,
                "root": manifest.log_root,
                "backup": manifest.id,
            }
            details |= {"taken_us": manifest.created_us, "why": "restored from a backup"}
            with log.action(OPERATOR.actor, RESTORE, HOME, details):
                _prepare(home, vault, manifest)
                vault.adopt()
                (home / RESTORING).unlink()
                fsync_folder(home)
            log.close()
            public_key = vault.signer.public_key.hex()
        finally:
            vault.close()
    return RestoredHome(
        manifest.id, manifest.created_us, len(manifest.files), manifest.log_size, public_key, _policies(home)
    )


@contextlib.contextmanager
def _all_or_nothing(home: Path) -> Iterator[None]:
    """Begin with an empty home that is marked; when the block fails before there is a keyring, leave an empty one."""
    make_private_folder(home)
    _clear(home)
    write_atomic(home / RESTORING, b"")
    try:
        yield
    except BaseException:
        if not Vault.exists(home):
            _clear(home)
        raise


def _clear(home: Path) -> None:
    """Remove everything but the lock; the mark goes last, so that what is still there can be told from a home."""
    with storage_errors(message("task:empty-home")):
        for path in sorted(home.iterdir(), key=lambda each: each.name == RESTORING):
            if path.name == RESTORING:
                fsync_folder(home)
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK:
                path.unlink()
        fsync_folder(home)


def _verify_log(log: AuditLog, manifest: Manifest, vault: Vault) -> None:
    """Raise `IntegrityError` unless the log is, to the last entry, the manifest's, signed with its key."""
    head = log.head
    if (head.size, head.root.hex()) != (manifest.log_size, manifest.log_root):
        raise IntegrityError("backup.log", manifest_id=manifest.id)
    log.verify(public_key=vault.signer.public_key, remembered=vault.heads.load())


def _prepare(home: Path, vault: Vault, manifest: Manifest) -> None:
    """Check the models, end the sessions, and make the folders that have no files."""
    digests = {file.path: file.sha256 for file in manifest.files}
    with vault.database.begin() as connection:
        for row in connection.execute(select(MODELS)):
            for name, digest in ModelManifest.from_json(json.loads(row.manifest)).files.items():
                if digests.get(f"models/{row.id}/{name}") != digest:
                    raise IntegrityError("backup.model", row_id=row.id, name=name)
        connection.execute(delete(SESSIONS))
        connection.execute(update(BACKUPS).where(BACKUPS.c.id == manifest.id).values(state=COMPLETE_BACKUP))
        jobs = connection.execute(select(JOBS.c.id)).scalars().all()
    for folder in (*FOLDERS, *(f"jobs/{job_id}" for job_id in jobs)):
        make_private_folder(home / folder)


def _policies(home: Path) -> Message:
    """Say whether the policies of the backup are those that are in force here."""
    then = {path.name: path.read_bytes() for path in policy_files(home / OLD_POLICIES)}
    now = {path.name: path.read_bytes() for path in policy_files(find_policy_folder())}
    differing = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
    if not differing:
        return message("restore-policies-same")
    return message("restore-policies-differ", files=", ".join(differing), folder=OLD_POLICIES)
