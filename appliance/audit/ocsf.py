"""Entries as events of the Open Cybersecurity Schema Framework (OCSF 1.7.0), for a company's own log analysis.

Two classes of the category Identity & Access Management are enough: Authentication (3002) for sessions, and Entity
Management (3004) for everything else. Fields that OCSF lacks are under `unmapped`, so that nothing of an entry is lost.
Proof remains with the log: `metadata.sequence` names the entry of an event.
"""

from typing import Any

from appliance import __version__
from appliance.audit.events import Outcome

OCSF_VERSION = "1.7.0"
_CATEGORY, _AUTHENTICATION, _ENTITY = 3, 3002, 3004
_LOGON = {"session.open": (1, "Logon"), "session.close": (2, "Logoff")}
_OTHER = 99
_CREATE, _READ, _UPDATE, _DELETE = (1, "Create"), (2, "Read"), (3, "Update"), (4, "Delete")
# by the verb of `noun.verb`
_ACTIVITIES = {
    **dict.fromkeys(("create", "add", "import", "receive", "submit"), _CREATE),
    **dict.fromkeys(
        ("read", "list", "status", "preview", "find", "verify", "export", "confirm", "prove", "checkpoint"), _READ
    ),
    **dict.fromkeys(
        ("change", "describe", "revise", "rotate", "rotate-log", "change-key", "reset", "renew-keys"), _UPDATE
    ),
    **dict.fromkeys(("shred", "shred-versions", "erase", "remove", "delete"), _DELETE),
    "disable": (9, "Disable"),
}
_STATUS = {
    Outcome.REQUESTED: (_OTHER, "Requested"),
    Outcome.SUCCEEDED: (1, "Success"),
    Outcome.FAILED: (2, "Failure"),
    Outcome.DENIED: (2, "Failure"),
}
_SEVERITY = {Outcome.DENIED: (3, "Medium"), Outcome.FAILED: (2, "Low")}
_INFORMATIONAL = (1, "Informational")


def ocsf_event(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the event of an entry. Times are milliseconds since 1970, as OCSF requires."""
    action, outcome, actor, target = entry["action"], Outcome(entry["outcome"]), entry["actor"], entry["object"]
    logon = _LOGON.get(action)
    number, name = logon or _ACTIVITIES.get(action.partition(".")[2], (_OTHER, action))
    class_uid = _AUTHENTICATION if logon else _ENTITY
    status, severity = _STATUS[outcome], _SEVERITY.get(outcome, _INFORMATIONAL)
    user = {"uid": actor["id"], "type": actor["role"], "type_id": _OTHER}
    return {
        "activity_id": number,
        "activity_name": name,
        "category_uid": _CATEGORY,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + number,
        "time": entry["time_us"] // 1000,
        "severity_id": severity[0],
        "severity": severity[1],
        "status_id": status[0],
        "status": status[1],
        "status_code": str(outcome),
        "status_detail": entry["reason"],
        "message": f"{action} {outcome}",
        "metadata": {
            "version": OCSF_VERSION,
            "product": {"name": "appliance", "vendor_name": "appliance", "version": __version__},
            "event_code": action,
            "sequence": entry["sequence"],
            "correlation_uid": entry["request"],
        },
        "actor": {"user": user, "session": {"uid": actor["session"]}},
        **(
            {"user": user, "service": {"name": "appliance"}}
            if logon
            else {"entity": {"uid": target["id"] or "-", "type": target["kind"]}}
        ),
        "unmapped": {name: entry[name] for name in ("time_us", "boot_id", "monotonic_us", "object", "details")},
    }
