"""Hand the log out: its entries page by page, or all that makes it up, for a verifier. A server writes nothing outside
of its home.

So it gives, and the command writes: of the files of a log, the full ones never change and are copied from the home;
what changes comes in the answer, as it was at one moment.
"""

from base64 import b64encode
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from appliance.audit import ArchivedEntries, Entry
from appliance.audit.ocsf import ocsf_event
from appliance.audit.tiles import CHECKPOINT
from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.messages import message
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.record.read_audit import LOG, log_key

PAGE_ENTRIES = 2_000
LineFormat = Literal["jsonl", "ocsf"]


@dataclass(frozen=True, kw_only=True)
class ExportedEntries:
    """A page of entries, or of the events that OCSF makes of them; `next` is where the next page begins.

    `stop` is where the entries end for all pages. What is archived is left out.
    """

    rows: list[Entry]
    next: int
    stop: int
    archived: ArchivedEntries | None


@dataclass(frozen=True, kw_only=True)
class ExportedFolder:
    """What the log's folder is made of: the names of the full files, the others and the checkpoint in base64."""

    entries: int
    root: str
    key: str
    full: list[str]
    partial: dict[str, str]
    archived: ArchivedEntries | None


@operation("audit.export", action="audit.export", on="log")
def export_audit(
    context: ServiceContext, caller: Caller, *, format: LineFormat = "jsonl", start: int = 0, stop: int | None = None
) -> ExportedEntries:
    """Return the entries from `start` on, at most a page of them, to before `stop` (without it, the end of the log)."""
    with context.act(caller, "audit.export", LOG, {"format": format, "start": start}) as recorded:
        size = context.log.size
        end = size if stop is None else min(max(stop, 0), size)
        rows = list(islice(context.log.entries_here(max(0, start), end), PAGE_ENTRIES))
        recorded.details = {**recorded.details, "entries": len(rows)}
    return ExportedEntries(
        rows=[ocsf_event(row) for row in rows] if format == "ocsf" else rows,
        next=rows[-1]["sequence"] + 1 if len(rows) == PAGE_ENTRIES else end,
        stop=end,
        archived=context.log.archives.archived,
    )


@operation("audit.folder", action="audit.export", on="log")
def export_folder(context: ServiceContext, caller: Caller) -> ExportedFolder:
    """Return what the log's folder is made of now, all signed. Raises `SealedError`: the unsigned proves nothing."""
    key = log_key(context)
    partial: dict[str, str] = {}
    full: list[str] = []
    reading = storage_errors(message("task:read-log-end"))
    with context.act(caller, "audit.export", LOG, {"format": "folder"}), context.log.still() as (head, files), reading:
        for path in files:
            name = path.relative_to(context.home / "audit").as_posix()
            if name == CHECKPOINT or ".p/" in name:
                partial[name] = b64encode(path.read_bytes()).decode()
            else:
                full.append(name)
    return ExportedFolder(
        entries=head.size,
        root=head.root.hex(),
        key=key,
        full=full,
        partial=partial,
        archived=context.log.archives.archived,
    )
