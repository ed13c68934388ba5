"""Entries of the audit log: their format, how they are built, and how strictly they are parsed.

An entry is canonical JSON (RFC 8785) of at most 65,535 bytes, with exactly these fields (format version 1):

    version       1
    sequence      its index in the log, from 0
    time_us       UTC, microseconds since 1970        boot_id, monotonic_us   which boot, and microseconds since it
    actor         {id, role, session}                 id is opaque: never a name or an address
    action        "noun.verb"
    object        {kind, id, digest}
    outcome       requested | denied | succeeded | failed
    reason        why, as a code; "" if there is no reason
    request       joins a request and its outcome; "" for a single entry
    details       {name: text, integer or boolean}

Anything else (missing or additional fields, another version, an unknown outcome, a float, another order) is an error.
Lone surrogates, which JSON cannot contain, are written as their escapes (`\\ud800`). Entries never contain personal
data.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from appliance.foundation.clock import Clock
from appliance.foundation.errors import AuditLogError, InputError
from appliance.foundation.messages import Message, message

FORMAT_VERSION = 1
MAX_ENTRY_BYTES = 65_535
MAX_TEXT_CHARACTERS = 512
MAX_REASON_CHARACTERS = 2_000
MAX_DETAILS = 64
MAX_INTEGER = 2**53 - 1
_TEMPLATE = b'{%b,"boot_id":"%b",%b,"monotonic_us":%d,%b,"sequence":%d,"time_us":%d,"version":%d}'
_MAX_TEMPLATE_BYTES = len(_TEMPLATE % (b"", b"0" * 36, b"", MAX_INTEGER, b"", MAX_INTEGER, MAX_INTEGER, FORMAT_VERSION))
BUNDLE_PREFIX_BYTES = 2

Details: TypeAlias = Mapping[str, str | int | bool]
Entry: TypeAlias = dict[str, Any]  # as `parse_entry` returns it: the fields of the canonical JSON

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
    """The state or result of an action."""

    REQUESTED = "requested"
    DENIED = "denied"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


_OUTCOMES = frozenset(Outcome)


@dataclass(frozen=True)
class Actor:
    """Who acts: an opaque id, a role, and the session if there is one."""

    id: str
    role: str
    session: str = ""


@dataclass(frozen=True)
class ObjectRef:
    """What is acted on: its kind, its id, and the digest of its content if there is one."""

    kind: str
    id: str
    digest: str = ""


@dataclass(frozen=True)
class Draft:
    """A checked entry that lacks its sequence and time. All other fields are already encoded, in three parts."""

    fields: dict[str, Any]
    parts: tuple[bytes, bytes, bytes]
    size: int  # upper bound of its bytes in a bundle

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "Draft":
        """Encode checked `fields`: those sorted before, between and after `boot_id` and `monotonic_us`.

        Written out for speed, because all writers wait for the encoder. A property test compares the result with
        `canonical_json.encode`.
        """
        actor, target = fields["actor"], fields["object"]
        first = (
            f'"action":{_text(fields["action"])},'
            f'"actor":{{"id":{_text(actor["id"])},"role":{_text(actor["role"])},"session":{_text(actor["session"])}}}'
        ).encode()
        middle = f'"details":{{{",".join(_member(*item) for item in sorted(fields["details"].items()))}}}'.encode()
        last = (
            f'"object":{{"digest":{_text(target["digest"])},"id":{_text(target["id"])},"kind":{_text(target["kind"])}}},'
            f'"outcome":{_text(fields["outcome"])},"reason":{_text(fields["reason"])},"request":{_text(fields["request"])}'
        ).encode()
        return cls(
            fields,
            (first, middle, last),
            len(first) + len(middle) + len(last) + _MAX_TEMPLATE_BYTES + BUNDLE_PREFIX_BYTES,
        )

    def denied(self, reason: str) -> "Draft":
        """Return the same draft with the outcome `denied`."""
        return Draft.of({**self.fields, "outcome": str(Outcome.DENIED), "reason": reason})

    def place(self, sequence: int, clock: Clock, boot_id: str) -> dict[str, Any]:
        """Return the entry at `sequence`, with the clock's time. Raises `InputError` if that is out of bounds."""
        time_us, monotonic_us = clock.now_us(), clock.monotonic_us()
        if not 0 <= time_us <= MAX_INTEGER or not 0 <= monotonic_us <= MAX_INTEGER:
            raise InputError("audit.entry:clock")
        moment = {"sequence": sequence, "time_us": time_us, "boot_id": boot_id, "monotonic_us": monotonic_us}
        return {**self.fields, "version": FORMAT_VERSION, **moment}

    def encode(self, entry: dict[str, Any]) -> bytes:
        """Return the canonical bytes of an entry that `place` returned."""
        first, middle, last = self.parts
        return _TEMPLATE % (
            first,
            entry["boot_id"].encode(),
            middle,
            entry["monotonic_us"],
            last,
            entry["sequence"],
            entry["time_us"],
            FORMAT_VERSION,
        )


