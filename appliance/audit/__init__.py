"""The append-only audit log: entries, Merkle tree, durable folder, signed checkpoints, and the verifier that judges them."""

from appliance.audit.actions import RecordedAction
from appliance.audit.events import Actor, Details, ObjectRef, Outcome
from appliance.audit.log import AuditLog, HeadStore
from appliance.audit.merkle import TreeHead
from appliance.audit.signed_note import Signer, open_note, sign_note
from appliance.audit.verifier import RESTORE, VerifiedLog, verify_log

__all__ = [
    "RESTORE",
    "Actor",
    "AuditLog",
    "Details",
    "HeadStore",
    "ObjectRef",
    "Outcome",
    "RecordedAction",
    "Signer",
    "TreeHead",
    "VerifiedLog",
    "open_note",
    "sign_note",
    "verify_log",
]
