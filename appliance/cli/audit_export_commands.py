"""What is carried away from the audit log: a checkpoint, a proof, all entries, or the whole log for a verifier.

Files outside of the home are written in the command's process.
"""

import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.cli.audit_commands import note_archived
from appliance.cli.client import Client
from appliance.cli.command_table import Session, arg, command, opt
from appliance.cli.new_file import NewFile, keep
from appliance.foundation.atomic_files import make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.messages import message, sentences, verbatim

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
        note_archived(session, pages[-1])
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
