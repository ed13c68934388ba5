"""An action between its request and its outcome, as the log records it."""

from dataclasses import dataclass, field
from typing import Any

from appliance.audit.archives import still_open
from appliance.audit.events import ObjectRef, Outcome
from appliance.foundation.errors import ApplianceError


@dataclass
class RecordedAction:
    """What the outcome's entry will say.

    The block of `AuditLog.action` may replace `target` and `details` as it learns them.
    """

    request: str
    target: ObjectRef
    sequence: int  # of the request's entry
    details: dict[str, str | int | bool] = field(default_factory=dict)


def reason_for(error: BaseException) -> str:
    """Return why an action failed: a code or the name of a class, never a message (which may hold data)."""
    if isinstance(error, ApplianceError):
        return error.code
    return (
        f"unexpected.{type(error).__name__}" if isinstance(error, Exception) else f"interrupted.{type(error).__name__}"
    )


class OpenRequests:
    """The requests that have no outcome yet, by request id, oldest first."""

    def __init__(self) -> None:
        self._open: dict[str, list[dict[str, Any]]] = {}

    def follow(self, entry: dict[str, Any]) -> None:
        """Take note of an entry of the log."""
        if (said := still_open(entry)) is not None:
            self._forget(*said)
        request = entry["request"]
        if entry["outcome"] == Outcome.REQUESTED:
            self._open.setdefault(request, []).append(entry)
        elif request in self._open:
            self._open[request].pop(0)
            if not self._open[request]:
                del self._open[request]

    def _forget(self, end: int, waiting: set[int]) -> None:
        """Forget the requests before `end` but those `waiting`: the others have their outcomes in an archive."""
        for request, entries in list(self._open.items()):
            self._open[request] = [
                entry for entry in entries if entry["sequence"] >= end or entry["sequence"] in waiting
            ]
            if not self._open[request]:
                del self._open[request]

    def entries(self) -> list[dict[str, Any]]:
        """Return the requests' entries, in the order of the log."""
        return sorted(
            (entry for entries in self._open.values() for entry in entries), key=lambda entry: int(entry["sequence"])
        )
