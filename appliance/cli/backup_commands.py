"""`appliance backup OUT`, `appliance restore IN`: what has to reach a folder outside of the home is done in the
command's process.
"""

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.client import Client
from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.cli.passphrase import read_or_ask, read_recovery
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ApplianceError
from appliance.foundation.json_records import shown
from appliance.services.home.copy_backup import copy_files, keep_manifest, prepare_folder
from appliance.services.home.restore_home import restore_home, verify_empty


def add_backup_commands(app: typer.Typer, frame: Frame) -> None:
    """Register the commands."""

    @app.command()
    def backup(
        out: Annotated[
            Path, typer.Argument(help="A folder on another disk; a second backup there writes only what is new.")
        ],
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Back up the home, sealed to its recovery keys."""
        with frame(as_json, passphrase_file) as options:
            folder = prepare_folder(out, options.settings.home)
            with options.client(write=(folder,)) as client:
                plan = client.perform("backup.begin", place=folder.name)
                done = _copy(client, options.settings.home, folder, plan)
            options.printer.result(
                done, f"The backup {done['id']} is whole: {done['files']} files. A recovery key of this home opens it."
            )

    @app.command()
    def restore(
        source: Annotated[Path, typer.Argument(metavar="IN", help="The folder that the backups are in.")],
        recovery_file: Annotated[
            Path | None, typer.Option(help="The recovery key's file; without it, the words are typed.")
        ] = None,
        new_passphrase_file: Annotated[
            Path | None, typer.Option(help="Read the new passphrase from this file.")
        ] = None,
        backup: Annotated[str, typer.Option(help="Which backup; without it, the newest.")] = "",
        as_json: AsJson = False,
    ) -> None:
        """Rebuild a home from a backup, whole or not at all, where there is none."""
        with frame(as_json) as options:
            home, folder = options.settings.home, source.resolve()
            verify_empty(home)
            secret = read_recovery(recovery_file)
            chosen = read_or_ask(new_passphrase_file, "New passphrase: ", twice=True)
            with options.program.empty_home(options.settings, read=(folder,)):
                done = shown(restore_home(home, folder, secret, chosen or "", SystemClock(), backup_id=backup))
            options.printer.result(
                done,
                f"The home is back as the backup {done['backup']} had it: {done['files']} files, {done['log_entries']} "
                "entries of the log. "
                f"Compare the log's public key with what your auditor has: {done['log_key']}. {done['policies']} Next: "
                "`appliance doctor`.",
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
