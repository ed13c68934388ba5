"""The append-only audit log: entries, Merkle tree, durable folder, signed checkpoints, and its verification."""

from appliance.audit.actions import RecordedAction
from appliance.audit.archives import ArchivedEntries, ArchivePlan, prune_details
from appliance.audit.catalogue import EVENTS, events_page
from appliance.audit.event_kinds import Recovery, Stage
from appliance.audit.events import Actor, Details, Entry, ObjectRef, Outcome
from appliance.audit.key_chain import KEY_CHANGE
from appliance.audit.log import AuditLog
from appliance.audit.merkle import TreeHead
from appliance.audit.signed_note import SignedCheckpoint, open_note, parse_checkpoint, sign_note, verifier_key
from appliance.audit.verifier import RESTORE, VerifiedLog, verify_log
