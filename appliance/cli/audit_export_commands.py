"""What is carried away from the audit log: a checkpoint, a proof, all entries, or the whole log for a verifier.

Files outside of the home are written in the command's process.
Archives are written, and shown to `audit verify`, there too.
"""

import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.audit import ArchivePlan
from appliance.audit.archive_folder import find_bundles, verify_bundles, write_archive
from appliance.audit.archives import ArchivedEntries
from appliance.audit.tiles import WIDTH
from appliance.cli.client import Client
from appliance.cli.command_table import Session, arg, command, named, opt
from appliance.cli.new_file import NewFile, keep
from appliance.foundation.atomic_files import make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import ApplianceError, ConflictError, InputError
from appliance.foundation.json_records import shown
from appliance.foundation.messages import Message, message, sentences, verbatim
from appliance.services.home.backup_folder import prepare_folder

VERIFIER_KEY = "verifier-key"
FORMATS = ("jsonl", "ocsf", "folder")


@command(
    "audit checkpoint", arg("out", Path, help=message("option-checkpoint-out")), examples=("/media/stick/checkpoint",)
)
def _checkpoint(session: Session, *, out: Path) -> None:
    with NewFile(out) as file:
        taken = session.perform("audit.checkpoint")
        keep(file, taken["checkpoint"])
    session.result(taken, message("done-audit-checkpoint", out=str(out), entries=taken["entries"], key=taken["key"]))


@command("audit prove", arg("entry", int), opt("out", Path, help=message("option-proof-out")), examples=("1200",))
def _prove(session: Session, *, entry: int, out: Path | None) -> None:
    with NewFile(out) as file:
        proved = session.perform("audit.prove", sequence=entry)
        keep(file, proved["proof"])
    told = proved["entry"] or message("proof-archived", sequence=entry, hash=proved["leaf_hash"])
    session.result(proved, told, "", proved["proof"], message("audit-log-key", key=proved["key"]))


@command(
    "audit export",
    arg("out", Path, required=False, help=message("option-export-out")),
    opt("format", default="jsonl", choices=FORMATS),
    examples=("", "log.jsonl", "--format folder /media/stick/log"),
)
def _export(session: Session, *, out: Path | None, format: str) -> None:
    if format == "folder":
        _export_folder(session, out)
    elif out is None:
        pages = list(_pages(session.connect(), format))
        rows = [row for page in pages for row in page["rows"]]
        session.result(rows, *map(_line, rows))
        session.note_archived(pages[-1])
    else:
        _export_file(session, out, format)


def _export_folder(session: Session, out: Path | None) -> None:
    if out is None:
        raise InputError("audit.out")
    if out.exists():
        raise ConflictError("out.exists", out_name=out.name)
    folder = out.resolve()
    make_private_folder(folder)
    done = _write_folder(session.connect(write=(folder,)), session.settings.home / "audit", folder)
    told = [message("export-folder", out=str(out), entries=done["entries"])]
    if done["archived"]:
        told.append(message("export-archives-too", archived=done["archived"]["sentence"]))
    session.result(done, sentences(*told))


def _export_file(session: Session, out: Path, format: str) -> None:
    count = 0
    with NewFile(out) as file:
        for page in _pages(session.connect(), format):
            keep(file, "".join(f"{_line(row)}\n" for row in page["rows"]))
            count += len(page["rows"])
    told = [message("done-audit-export", out=str(out), entries=count)]
    if page["archived"]:
        told += [verbatim(page["archived"]["sentence"]), message("export-without-archives")]
    session.result({"entries": count, "format": format, "archived": page["archived"]}, sentences(*told))


def _line(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False)


def _pages(client: Client, format: str) -> Iterator[dict[str, Any]]:
    """Yield the entries as they are when this begins, a page at a time; one page at least."""
    start, stop = 0, None
    while stop is None or start < stop:
        page = client.perform("audit.export", format=format, start=start, stop=stop)
        start, stop = int(page["next"]), int(page["stop"])
        yield page


def _write_folder(client: Client, log: Path, folder: Path) -> dict[str, Any]:
    """Write what makes up the log into `folder`, the checkpoint last. Raises `StorageError`."""
    taken = client.perform("audit.folder")
    for name in taken["full"]:
        make_private_folder((folder / name).parent)
        with storage_errors(message("task:copy-log")):
            shutil.copyfile(log / name, folder / name)
    for name, content in sorted(taken["partial"].items(), reverse=True):
        make_private_folder((folder / name).parent)
        write_atomic(folder / name, b64decode(content))
    write_atomic(folder / VERIFIER_KEY, f"{taken['key']}\n".encode())
    return {name: taken[name] for name in ("entries", "root", "key", "archived")}


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
    session.result(done, message("done-audit-archive", to=str(to), **named(done, "first", "last", "removed", "digest")))


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
    return message("archive-planned", **named(found, "before", "entries", "first", "last"))
