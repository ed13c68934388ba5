"""The orders of every kind of worker, by name: for tests that play workers of more than one kind."""

import importlib
import json
import pkgutil

from appliance.foundation.errors import WorkerError
from appliance.jobs import starts
from appliance.jobs.access import StartMessage
from appliance.jobs.messages import decode_start

for _module in pkgutil.iter_modules(starts.__path__, f"{starts.__name__}."):
    importlib.import_module(_module.name)
STARTS: dict[str, type[StartMessage]] = {
    str(kind.model_fields["type"].default): kind for kind in StartMessage.__subclasses__()
}


def decode_any_start(line: bytes) -> StartMessage:
    """Return the order in `line`, of whichever kind it says that it is."""
    try:
        kind = STARTS[json.loads(line)["type"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise WorkerError("worker.message:version") from None
    return decode_start(kind, line)
