"""`appliance backup OUT`: what has to reach a folder outside of the home is done here, in the command's process."""

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.client import Client
from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.foundation.errors import ApplianceError
from appliance.services.copy_backup import copy_files, keep_manifest, prepare_folder


def add_backup_commands(app: typer.Typer, frame: Frame) -> None:
    """Register the commands."""

    @app.command()
    def backup(
        out: Annotated[Path, typer.Argument(help="A folder on another disk; a second backup there writes only what is new.")],
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Back up the home, sealed to its recovery keys."""
        with frame(as_json, passphrase_file) as options:
            folder = prepare_folder(out, options.settings.home)
            with options.client(write=(folder,)) as client:
                plan = client.perform("backup.begin", place=folder.name)
                done = _copy(client, options.settings.home, folder, plan)
            options.printer.result(done, f"The backup {done['id']} is whole: {done['files']} files. A recovery key of this home opens it.")


def _copy(client: Client, home: Path, folder: Path, plan: dict[str, Any]) -> dict[str, Any]:
    try:
        copied = copy_files(home, folder, plan)
        sealed = client.perform("backup.seal", backup_id=plan["id"], files=copied)
        keep_manifest(folder, plan["id"], b64decode(sealed["manifest"]))
    except ApplianceError as error:
        client.perform("backup.abort", backup_id=plan["id"], reason=error.code)
        raise
    return {**client.perform("backup.finish", backup_id=plan["id"]), "files": len(copied)}
