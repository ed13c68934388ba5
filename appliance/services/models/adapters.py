"""Adapters: list them, show one."""

from appliance.audit import ObjectRef
from appliance.models.records import Adapter, get_adapter, list_adapters
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import AdapterId, operation


@operation("adapter.list", action="adapter.list", on="adapter")
def all_adapters(context: ServiceContext, caller: Caller) -> list[Adapter]:
    """Return the adapters, oldest first, with what was found about each."""
    context.look(caller, "adapter.list", ObjectRef("adapter", "all"))
    return context.query(list_adapters)


@operation("adapter.show", action="adapter.list", on="adapter")
def show_adapter(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> Adapter:
    """Return one adapter. Raises `NotFoundError`."""
    context.look(caller, "adapter.list", ObjectRef("adapter", adapter_id))
    return context.query(get_adapter, adapter_id)
