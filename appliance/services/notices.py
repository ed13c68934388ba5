"""What is to be known now, kept in memory: of running jobs, and of the log."""

from appliance.foundation.messages import Message
from appliance.services.context import ServiceContext


class JobNotices:
    """What is to be known of running jobs where the disk has no room for it, by job."""

    def __init__(self, context: ServiceContext) -> None:
        del context
        self.notices: dict[str, Message | None] = {}


class LogDamage:
    """What reading the log again found wrong with it, until a round finds nothing."""

    def __init__(self, context: ServiceContext) -> None:
        del context
        self.found: Message | None = None
