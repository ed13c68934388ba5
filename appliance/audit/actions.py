"""An action between its request and its outcome, as the log records it."""

from dataclasses import dataclass, field

from appliance.audit.events import ObjectRef
from appliance.foundation.errors import ApplianceError


@dataclass
class RecordedAction:
    """What the outcome's entry will say. The block of `AuditLog.action` may replace `target` and `details` as it learns them."""

    request: str
    target: ObjectRef
    sequence: int  # of the request's entry
    details: dict[str, str | int | bool] = field(default_factory=dict)


def reason_for(error: BaseException) -> str:
    """Return why an action failed: a code or the name of a class, never a message (which may hold data)."""
    if isinstance(error, ApplianceError):
        return error.code
    return f"unexpected.{type(error).__name__}" if isinstance(error, Exception) else f"interrupted.{type(error).__name__}"
