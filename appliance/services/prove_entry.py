"""The proof that an entry is in the log, and has not been changed since: from its bytes to the root that the appliance signed."""

from typing import Any

from appliance.audit.merkle import leaf_hash, verify_inclusion
from appliance.audit.proofs import inclusion_proof, proof_text
from appliance.foundation.errors import NotFoundError
from appliance.services.context import Caller, ServiceContext
from appliance.services.read_audit import LOG
from appliance.services.search_audit import with_names


def prove_entry(context: ServiceContext, caller: Caller, *, sequence: int) -> dict[str, Any]:
    """Return entry `sequence` (0 is the first) and the proof that the checkpoint signed at this moment covers it.

    `path` are the hashes (hex) that lead from the entry's own to the root; `proof` is the same as C2SP `tlog-proof`, with the entry as
    its extra data and the signed checkpoint at its end. It is verified before it is returned. Raises `NotFoundError`, `AuditLogError`,
    `SealedError`.
    """
    with context.act(caller, "audit.read", LOG, {"look": "proof", "entries": 1}):
        if not 0 <= sequence < context.log.size:
            raise NotFoundError(f"There is no such entry: the log has the entries 0 to {context.log.size - 1}.")
        note, head, tiles = context.log.provable()
        raw = next(iter(context.log.raw_entries(sequence, sequence + 1)))
        entry = next(iter(context.log.entries(sequence, sequence + 1)))
        path = inclusion_proof(tiles, sequence, head.size)
        verify_inclusion(leaf_hash(raw), sequence, head, path)
    return {
        "entry": with_names(context, [entry])[0],
        "leaf_hash": leaf_hash(raw).hex(),
        "path": [each.hex() for each in path],
        "size": head.size,
        "root": head.root.hex(),
        "origin": note.decode().partition("\n")[0],
        "proof": proof_text(sequence, path, note, raw),
    }
