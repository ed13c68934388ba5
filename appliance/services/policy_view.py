"""What a page may offer: the rules are asked as for an act, but nothing is logged, because nothing is done."""

from typing import Any

from appliance.policy import Principal
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import Operation


def may(context: ServiceContext, caller: Caller, action: str, kind: str, identifier: str = "any") -> bool:
    """Tell whether the caller may do `action` to an object."""
    return context.rules.allows(Principal(caller.user_id, caller.role), action, kind, identifier)


def may_do(context: ServiceContext, caller: Caller, operation: Operation[Any, Any], identifier: str = "any") -> bool:
    """Tell whether the caller may ask for an operation."""
    return may(context, caller, operation.action, operation.on, identifier)
