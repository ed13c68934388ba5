"""Look at the log, and verify it. Looking is logged too."""

from itertools import islice
from typing import Any

from appliance.audit import ObjectRef
from appliance.services.context import Caller, ServiceContext

LOG = ObjectRef("log", "audit")


def verify_audit(context: ServiceContext, caller: Caller) -> dict[str, Any]:
    """Recompute the whole log against its signed checkpoint and the remembered head. Raises `AuditLogError` naming the first bad entry."""
    with context.act(caller, "audit.verify", LOG):
        verified = context.log.verify(public_key=context.vault.signer.public_key, remembered=context.vault.heads.load())
    return {"verified": True, "entries": verified.size, "root": verified.root.hex(), "signed_entries": verified.signed_size}


def show_audit(context: ServiceContext, caller: Caller, *, last: int = 50) -> list[dict[str, Any]]:
    """Return the last entries, oldest first."""
    with context.act(caller, "audit.read", LOG, {"entries": last}):
        start = max(0, context.log.size - max(1, last))
        return list(islice(context.log.entries(start), max(1, last)))


def export_audit(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return every entry."""
    with context.act(caller, "audit.export", LOG):
        return list(context.log.entries())
