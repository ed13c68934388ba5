"""Entries of the audit log: what they say, how they are built, and how strictly they are read back.

An entry is canonical JSON (RFC 8785) of at most 65,535 bytes, with exactly these fields (format version 1):

    version       1
    sequence      its index in the log, from 0
    time_us       UTC, microseconds since 1970        boot_id, monotonic_us   which boot, and microseconds since it
    actor         {id, role, session}                 id is opaque: never a name or an address
    action        "noun.verb"
    object        {kind, id, digest}
    outcome       requested | denied | succeeded | failed
    reason        why, as a code; "" when there is nothing to say
    request       joins a request and its outcome; "" for an entry that stands alone
    details       {name: text, integer or boolean}

Anything else (a field too many or too few, another version, an unknown outcome, a float, JSON in another order) is an
error. Lone surrogates, which JSON may not carry, are written as their escape (`\\ud800`). Personal data does not belong
here at all.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from appliance.foundation.clock import Clock
from appliance.foundation.errors import AuditLogError, InputError

FORMAT_VERSION = 1
MAX_ENTRY_BYTES = 65_535
MAX_TEXT_CHARACTERS = 512
MAX_REASON_CHARACTERS = 2_000
MAX_DETAILS = 64
MAX_INTEGER = 2**53 - 1
_PLACED = b'{%b,"boot_id":"%b",%b,"monotonic_us":%d,%b,"sequence":%d,"time_us":%d,"version":%d}'
_PLACE_BYTES = len(
    _PLACED % (b"", b"0" * 36, b"", MAX_INTEGER, b"", MAX_INTEGER, MAX_INTEGER, FORMAT_VERSION)
)  # at most
BUNDLE_PREFIX_BYTES = 2

Details: TypeAlias = Mapping[str, str | int | bool]

_ACTION = re.compile(r"[a-z][a-z0-9_-]*\.[a-z][a-z0-9_-]*")
_DETAIL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_FIELDS: dict[str, type] = {
    "version": int,
    "sequence": int,
    "time_us": int,
    "boot_id": str,
    "monotonic_us": int,
    "actor": dict,
    "action": str,
    "object": dict,
    "outcome": str,
    "reason": str,
    "request": str,
    "details": dict,
}
_ACTOR_FIELDS: dict[str, type] = {"id": str, "role": str, "session": str}
_OBJECT_FIELDS: dict[str, type] = {"kind": str, "id": str, "digest": str}


class Outcome(StrEnum):
    """What became of an action."""

    REQUESTED = "requested"
    DENIED = "denied"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


_OUTCOMES = frozenset(Outcome)


@dataclass(frozen=True)
class Actor:
    """Who acts: an opaque id, a role, and the session, where there is one."""

    id: str
    role: str
    session: str = ""


@dataclass(frozen=True)
class ObjectRef:
    """What is acted on: its kind, its id, and the digest of its content where there is one."""

    kind: str
    id: str
    digest: str = ""


@dataclass(frozen=True)
class Draft:
    """An entry that was checked and only lacks its place and its time.

    What does not change any more is encoded already, in three parts.
    """

    fields: dict[str, Any]
    parts: tuple[bytes, bytes, bytes]
    size: int  # bytes at most, in a bundle

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Draft":
        """Encode checked `fields`: those before, between and after `boot_id` and `monotonic_us` in the order of names.

        Written out, because all writers wait for whoever encodes; a property test compares with
        `canonical_json.encode`.
        """
        actor, target = fields["actor"], fields["object"]
        first = (
            f'"action":{_text(fields["action"])},'
            f'"actor":{{"id":{_text(actor["id"])},"role":{_text(actor["role"])},"session":{_text(actor["session"])}}}'
        ).encode()
        middle = f'"details":{{{",".join(_member(*each) for each in sorted(fields["details"].items()))}}}'.encode()
        last = (
            f'"object":{{"digest":{_text(target["digest"])},"id":{_text(target["id"])},"kind":{_text(target["kind"])}}},'
            f'"outcome":{_text(fields["outcome"])},"reason":{_text(fields["reason"])},"request":{_text(fields["request"])}'
        ).encode()
        return cls(
            fields, (first, middle, last), len(first) + len(middle) + len(last) + _PLACE_BYTES + BUNDLE_PREFIX_BYTES
        )

    def denied(self, reason: str) -> "Draft":
        """Return the draft of the entry that says that this was refused."""
        return Draft.of({**self.fields, "outcome": str(Outcome.DENIED), "reason": reason})

    def place(self, sequence: int, clock: Clock, boot_id: str) -> dict[str, Any]:
        """Return the entry at `sequence`, at the clock's time.

        Raises `InputError` for a time that an entry cannot have.
        """
        time_us, monotonic_us = clock.now_us(), clock.monotonic_us()
        if not 0 <= time_us <= MAX_INTEGER or not 0 <= monotonic_us <= MAX_INTEGER:
            raise InputError("audit.entry:clock-machine-set")
        moment = {"sequence": sequence, "time_us": time_us, "boot_id": boot_id, "monotonic_us": monotonic_us}
        return {**self.fields, "version": FORMAT_VERSION, **moment}

    def encode(self, entry: dict[str, Any]) -> bytes:
        """Return the canonical bytes of what `place` returned."""
        first, middle, last = self.parts
        return _PLACED % (
            first,
            entry["boot_id"].encode(),
            middle,
            entry["monotonic_us"],
            last,
            entry["sequence"],
            entry["time_us"],
            FORMAT_VERSION,
        )


_text = json.encoder.encode_basestring  # as JSON, in the characters that RFC 8785 asks for


def _member(name: str, value: str | int | bool) -> str:
    if isinstance(value, str):
        return f'"{name}":{_text(value)}'
    return f'"{name}":{value:d}' if type(value) is int else f'"{name}":{"true" if value else "false"}'


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)


def _canonical(entry: dict[str, Any]) -> bytes:
    """Return the canonical bytes of an entry without mistakes, five times as fast as `canonical_json.encode`.

    With ASCII names, and neither floats nor integers beyond 2^53, Python's own encoder writes RFC 8785 exactly; a
    property test compares.
    """
    # A lone surrogate cannot come from UTF-8, so it never equals what was read.
    return _ENCODER.encode(entry).encode("utf-8", "surrogatepass")


def _escape(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def draft_entry(
    actor: Actor, action: str, target: ObjectRef, outcome: Outcome, *, reason: str, request: str, details: Details
) -> Draft:
    """Check what an entry will say. Raises `InputError`, so that nothing that cannot be read back is ever written."""
    fields = {
        "actor": {"id": _escape(actor.id), "role": _escape(actor.role), "session": _escape(actor.session)},
        "action": action,
        "object": {"kind": _escape(target.kind), "id": _escape(target.id), "digest": _escape(target.digest)},
        "outcome": str(outcome),
        "reason": _escape(reason),
        "request": _escape(request),
        "details": {name: _escape(value) if isinstance(value, str) else value for name, value in details.items()},
    }
    moment = {"sequence": 0, "time_us": 0, "monotonic_us": 0, "version": FORMAT_VERSION, "boot_id": ""}
    mistake = _mistake_in({**fields, **moment})
    if mistake:
        raise InputError("audit.entry", mistake=mistake)
    draft = Draft.of(fields)
    if draft.size - BUNDLE_PREFIX_BYTES > MAX_ENTRY_BYTES:
        raise InputError("audit.entry:written-audit-log", max_entry_bytes=MAX_ENTRY_BYTES)
    return draft


def encode_entry(entry: dict[str, Any]) -> bytes:
    """Return the bytes of an entry. Raises `InputError` for one that could not be read back."""
    mistake = _mistake_in(entry)
    if mistake:
        raise InputError("audit.entry", mistake=mistake)
    data = _canonical(entry)
    if len(data) > MAX_ENTRY_BYTES:
        raise InputError("audit.entry:written-audit-log", max_entry_bytes=MAX_ENTRY_BYTES)
    return data


def parse_entry(data: bytes, sequence: int) -> dict[str, Any]:
    """Return the entry in `data`, which must be the one at `sequence`.

    Raises `AuditLogError` that names it for any deviation.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AuditLogError("audit.entry:entry-audit-log-damaged", entry=sequence, sequence=sequence) from error
    mistake = _mistake_in(value) or (None if _canonical(value) == data else "it is not in canonical form (RFC 8785)")
    if mistake:
        raise AuditLogError("audit.entry:entry-audit-log", entry=sequence, sequence=sequence, mistake=mistake)
    if value["sequence"] != sequence:
        raise AuditLogError("audit.sequence", entry=sequence, sequence=sequence, sequence_2=value["sequence"])
    entry: dict[str, Any] = value
    return entry


