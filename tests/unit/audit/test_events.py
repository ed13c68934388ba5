"""Entries that can be written can be parsed, and nothing else can."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audit import Actor, ObjectRef, Outcome
from appliance.audit.events import (
    MAX_DETAILS,
    MAX_ENTRY_BYTES,
    MAX_INTEGER,
    _canonical,
    draft_entry,
    encode_entry,
    parse_entry,
)
from appliance.foundation import canonical_json
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import AuditLogError, InputError

TEXT = st.text(st.characters(), max_size=40)
GOOD: dict[str, Any] = {
    "version": 1,
    "sequence": 3,
    "time_us": 1_700_000_000_000_000,
    "boot_id": "6b1d0f6c-54a6-4a7f-8c39-0c1d1f4f9a10",
    "monotonic_us": 12,
    "actor": {"id": "us_1", "role": "trainer", "session": ""},
    "action": "dataset.import",
    "object": {"kind": "dataset", "id": "ds_1", "digest": ""},
    "outcome": "requested",
    "reason": "",
    "request": "rq_1",
    "details": {"rows": 100, "checked": True, "format": "csv"},
}
GOLDEN = (
    b'{"action":"dataset.import","actor":{"id":"us_1","role":"trainer","session":""},"boot_id":"6b1d0f6c-54a6-4a7f-8c39-0c1d1f4f9a10",'
    b'"details":{"checked":true,"format":"csv","rows":100},"monotonic_us":12,"object":{"digest":"","id":"ds_1","kind":"dataset"},'
    b'"outcome":"requested","reason":"","request":"rq_1","sequence":3,"time_us":1700000000000000,"version":1}'
)


def draft(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "actor": Actor("us_1", "trainer"),
        "action": "dataset.import",
        "target": ObjectRef("dataset", "ds_1"),
        "outcome": Outcome.SUCCEEDED,
        "reason": "",
        "request": "",
        "details": {},
    }
    return draft_entry(**(values | changes))


def test_golden_entry() -> None:
    assert encode_entry(GOOD) == GOLDEN
    assert parse_entry(GOLDEN, 3) == GOOD


@given(
    TEXT,
    TEXT,
    TEXT,
    st.sampled_from(Outcome),
    st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True).filter(lambda n: n[0] != "_"), TEXT),
)
def test_written_entries_can_be_parsed(
    id_: str, digest: str, reason: str, outcome: Outcome, details: dict[str, str]
) -> None:
    """Any text is preserved, and lone surrogates become escapes."""
    new = draft(
        actor=Actor("us_" + id_, "admin", id_),
        target=ObjectRef("file", id_, digest),
        reason=reason,
        outcome=outcome,
        request="rq_1",
        details={**details, "n": -5, "yes": True},
    )
    entry = new.place(7, SystemClock(), SystemClock().boot_id())
    assert parse_entry(encode_entry(entry), 7) == entry
    assert new.encode(entry) == _canonical(entry) == canonical_json.encode(entry)
    assert len(new.encode(entry)) <= new.size
    assert entry["reason"] == reason.encode("utf-8", "backslashreplace").decode()
    assert entry["details"]["yes"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"action": "import"},
        {"action": "Dataset.import"},
        {"action": "dataset.import.now"},
        {"action": "dataset.import\n"},
        {"outcome": "maybe"},
        {"outcome": ""},
        {"outcome": Outcome.REQUESTED, "request": ""},
        {"actor": Actor("", "trainer")},
        {"actor": Actor("us_1", "")},
        {"target": ObjectRef("", "ds_1")},
        {"target": ObjectRef("dataset", "x" * 513)},
        {"reason": "x" * 2001},
        {"details": {"": 1}},
        {"details": {"a b": 1}},
        {"details": {3: 1}},
        {"details": {"share": 0.5}},
        {"details": {"nothing": None}},
        {"details": {"list": [1]}},
        {"details": {"big": MAX_INTEGER + 1}},
        {"details": {f"d{number}": 1 for number in range(MAX_DETAILS + 1)}},
        {"details": {"long": "x" * MAX_ENTRY_BYTES}},
    ],
)
def test_invalid_entries_are_not_written(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot be written to the audit log"):
        draft(**change)


def test_the_longest_entry_fits() -> None:
    spare = MAX_ENTRY_BYTES - len(
        encode_entry(draft(details={"d": ""}).fields | {k: GOOD[k] for k in GOOD if k not in draft().fields})
    )
    # The longest possible numbers are assumed: 15 more digits for the sequence and 14 for the monotonic time.
    draft(details={"d": "x" * (spare - 29)})
    with pytest.raises(InputError, match="longer than 65,535 bytes"):
        draft(details={"d": "x" * (spare - 28)})


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"sequence": 3.5},
        {"sequence": "3"},
        {"time_us": -1},
        {"monotonic_us": MAX_INTEGER + 1},
        {"extra": 1},
        {"actor": {"id": "us_1", "role": "trainer"}},
        {"actor": {"id": "us_1", "role": "trainer", "session": 1}},
        {"actor": "us_1"},
        {"object": {"kind": "a", "id": "b", "digest": "c", "more": ""}},
        {"outcome": "allowed"},
        {"details": {"a": {}}},
        {"details": []},
        {"sequence": 4},
    ],
)
def test_a_deviating_entry_is_named(change: dict[str, Any]) -> None:
    value = GOOD | change
    data = (
        canonical_json.encode(value)
        if change != {"monotonic_us": MAX_INTEGER + 1}
        else GOLDEN.replace(b'_us":12', b'_us":9007199254740992')
    )
    with pytest.raises(AuditLogError, match=r"ntry 3 of the audit log") as caught:
        parse_entry(data, 3)
    assert caught.value.entry == 3


@pytest.mark.parametrize("field", GOOD)
def test_an_entry_without_a_field_is_refused(field: str) -> None:
    value = {name: content for name, content in GOOD.items() if name != field}
    with pytest.raises(AuditLogError, match="exactly the required fields"):
        parse_entry(canonical_json.encode(value), 3)


DAMAGED = [
    b"",
    b"3",
    b"[]",
    b"null",
    b"{",
    b"[" * 100_000,
    b"\xff" + GOLDEN,
    GOLDEN + b" ",
    GOLDEN.replace(b":12", b": 12"),
    GOLDEN.replace(b"us_1", b"\\ud800"),
    GOLDEN.replace(b"us_1", b"\\u0075s_1"),
    GOLDEN.replace(b'"version":1', b'"version":1,"version":1'),
]


@pytest.mark.parametrize("data", DAMAGED)
def test_noncanonical_json_is_refused(data: bytes) -> None:
    with pytest.raises(AuditLogError):
        parse_entry(data, 3)


def test_a_clock_out_of_bounds_cannot_damage_the_log() -> None:
    with pytest.raises(InputError, match="out of bounds"):
        encode_entry(GOOD | {"time_us": -1})
