"""The catalogue of events: everything that the audit log may contain. Other entries cannot be written.

A new action needs an event here: its meaning, its kinds of objects, who may cause it, and its details. Roles are those
of the policy, `system` (the appliance itself, and jobs on behalf of their submitters) and `none` (not signed in).
Anyone may be *denied* anything, so of a denial only the kind of object and the details are checked.
`ops/audit-events.md` is generated from this catalogue, and `appliance audit events` prints it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from appliance.audit.event_kinds import Event
from appliance.audit.event_table import ROWS
from appliance.audit.events import Actor, Details, ObjectRef, Outcome
from appliance.foundation.errors import InputError
from appliance.foundation.roles import also_permitted

_NUMBERED = re.compile(r"-[1-9][0-9]?\Z")  # "term-1", "term-2"; the catalogue has "term-#"
EVENTS: Mapping[str, Event] = MappingProxyType(
    {row.action: replace(row, who=row.who | also_permitted(row.action)) for row in ROWS}
)


def verify_listed(actor: Actor, action: str, target: ObjectRef, outcome: Outcome, details: Details) -> Event:
    """Return the event of an entry. Raises `InputError` if the catalogue does not allow the entry."""
    event = EVENTS.get(action)
    if event is None:
        raise InputError("audit.catalogue:unknown-event", action=repr(action[:80]))
    if target.kind not in event.kinds:
        raise InputError("audit.catalogue:kind", action=repr(action), kind=repr(target.kind))
    if outcome is not Outcome.DENIED and actor.role not in event.who:
        raise InputError("audit.catalogue:role", action=repr(action), role=repr(actor.role))
    unknown = [
        name
        for name, value in details.items()
        if type(value) is not (event.details.get(name) or _numbered(event, name))
    ]
    if unknown:
        raise InputError("audit.catalogue:details", action=repr(action), details=tuple(map(repr, unknown)))
    return event


def _numbered(event: Event, name: str) -> type | None:
    return event.details.get(_NUMBERED.sub("-#", name))


def events_page() -> str:
    """Return the catalogue as Markdown: `ops/audit-events.md`."""
    lines = [
        "# Events of the audit log",
        "",
        "Generated from `appliance/audit/catalogue.py` (`appliance audit events --markdown`); a test keeps them equal.",
        "Each action is logged as `requested` before it happens, and as `succeeded` or `failed` after; an action that "
        "is not allowed is logged as `denied`.",
        "",
        "| action | object | who | details | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for event in EVENTS.values():
        details = ", ".join(f"{name} ({kind.__name__})" for name, kind in event.details.items())
        lines.append(
            f"| `{event.action}` | {', '.join(event.kinds)} | {', '.join(sorted(event.who))} | {details} | "
            f"{event.meaning} |"
        )
    return "\n".join(lines) + "\n"
