"""Look at the log, verify it, prove what is in it, hand it out. Looking is logged too.

A server writes nothing outside of its home, so it gives, and the command writes: of the files of a log, the full ones
never change and are copied from the home; what changes comes in the answer, as it was at one moment.
"""

import base64
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from appliance.audit import ArchivedEntries, Entry, SignedCheckpoint, parse_checkpoint, verifier_key
from appliance.audit.merkle import leaf_hash, verify_inclusion
from appliance.audit.ocsf import ocsf_event
from appliance.audit.proofs import inclusion_proof, proof_text
from appliance.audit.tiles import CHECKPOINT, WIDTH
from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import AuditLogError, InputError
from appliance.foundation.messages import message
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.record.search_audit import with_names

MAX_WITNESSES = 100
PAGE_ENTRIES = 2_000
LineFormat = Literal["jsonl", "ocsf"]


@dataclass(frozen=True, kw_only=True)
class VerifiedAudit:
    """A log that verifies: its size, root and signed part, how many checkpoints were carried back, what is archived."""

    verified: bool = True
    entries: int
    root: str
    signed_entries: int
    witnesses: int
    archived: ArchivedEntries | None


@dataclass(frozen=True)
class TakenCheckpoint:
    """A signed checkpoint (signed note), the head that it covers, and the key that verifies it."""

    checkpoint: str
    entries: int
    root: str
    key: str


@dataclass(frozen=True, kw_only=True)
class ProvedEntry:
    """An entry as the log has it (canonical JSON), and the proof that it is there (C2SP `tlog-proof`).

    Of an entry that is archived only the hash is here, which is what the proof is about; `entry` is empty then.
    """

    entry: str
    leaf_hash: str
    archived: bool
    proof: str
    key: str
    entries: int


@operation("audit.verify", action="audit.verify", on="log")
def verify_audit(context: ServiceContext, caller: Caller, *, witnesses: Sequence[str] = ()) -> VerifiedAudit:
    """Recompute the whole log against its signed checkpoint, the remembered head, and checkpoints that were carried
    away (signed notes).

    Raises `AuditLogError` naming the first bad entry, `InputError` for a witness that is no checkpoint.
    """
    notes = _witnesses(witnesses)
    with context.act(caller, "audit.verify", LOG, {"witnesses": len(notes)}):
        verified = context.log.verify(
            public_key=context.vault.signer.public_key, remembered=context.vault.heads.load(), witnesses=notes
        )
    return VerifiedAudit(
        entries=verified.size,
        root=verified.root.hex(),
        signed_entries=verified.signed_size,
        witnesses=len(notes),
        archived=verified.archived,
    )


@operation("audit.show", action="audit.read", on="log")
def show_audit(context: ServiceContext, caller: Caller, *, last: int = 50) -> list[Entry]:
    """Return the last entries, oldest first."""
    with context.act(caller, "audit.read", LOG, {"entries": last}):
        start = max(0, context.log.size - max(1, last))
        return list(islice(context.log.entries_here(start), max(1, last)))


@operation("audit.checkpoint", action="audit.checkpoint", on="log")
def take_checkpoint(context: ServiceContext, caller: Caller) -> TakenCheckpoint:
    """Return the signed checkpoint over the log as it is, for an auditor to carry away, and its key."""
    with context.act(caller, "audit.checkpoint", LOG):
        note, head, _tiles = context.log.provable()
    return TakenCheckpoint(note.decode(), head.size, head.root.hex(), log_key(context))


@operation("audit.prove", action="audit.prove", on="log")
def prove_entry(context: ServiceContext, caller: Caller, *, sequence: int) -> ProvedEntry:
    """Return an entry with its proof. Raises `InputError`."""
    with context.act(caller, "audit.prove", LOG, {"entry": sequence}):
        note, head, tiles = context.log.provable()
        if not 0 <= sequence < head.size:
            raise InputError("audit.entry:absent", head_size=head.size)
        ((leaf, raw),) = context.log.leaves(sequence, sequence + 1)
        proof = proof_text(raw, sequence, inclusion_proof(tiles, sequence, head.size), note)
    return ProvedEntry(
        entry=(raw or b"").decode(),
        leaf_hash=leaf.hex(),
        archived=raw is None,
        proof=proof,
        key=log_key(context),
        entries=head.size,
    )


def log_key(context: ServiceContext) -> str:
    """Return the log's public key, as signed-note writes it."""
    signer = context.vault.signer
    return verifier_key(signer.name, signer.public_key)


def _witnesses(notes: Sequence[str]) -> list[SignedCheckpoint]:
    if isinstance(notes, str) or len(notes) > MAX_WITNESSES or not all(isinstance(note, str) for note in notes):
        raise InputError("audit.witnesses", max_witnesses=MAX_WITNESSES)
    try:
        return [parse_checkpoint(note.encode("utf-8", "replace")) for note in notes]
    except AuditLogError:
        raise InputError("audit.witness-file:not-one") from None


@dataclass(frozen=True, kw_only=True)
class ShownProof:
    """An entry with names, and its proof taken apart (hashes in hex, leaf side first).

    `file` is the proof to take away, with the entry in it (C2SP `tlog-proof`).
    """

    entry: Entry
    leaf_hash: str
    path: tuple[str, ...]
    size: int
    root: str
    key: str
    file: str


def show_proof(context: ServiceContext, caller: Caller, *, sequence: int) -> ShownProof:
    """Return entry `sequence` with its proof, which was verified from its own text.

    Raises `InputError` when there is no such entry, `AuditLogError` when the proof does not hold, or the entry is
    archived.
    """
    proved = prove_entry(context, caller, sequence=sequence)
    context.log.archives.verify_here(sequence // WIDTH)
    raw = proved.entry.encode()
    head, _, note = proved.proof.partition("\n\n")
    _header, _extra, _index, *hashes = head.split("\n")
    path = [base64.b64decode(each) for each in hashes]
    checkpoint = parse_checkpoint(note.encode())
    checkpoint.verify(context.vault.signer.public_key)
    verify_inclusion(leaf_hash(raw), sequence, checkpoint.head, path)
    return ShownProof(
        entry=with_names(context, [json.loads(raw)])[0],
        leaf_hash=leaf_hash(raw).hex(),
        path=tuple(each.hex() for each in path),
        size=checkpoint.head.size,
        root=checkpoint.head.root.hex(),
        key=proved.key,
        file=proved.proof,
    )


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
