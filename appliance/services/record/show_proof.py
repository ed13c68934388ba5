"""The proof of an entry as a person reads it, and as a file that says all that one needs beside the log's key."""

import base64
import json
from dataclasses import dataclass

from appliance.audit import Entry, parse_checkpoint
from appliance.audit.merkle import leaf_hash, verify_inclusion
from appliance.audit.tiles import WIDTH
from appliance.services.context import Caller, ServiceContext
from appliance.services.record.read_audit import prove_entry
from appliance.services.record.search_audit import with_names


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
