"""Look into the audit log, verify it, ask it, and sign off that it was reviewed (NIST SP 800-53 AU-6)."""

import hashlib
from pathlib import Path
from typing import Any

from appliance.audit import EVENTS, Outcome, events_page
from appliance.cli.audit_export_commands import verify_archives
from appliance.cli.command_table import Session, arg, command, named, opt
from appliance.cli.passphrase import find_password
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.messages import Message, message, sentences, verbatim

MAX_WITNESS_BYTES = 64 * 1024
SHOWN_ENTRIES = 8
OUTCOMES = tuple(map(str, Outcome))


@command(
    "audit show",
    opt("last", int, 50),
    opt("person"),
    opt("action", help=message("option-audit-action")),
    opt("object_id", flag="--object"),
    opt("outcome", choices=OUTCOMES),
    opt("since"),
    opt("until"),
    examples=("--last 20", "--person anna --since 2026-11-01", "--action dataset. --outcome denied"),
)
def _show(session: Session, *, last: int, **asked: str) -> None:
    if any(asked.values()):
        found = session.perform("audit.search", **asked, limit=last)
        rows = found["entries"][::-1]
        session.note_archived(found)
    else:
        rows = session.perform("audit.show", last=last)
    flat = [{**row, "who": row.get("person") or row["actor"]["id"], "what": _object(row)} for row in rows]
    columns = ("sequence", "who", "action", "what", "outcome", "reason")
    session.table(flat, columns, message("empty-audit-show"), rows)


@command("audit life", arg("object_id", help=message("option-life")), examples=("staff", "ds_09"))
def _life(session: Session, *, object_id: str) -> None:
    found = session.perform("audit.life", object_id=object_id)
    session.note_archived(found)
    flat = [
        {**step, "what": _object(step), "who": step["first"]["who"], "entries": _entries(step)}
        for step in found["steps"]
    ]
    columns = ("stage", "action", "what", "times", "who", "entries")
    session.table(flat, columns, message("empty-audit-life"), found)


@command(
    "audit verify",
    opt("witness", Path, many=True),
    opt("archive", Path, many=True),
    examples=("", "--witness /media/stick/checkpoint --archive /media/disk/log"),
)
def _verify(session: Session, *, witness: tuple[Path, ...], archive: tuple[Path, ...]) -> None:
    witnesses = [_read_witness(path) for path in witness]
    folders = [path.resolve() for path in archive]
    client = session.connect(read=tuple(folders))
    found = client.perform("audit.verify", witnesses=witnesses)
    if folders:
        found = verify_archives(session.settings.home / "audit", found, folders)
    told = [message("verified", entries=found["entries"], signed=found["signed_entries"])]
    if witnesses:
        told.append(message("verified-witnesses", count=len(witnesses)))
    if found.get("archived_seen"):
        told.append(message("verified-archives", count=found["archived_seen"]))
    if found["archived"]:
        told += [verbatim(found["archived"]["sentence"]), message("verify-archives-too")]
    session.result(found, sentences(*told))


@command(
    "audit confirm",
    opt("file", Path, help=message("option-confirm-file")),
    opt("name", help=message("option-confirm-name")),
    examples=("--file handbook.csv", "--name anna"),
)
def _confirm(session: Session, *, file: Path | None, name: str) -> None:
    digest = _digest(file) if file is not None else ""
    found = session.perform("audit.confirm", sha256=digest, name=name)
    session.result(found, *(map(_match, found["matches"]) if found["found"] else [message("confirm-nothing")]))
    session.note_archived(found)


@command(
    "audit events", opt("markdown", bool, flag="--markdown/--no-markdown"), examples=("", "--markdown"), keys=False
)
def _events(session: Session, *, markdown: bool) -> None:
    if markdown:
        session.result({"page": events_page()}, events_page().rstrip("\n"))
        return
    rows = [
        {
            "action": event.action,
            "objects": ", ".join(event.kinds),
            "who": ", ".join(sorted(event.who)),
            "details": ", ".join(f"{name} ({kind.__name__})" for name, kind in event.details.items()),
            "meaning": event.meaning,
        }
        for event in EVENTS.values()
    ]
    session.table(rows, ("action", "objects", "who", "meaning"))


@command("audit reviews", examples=("",))
def _reviews(session: Session) -> None:
    found = session.perform("audit.reviews")
    if session.as_json:
        session.result(found)
        return
    columns = ("sequence", "who", "first", "last", "note_state", "note")
    session.table(found["reviews"], columns, message("empty-audit-reviews"))
    left = [
        message("audit-open-entries", **named(run, "first", "last", "entries", "denied", "failed", "looks"))
        for run in found["open"]
    ]
    session.result(found, *(left or [message("audit.reviewed")]))


@command(
    "audit sign-off",
    arg("auditor"),
    opt("note", required=True),
    opt("first", int),
    opt("last", int, help=message("option-last-reviewed")),
    opt("password_file", Path),
    examples=(
        'bela --note "Denied requests of November: none unusual."',
        'bela --first 0 --last 99 --note "All seen."',
    ),
)
def _sign_off(
    session: Session, *, auditor: str, note: str, first: int | None, last: int | None, password_file: Path | None
) -> None:
    password = find_password(password_file, auditor)
    if first is None or last is None:
        opened = _first_open(session.perform("audit.reviews"))
        first, last = opened["first"] if first is None else first, opened["last"] if last is None else last
    made = session.perform("audit.sign-off", name=auditor, password=password, first=first, last=last, note=note)
    session.result(made, message("done-audit-sign-off", **named(made, "first", "last", "entries")))


def _object(row: dict[str, Any]) -> str:
    return f"{row['object']['kind']}/{row['object']['id']}"


def _entries(step: dict[str, Any]) -> str:
    return str(message("entries", first=step["first"]["sequence"], last=step["last"]["sequence"]))


def _first_open(found: dict[str, Any]) -> dict[str, Any]:
    """Return the first run of entries that nobody has reviewed. Raises `ConflictError`."""
    if not found["open"]:
        raise ConflictError("audit.reviewed")
    opened: dict[str, Any] = found["open"][0]
    return opened


def _match(match: dict[str, Any]) -> Message:
    entries, datasets = match["entries"], ", ".join(match.get("datasets", ()))
    shown = ", ".join(map(str, entries[:SHOWN_ENTRIES])) + (" …" if len(entries) > SHOWN_ENTRIES else "")
    what = {"what": match["as"], "id": match["id"], "entries": shown}
    return message("confirm-became", datasets=datasets, **what) if datasets else message("confirm-found", **what)


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
