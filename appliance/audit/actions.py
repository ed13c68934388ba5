"""Actions between their request and their outcome, as the log records them."""

from dataclasses import dataclass, field
from typing import Any

from appliance.audit.archives import still_open
from appliance.audit.events import ObjectRef, Outcome
from appliance.foundation.errors import ApplianceError


@dataclass
class RecordedAction:
    """The content of the outcome's entry. The block of `AuditLog.action` may replace `target` and `details`."""

    request: str
    target: ObjectRef
    sequence: int  # of the request's entry
    details: dict[str, str | int | bool] = field(default_factory=dict)


def reason_for(error: BaseException) -> str:
    """Return why an action failed: a code or the name of a class, never a message, which may contain data."""
    if isinstance(error, ApplianceError):
        return error.code
    return (
        f"unexpected.{type(error).__name__}" if isinstance(error, Exception) else f"interrupted.{type(error).__name__}"
    )


class OpenRequests:
    """The requests without an outcome, by request id, oldest first."""

    def __init__(self) -> None:
        self._open: dict[str, list[dict[str, Any]]] = {}

    def follow(self, entry: dict[str, Any]) -> None:
        """Update the open requests with the next entry of the log."""
        if (pruned := still_open(entry)) is not None:
            self._forget(*pruned)
        request = entry["request"]
        if entry["outcome"] == Outcome.REQUESTED:
            self._open.setdefault(request, []).append(entry)
        elif request in self._open:
            self._open[request].pop(0)
            if not self._open[request]:
                del self._open[request]

    def _forget(self, end: int, waiting: set[int]) -> None:
        """Forget the requests before `end` except those `waiting`: the outcomes of the others are archived."""
        for request, entries in list(self._open.items()):
            self._open[request] = [
                entry for entry in entries if entry["sequence"] >= end or entry["sequence"] in waiting
            ]
            if not self._open[request]:
                del self._open[request]

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries of the open requests, in the order of the log."""
        return sorted(
            (entry for entries in self._open.values() for entry in entries), key=lambda entry: int(entry["sequence"])
        )