def _wrong_fields(value: Any, fields: dict[str, type], name: str) -> str | None:
    """Return what is wrong with the names and types in `value`. `type() is`, because True is an int to `isinstance`."""
    if type(value) is not dict or value.keys() != fields.keys():
        return f"{name} has other fields than it must have"
    for field, kind in fields.items():
        if type(value[field]) is not kind:
            return f"{name} has a wrong type in {field!r}"
    return None


def _mistake_in(entry: Any) -> str | None:
    """Return the first mistake, in words without the data, or None."""
    shape = (
        _wrong_fields(entry, _FIELDS, "the entry")
        or _wrong_fields(entry["actor"], _ACTOR_FIELDS, "the actor")
        or _wrong_fields(entry["object"], _OBJECT_FIELDS, "the object")
    )
    if shape:
        return shape
    texts = [*entry["actor"].values(), *entry["object"].values(), entry["action"], entry["request"], entry["boot_id"]]
    numbers = (entry["sequence"], entry["time_us"], entry["monotonic_us"])
    rules = {
        "its version is unknown": entry["version"] == FORMAT_VERSION,
        "a number is out of bounds": min(numbers) >= 0 and max(numbers) <= MAX_INTEGER,
        "the action is not of the form noun.verb": _ACTION.fullmatch(entry["action"]) is not None,
        "the outcome is unknown": entry["outcome"] in _OUTCOMES,
        "the actor has no id or no role": bool(entry["actor"]["id"] and entry["actor"]["role"]),
        "the object has no kind": bool(entry["object"]["kind"]),
        "a request has no request id": bool(entry["request"]) or entry["outcome"] != Outcome.REQUESTED,
        f"a text is longer than {MAX_TEXT_CHARACTERS} characters": max(map(len, texts)) <= MAX_TEXT_CHARACTERS,
        f"the reason is longer than {MAX_REASON_CHARACTERS} characters": len(entry["reason"]) <= MAX_REASON_CHARACTERS,
    }
    for mistake, holds in rules.items():
        if not holds:
            return mistake
    return _mistake_in_details(entry["details"])


def _mistake_in_details(details: dict[Any, Any]) -> str | None:
    if len(details) > MAX_DETAILS:
        return f"there are more than {MAX_DETAILS} details"
    for name, value in details.items():
        if type(name) is not str or not _DETAIL_NAME.fullmatch(name):
            return "the name of a detail is not letters, digits, '_', '.' and '-'"
        if type(value) not in (str, int, bool):
            return "a detail is neither text nor an integer nor a boolean"
        if type(value) is int and abs(value) > MAX_INTEGER:
            return "a detail is an integer beyond 2^53"
    return None