_text = json.encoder.encode_basestring  # JSON with the escapes that RFC 8785 requires


def _member(name: str, value: str | int | bool) -> str:
    if isinstance(value, str):
        return f'"{name}":{_text(value)}'
    return f'"{name}":{value:d}' if type(value) is int else f'"{name}":{"true" if value else "false"}'


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)


def _canonical(entry: dict[str, Any]) -> bytes:
    """Return the canonical bytes of a valid entry, five times as fast as `canonical_json.encode`.

    With ASCII names, and without floats and integers beyond 2^53, Python's encoder follows RFC 8785 exactly. A property
    test compares the two.
    """
    # Lone surrogates cannot be decoded from UTF-8, so such an entry never equals the data that was read.
    return _ENCODER.encode(entry).encode("utf-8", "surrogatepass")


def _escape(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def draft_entry(
    actor: Actor, action: str, target: ObjectRef, outcome: Outcome, *, reason: str, request: str, details: Details
) -> Draft:
    """Check the fields of a new entry. Raises `InputError` for an entry that could not be parsed again."""
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
        raise InputError("audit.entry:too-long", max_bytes=MAX_ENTRY_BYTES)
    return draft


def encode_entry(entry: dict[str, Any]) -> bytes:
    """Return the bytes of an entry. Raises `InputError` for an entry that could not be parsed again."""
    mistake = _mistake_in(entry)
    if mistake:
        raise InputError("audit.entry", mistake=mistake)
    data = _canonical(entry)
    if len(data) > MAX_ENTRY_BYTES:
        raise InputError("audit.entry:too-long", max_bytes=MAX_ENTRY_BYTES)
    return data


def parse_entry(data: bytes, sequence: int) -> dict[str, Any]:
    """Return the entry in `data`, which must be the one at `sequence`. Raises `AuditLogError` for any deviation."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AuditLogError("audit.entry:not-json", entry=sequence, sequence=sequence) from error
    mistake = _mistake_in(value) or (None if _canonical(value) == data else message("mistake:not-canonical"))
    if mistake:
        raise AuditLogError("audit.entry:damaged", entry=sequence, sequence=sequence, mistake=mistake)
    if value["sequence"] != sequence:
        raise AuditLogError("audit.sequence", entry=sequence, sequence=sequence, other=value["sequence"])
    entry: dict[str, Any] = value
    return entry


def _wrong_fields(value: Any, fields: dict[str, type], name: str) -> Message | None:
    """Return the first mistake in the names and types of fields. `type() is`, because True is an instance of int."""
    if type(value) is not dict or value.keys() != fields.keys():
        return message(f"mistake:{name}-fields")
    for field, kind in fields.items():
        if type(value[field]) is not kind:
            return message(f"mistake:{name}-type", field=field)
    return None


def _mistake_in(entry: Any) -> Message | None:
    """Return the first mistake, without data of the entry, or None."""
    shape = (
        _wrong_fields(entry, _FIELDS, "entry")
        or _wrong_fields(entry["actor"], _ACTOR_FIELDS, "actor")
        or _wrong_fields(entry["object"], _OBJECT_FIELDS, "object")
    )
    if shape:
        return shape
    actor, target = entry["actor"], entry["object"]
    texts = (*actor.values(), *target.values(), entry["action"], entry["request"], entry["boot_id"])
    numbers = (entry["sequence"], entry["time_us"], entry["monotonic_us"])
    rules = (
        ("mistake:version", entry["version"] == FORMAT_VERSION),
        ("mistake:number", min(numbers) >= 0 and max(numbers) <= MAX_INTEGER),
        ("mistake:action", _ACTION.fullmatch(entry["action"]) is not None),
        ("mistake:outcome", entry["outcome"] in _OUTCOMES),
        ("mistake:actor", actor["id"] and actor["role"]),
        ("mistake:object", target["kind"]),
        ("mistake:request", entry["request"] or entry["outcome"] != Outcome.REQUESTED),
    )
    for mistake, holds in rules:
        if not holds:
            return message(mistake)
    if max(map(len, texts)) > MAX_TEXT_CHARACTERS:
        return message("mistake:text-length", max_characters=MAX_TEXT_CHARACTERS)
    if len(entry["reason"]) > MAX_REASON_CHARACTERS:
        return message("mistake:reason-length", max_characters=MAX_REASON_CHARACTERS)
    return _mistake_in_details(entry["details"])


def _mistake_in_details(details: dict[Any, Any]) -> Message | None:
    if len(details) > MAX_DETAILS:
        return message("mistake:detail-count", max_details=MAX_DETAILS)
    for name, value in details.items():
        if type(name) is not str or not _DETAIL_NAME.fullmatch(name):
            return message("mistake:detail-name")
        if type(value) not in (str, int, bool):
            return message("mistake:detail-type")
        if type(value) is int and abs(value) > MAX_INTEGER:
            return message("mistake:detail-number")
    return None
