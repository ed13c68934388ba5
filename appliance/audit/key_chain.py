"""The chain of the log's signing keys: an entry of the log introduces each new key, signed by the old one.

An entry `log.change-key` (outcome `succeeded`) has the details

    origin, old, new     the log's name, and the two raw Ed25519 public keys (hex)
    size, root           the head of the log before this entry (root in hex)
    signature            by the old key (hex), over a line of canonical JSON: {kind: "log-key-change", new, old, origin,
                         root, size}

A checkpoint of n entries is signed by the key in force after them. Whoever trusts one key of the chain can follow it
forward. The entries before a change are also covered by the old key, so that once it is destroyed, not even the holder
of the new key can rewrite them.
"""

from dataclasses import dataclass
from typing import Any

from appliance.audit.events import Details, Outcome
from appliance.audit.merkle import TreeHead
from appliance.audit.signed_note import Signer, verify_signature
from appliance.foundation import canonical_json
from appliance.foundation.errors import AuditLogError

KEY_CHANGE = "log.change-key"
_SIGNED = ("new", "old", "origin", "root", "size")


@dataclass(frozen=True)
class KeyChange:
    """A change of keys: `new` is in force from the entry `sequence` on."""

    sequence: int
    old: bytes
    new: bytes


class KeyChain:
    """The verified changes of a log's keys."""

    def __init__(self) -> None:
        self._changes: list[KeyChange] = []

    @property
    def last(self) -> bytes | None:
        """Return the last new key, or None if there was no change."""
        return self._changes[-1].new if self._changes else None

    @property
    def sequences(self) -> list[int]:
        """Return the sequences of the entries that change the key."""
        return [change.sequence for change in self._changes]

    def follow(self, entry: dict[str, Any], before: TreeHead) -> None:
        """Add the change of an entry, before which the log's head was `before`. Raises `AuditLogError` if invalid."""
        details = entry["details"]
        try:
            old, new = bytes.fromhex(details["old"]), bytes.fromhex(details["new"])
            verify_signature(old, bytes.fromhex(details["signature"]), _text(details))
            valid = (details["size"], details["root"]) == (before.size, before.root.hex())
        except (KeyError, ValueError, TypeError, AuditLogError):
            valid = False
        if not valid or entry["outcome"] != Outcome.SUCCEEDED or (self._changes and self._changes[-1].new != old):
            raise AuditLogError("audit.key-change", entry=entry["sequence"], sequence=entry["sequence"])
        self._changes.append(KeyChange(entry["sequence"], old, new))

    def key_at(self, size: int, trusted: bytes) -> bytes:
        """Return the key after `size` entries. Raises `AuditLogError` unless `trusted` is one of the log's keys."""
        keys = [self._changes[0].old, *(change.new for change in self._changes)] if self._changes else [trusted]
        if trusted not in keys:
            raise AuditLogError("audit.key:unknown")
        return keys[sum(change.sequence < size for change in self._changes)]


def change_details(old: Signer, new: bytes, before: TreeHead) -> Details:
    """Return the details of the entry with which `old` hands over to the public key `new` at the head `before`."""
    details: dict[str, str | int | bool] = {
        "origin": old.name,
        "old": old.public_key.hex(),
        "new": new.hex(),
        "size": before.size,
        "root": before.root.hex(),
    }
    return {**details, "signature": old.sign(_text(details)).hex()}


def _text(details: Details) -> bytes:
    return canonical_json.encode({"kind": "log-key-change", **{name: details[name] for name in _SIGNED}}) + b"\n"
