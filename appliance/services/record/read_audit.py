"""Look at the log, verify it, and prove what is in it. Looking is logged too."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from appliance.audit import ArchivedEntries, Entry, ObjectRef, SignedCheckpoint, parse_checkpoint, verifier_key
from appliance.audit.proofs import inclusion_proof, proof_text
from appliance.foundation.errors import AuditLogError, InputError
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import operation

LOG = ObjectRef("log", "audit")
MAX_WITNESSES = 100


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
