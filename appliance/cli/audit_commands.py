"""The `audit` commands. What goes into files outside of the home is written in the command's process."""

import hashlib
import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.audit_archive_commands import ArchiveFolders, add_archive_command, verify_archives
from appliance.cli.audit_events_command import add_events_command
from appliance.cli.audit_review_commands import add_review_commands
from appliance.cli.client import Client
from appliance.cli.frame import AsJson, Frame, Options, PassphraseFile
from appliance.cli.new_file import NewFile, keep
from appliance.foundation.atomic_files import make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.messages import message

VERIFIER_KEY = "verifier-key"
MAX_WITNESS_BYTES = 64 * 1024
Witness = Annotated[
    list[Path] | None, typer.Option(help="A checkpoint that was carried away earlier; may be given more than once.")
]


def add_audit_commands(group: typer.Typer, frame: Frame) -> None:
    """Register the commands."""
    add_events_command(group, frame)
    add_review_commands(group, frame)
    add_archive_command(group, frame)
    for add in (_add_show, _add_life, _add_verify, _add_checkpoint, _add_prove, _add_confirm, _add_export):
        add(group, frame)


def _add_show(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def show(
        last: int = 50,
        person: Annotated[str, typer.Option(help="Who acted or was acted upon: a name or an id.")] = "",
        action: Annotated[str, typer.Option(help='What was done: "dataset.import", or "dataset." for all of it.')] = "",
        object_id: Annotated[str, typer.Option("--object", help="The id of what was acted on.")] = "",
        outcome: Annotated[str, typer.Option(help="requested, succeeded, failed or denied.")] = "",
        since: Annotated[str, typer.Option(help="A day or a moment, UTC: 2026-11-25, or 2026-11-25T14:30.")] = "",
        until: Annotated[str, typer.Option(help="The same; a day is included.")] = "",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Show the last entries of the log, or the last of those that are asked for."""
        asked = {
            "person": person,
            "action": action,
            "object_id": object_id,
            "outcome": outcome,
            "since": since,
            "until": until,
        }
        with frame(as_json, passphrase_file) as options, options.client() as client:
            if any(asked.values()):
                found = client.perform("audit.search", **asked, limit=last)
                rows = found["entries"][::-1]
                _say_archived(options, found)
            else:
                rows = client.perform("audit.show", last=last)
            flat = [
                {**row, "who": _named(row), "what": f"{row['object']['kind']}/{row['object']['id']}"} for row in rows
            ]
            columns = {
                "sequence": "#",
                "who": "who",
                "action": "action",
                "what": "object",
                "outcome": "outcome",
                "reason": "reason",
            }
            options.printer.table(rows if as_json else flat, columns, "There is no such entry.")


def _add_life(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def life(object_id: str, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
        """Tell one object's whole life: what it was made from, what was done with it, what was made of it."""
        with frame(as_json, passphrase_file) as options, options.client() as client:
            found = client.perform("audit.life", object_id=object_id)
            _say_archived(options, found)
            if as_json:
                options.printer.result(found, "")
                return
            flat = [
                {
                    "stage": step["stage"],
                    "action": step["action"],
                    "what": f"{step['object']['kind']}/{step['object']['id']}",
                    "times": step["times"],
                    "who": step["first"]["who"],
                    "entries": f"{step['first']['sequence']} to {step['last']['sequence']}",
                }
                for step in found["steps"]
            ]
            columns = {
                "stage": "stage",
                "action": "action",
                "what": "object",
                "times": "times",
                "who": "who",
                "entries": "entries",
            }
            options.printer.table(flat, columns, "Nothing was done with it.")


def _add_verify(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def verify(
        witness: Witness = None,
        archive: ArchiveFolders = None,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Recompute the whole log, compare it with checkpoints and archives, and name the first bad entry."""
        with frame(as_json, passphrase_file) as options:
            witnesses = [_read_witness(path) for path in witness or ()]
            folders = [path.resolve() for path in archive or ()]
            with options.client(read=tuple(folders)) as client:
                found = client.perform("audit.verify", witnesses=witnesses)
                if folders:
                    found = verify_archives(options.settings.home / "audit", found, folders)
            sentence = f"The audit log verifies: {found['entries']} entries, {found['signed_entries']} of them signed."
            if witnesses:
                sentence += f" It extends what was carried away earlier ({len(witnesses)} checkpoints)."
            if found.get("archived_seen"):
                sentence += f" {found['archived_seen']} archived entries are as they were."
            if found["archived"]:
                sentence += f" {found['archived']['sentence']} Verify them too: --archive FOLDER."
            options.printer.result(found, sentence)


def _add_checkpoint(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def checkpoint(
        out: Annotated[
            Path, typer.Argument(help="A new file, to be kept where nobody who works with the appliance can change it.")
        ],
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Write a signed checkpoint for an auditor to carry away: a later log must extend it."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            taken = client.perform("audit.checkpoint")
            keep(file, taken["checkpoint"])
            options.printer.result(
                taken,
                f"{out} is the checkpoint of {taken['entries']} entries. Note the log's key beside it, once: "
                f"{taken['key']}",
            )


def _add_prove(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def prove(
        entry: int,
        out: Annotated[Path | None, typer.Option(help="Write the proof to this new file.")] = None,
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Prove that an entry is in the log (C2SP tlog-proof), to somebody who has the log's key and no log."""
        with frame(as_json, passphrase_file) as options, NewFile(out) as file, options.client() as client:
            proved = client.perform("audit.prove", sequence=entry)
            if file is not None:
                keep(file, proved["proof"])
            told = (
                proved["entry"] or f"Entry {entry} is archived. Its hash, which is proved here: {proved['leaf_hash']}"
            )
            options.printer.result(proved, f"{told}\n\n{proved['proof']}\nThe log's key: {proved['key']}")


def _add_confirm(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def confirm(
        file: Annotated[
            Path | None, typer.Option(help="Was it this file? It is read here, and only its digest is asked for.")
        ] = None,
        name: Annotated[str, typer.Option(help="Was it this name or address?")] = "",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Ask whether the log speaks of a file or of a name, of which it holds only keyed fingerprints."""
        with frame(as_json, passphrase_file) as options:
            digest = _digest(file) if file is not None else ""
            with options.client() as client:
                found = client.perform("audit.confirm", sha256=digest, name=name)
            options.printer.result(found, "\n".join(_confirmed(found)))
            _say_archived(options, found)


def _add_export(group: typer.Typer, frame: Frame) -> None:
    @group.command()
    def export(
        out: Annotated[
            Path | None,
            typer.Argument(help="A new file; for --format folder a new folder. Without it: standard output."),
        ] = None,
        format: Annotated[str, typer.Option(help="jsonl, ocsf, or folder (for ops/verify_audit.py).")] = "jsonl",
        passphrase_file: PassphraseFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Write every entry, one JSON object a line, or the whole log as an offline verifier takes it."""
        with frame(as_json, passphrase_file) as options:
            if format == "folder":
                if out is None:
                    raise InputError("audit.out")
                folder = _new_folder(out)
                with options.client(write=(folder,)) as client:
                    done = _write_folder(client, options.settings.home / "audit", folder)
                told = (
                    f" {done['archived']['sentence']} Give their folder too: --archive FOLDER."
                    if done["archived"]
                    else ""
                )
                options.printer.result(
                    done,
                    f"{out} has the log of {done['entries']} entries. Verify it: python verify_audit.py {out}.{told}",
                )
            elif out is None:
                with options.client() as client:
                    pages = list(_pages(client, format))
                rows = [row for page in pages for row in page["rows"]]
                options.printer.result(rows, "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
                _say_archived(options, pages[-1])
            else:
                with NewFile(out) as file, options.client() as client:
                    count = 0
                    for page in _pages(client, format):
                        keep(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in page["rows"]))
                        count += len(page["rows"])
                result = {"entries": count, "format": format, "archived": page["archived"]}
                told = f" {page['archived']['sentence']} They are not in it." if page["archived"] else ""
                options.printer.result(result, f"{out} has {count} entries.{told}")


def _named(row: dict[str, Any]) -> str:
    """Return the name of who acted, where a search found one, else the id."""
    return str(row.get("person") or row["actor"]["id"])


def _pages(client: Client, format: str) -> Iterator[dict[str, Any]]:
    """Yield the entries as they are when this begins, a page at a time; one page at least."""
    start, stop = 0, None
    while stop is None or start < stop:
        page = client.perform("audit.export", format=format, start=start, stop=stop)
        start, stop = int(page["next"]), int(page["stop"])
        yield page


def _say_archived(options: Options, found: dict[str, Any]) -> None:
    """Say which entries could not be looked at."""
    if found["archived"]:
        options.printer.note(found["archived"]["sentence"])


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


def _new_folder(out: Path) -> Path:
    """Make the folder, which must not be there yet. Raises `ConflictError`, `StorageError`."""
    if out.exists():
        raise ConflictError("out.exists", out_name=out.name)
    folder = out.resolve()
    make_private_folder(folder)
    return folder


def _read_witness(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_WITNESS_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise InputError("audit.witness-file", path_name=path.name, strerror=str(error.strerror)) from None


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError("audit.file-read", path_name=path.name, strerror=str(error.strerror)) from None


def _confirmed(found: dict[str, Any]) -> list[str]:
    if not found["found"]:
        return ["The log does not speak of it, or of nobody any more: who was erased cannot be found."]
    lines = []
    for match in found["matches"]:
        entries = match["entries"]
        shown = ", ".join(map(str, entries[:8])) + (f" and {len(entries) - 8} more" if len(entries) > 8 else "")
        datasets = f", which became {', '.join(match['datasets'])}" if match.get("datasets") else ""
        lines.append(f"Yes: {match['as']} {match['id']}{datasets}; entries {shown}.")
    return lines
