"""`appliance audit archive`, and the archives that `audit verify` is given: what lies outside of the home is reached by
the command.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.audit import ArchivePlan
from appliance.audit.archive_folder import find_bundles, verify_bundles, write_archive
from appliance.audit.archives import ArchivedEntries
from appliance.audit.tiles import WIDTH
from appliance.cli.client import Client
from appliance.cli.frame import AsJson, Frame, PassphraseFile
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.json_records import shown

ArchiveFolders = Annotated[
    list[Path] | None,
    typer.Option("--archive", help="A folder with archives of the log (`audit archive`); may be given more than once."),
]


def add_archive_command(group: typer.Typer, frame: Frame) -> None:
    """Register the command."""

    @group.command()
    def archive(
        to: Annotated[Path | None, typer.Option(help="The folder that archives are kept in, on another disk.")] = None,
        before: Annotated[
            str, typer.Option(help="Archive what is older than this day (UTC); else all that the policy lets go.")
        ] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would leave.")] = False,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Move old entries of the log into an archive; their hashes stay, so that all can be proved as before."""
        with frame(as_json, passphrase_file) as options:
            if dry_run:
                with options.client() as client:
                    found = client.perform("audit.archive-plan", before=before)
                options.printer.result(found, _planned(found))
                return
            if to is None:
                raise InputError("archive.place:absent")
            folder = _outside(to, options.settings.home)
            with options.client(write=(folder,)) as client:
                done = _archive(client, options.settings.home / "audit", folder, before)
            options.printer.result(
                done,
                f"Entries {done['first']} to {done['last']} are archived in {to} and have left the home "
                f"({done['removed']} files). "
                "Their hashes stay here. Keep the archive as long as the law asks. SHA-256 of its list: "
                f"{done['digest']}",
            )


def verify_archives(log: Path, found: dict[str, Any], folders: list[Path]) -> dict[str, Any]:
    """Verify the archives in `folders` against the hashes in the folder `log`, which has just been verified with the
    result `found`.

    Returns the result with `archived` (which entries were seen nowhere) and `archived_seen` as they are now. Raises
    `AuditLogError`.
    """
    there = find_bundles(folders)
    verify_bundles(log, there)
    archived = found["archived"] or {"runs": []}
    missing = {index for first, last in archived["runs"] for index in range(first // WIDTH, last // WIDTH + 1)}
    unseen = shown(ArchivedEntries.of(missing - there.keys()))
    return {**found, "archived": unseen, "archived_seen": len(missing & there.keys()) * WIDTH}


def _archive(client: Client, log: Path, folder: Path, before: str) -> dict[str, Any]:
    begun = client.perform("audit.archive-begin", before=before)
    request = begun["request"]
    try:
        digest = write_archive(log, folder, ArchivePlan(tuple(begun["bundles"])))
    except ApplianceError as error:
        client.perform("audit.archive-abort", request=request, reason=error.code)
        raise
    done: dict[str, Any] = client.perform("audit.archive-finish", request=request, digest=digest)
    return done


def _outside(to: Path, home: Path) -> Path:
    """Return the folder, made where it was missing. Raises `InputError` when it lies in the home, `StorageError`."""
    whole = to.resolve()
    if whole == home.resolve() or home.resolve() in whole.parents:
        raise InputError("archive.place")
    make_private_folder(whole)
    return whole


def _planned(found: dict[str, Any]) -> str:
    if not found["bundles"]:
        return f"Nothing in the log is from before {found['before']} and may leave."
    return (
        f"Entries from before {found['before']}: {found['entries']} of those from {found['first']} to {found['last']} "
        "would be archived "
        "and leave the home. Their hashes would stay."
    )
