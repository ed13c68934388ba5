"""`appliance audit archive`, and the archives that `audit verify` is given: only a command reaches them."""

from pathlib import Path
from typing import Any

from appliance.audit import ArchivePlan
from appliance.audit.archive_folder import find_bundles, verify_bundles, write_archive
from appliance.audit.archives import ArchivedEntries
from appliance.audit.tiles import WIDTH
from appliance.cli.client import Client
from appliance.cli.command_table import Session, command, opt
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.json_records import shown
from appliance.foundation.messages import Message, message
from appliance.services.home.backup_folder import prepare_folder


@command(
    "audit archive",
    opt("to", Path),
    opt("before"),
    opt("dry_run", bool, help=message("option-archive-dry-run")),
    examples=("--to /media/disk/log", "--before 2026-01-01 --dry-run"),
)
def _archive_log(session: Session, *, to: Path | None, before: str, dry_run: bool) -> None:
    if dry_run:
        found = session.perform("audit.archive-plan", before=before)
        session.result(found, _planned(found))
        return
    if to is None:
        raise InputError("archive.place:absent")
    folder = prepare_folder(to, session.settings.home, refusal="archive.place", parts=("",))
    client = session.connect(write=(folder,))
    done = _archive(client, session.settings.home / "audit", folder, before)
    facts = {name: done[name] for name in ("first", "last", "removed", "digest")}
    session.result(done, message("done-audit-archive", to=str(to), **facts))


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


def _planned(found: dict[str, Any]) -> Message:
    if not found["bundles"]:
        return message("archive-nothing-before", before=found["before"])
    return message("archive-planned", **{name: found[name] for name in ("before", "entries", "first", "last")})
