"""What is to be known now: of running jobs and of the log, kept in memory; and datasets whose time is nearly over."""

from sqlalchemy import Connection

from appliance.datasets.records import expiring_datasets
from appliance.foundation.messages import Message, message
from appliance.services.context import ServiceContext

REMINDER_DAYS = 30


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


def reminders(context: ServiceContext, dataset_id: str = "", *, connection: Connection | None = None) -> list[Message]:
    """Return a message for each dataset that may not be used from soon on; only for this one, when it is named."""
    if connection is None:
        with context.database.begin() as opened:
            return reminders(context, dataset_id, connection=opened)
    due = []
    for dataset, days_left in expiring_datasets(connection, context.today(), REMINDER_DAYS):
        if dataset_id and dataset.id != dataset_id:
            continue
        due.append(
            message(
                "dataset-due" if days_left >= 0 else "dataset-overdue",
                name=dataset.name,
                keep_until=dataset.keep_until,
                days=abs(days_left),
                hold="on" if dataset.hold_reason else "off",
            )
        )
    return due
