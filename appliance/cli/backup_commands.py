"""`appliance backup OUT`, `appliance restore IN`: only the command's process reaches folders outside of the home."""

from base64 import b64decode
from pathlib import Path
from typing import Any

from appliance.cli.client import Client
from appliance.cli.command_table import Session, arg, command, named, opt
from appliance.cli.passphrase import read_or_ask, read_recovery
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ApplianceError
from appliance.foundation.json_records import shown
from appliance.foundation.messages import message
from appliance.services.home.backup_folder import copy_files, keep_manifest, prepare_folder
from appliance.services.home.restore_home import restore_home, verify_empty


@command("backup", arg("out", Path, help=message("option-backup-folder")), examples=("/media/disk/appliance",))
def _backup(session: Session, *, out: Path) -> None:
    home = session.settings.home
    folder = prepare_folder(out, home)
    client = session.connect(write=(folder,))
    done = _copy(client, home, folder, client.perform("backup.begin", place=folder.name))
    session.result(done, message("done-backup", id=done["id"], files=done["files"]))


@command(
    "restore",
    arg("source", Path, help=message("option-restore-source")),
    opt("recovery_file", Path),
    opt("new_passphrase_file", Path),
    opt("backup"),
    examples=("/media/disk/appliance", "/media/disk/appliance --recovery-file recovery.txt --backup bk_19"),
    keys=False,
)
def _restore(
    session: Session, *, source: Path, recovery_file: Path | None, new_passphrase_file: Path | None, backup: str
) -> None:
    home, folder = session.settings.home, source.resolve()
    verify_empty(home)
    secret = read_recovery(recovery_file)
    chosen = read_or_ask(new_passphrase_file, message("prompt-new-passphrase"), twice=True)
    with session.program.empty_home(session.settings, read=(folder,)):
        done = shown(restore_home(home, folder, secret, chosen or "", SystemClock(), backup_id=backup))
    session.result(
        done, message("done-restore", **named(done, "backup", "files", "log_entries", "log_key", "policies"))
    )


def _copy(client: Client, home: Path, folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    try:
        copied = copy_files(home, folder, plan)
        sealed = client.perform("backup.seal", backup_id=plan["id"], files=copied)
        keep_manifest(folder, plan["id"], b64decode(sealed["manifest"]))
    except ApplianceError as error:
        client.perform("backup.abort", backup_id=plan["id"], reason=error.code)
        raise
    return {**client.perform("backup.finish", backup_id=plan["id"]), "files": len(copied)}
