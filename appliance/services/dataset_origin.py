"""Where a dataset comes from, what it may be used for and how long; and the legal hold that keeps it from being
erased.
"""

import datetime as dt
from typing import Any

from sqlalchemy import select, update

from appliance.audit import ObjectRef
from appliance.datasets.tables import DATASETS
from appliance.foundation.clock import Clock
from appliance.foundation.errors import ConflictError, InputError
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import READY
from appliance.services.import_dataset import LEGAL_BASES, ORIGIN_FIELDS, describe_dataset, verified_origin

__all__ = ["LEGAL_BASES", "expiring", "hold_dataset", "release_dataset", "reminders", "set_origin"]

REMINDER_DAYS = 30


def set_origin(context: ServiceContext, caller: Caller, *, dataset_id: str, **origin: str) -> dict[str, Any]:
    """Change what is said about a dataset's origin; a field that is not named stays.

    Raises `InputError`, `NotFoundError`.
    """
    dataset = describe_dataset(context, dataset_id)
    values = verified_origin(
        {**{name: dataset[name] for name in ORIGIN_FIELDS}, **origin}, required=context.limits.datasets.require_origin
    )
    fields = ", ".join(sorted(origin))
    with (
        context.act(caller, "dataset.describe", _target(dataset), {"fields": fields}),
        context.database.begin() as connection,
    ):
        connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(values))
    return describe_dataset(context, dataset_id)


def hold_dataset(context: ServiceContext, caller: Caller, *, dataset_id: str, reason: str) -> dict[str, Any]:
    """Put a dataset on legal hold: nothing of it is shredded until it is released.

    Raises `InputError` without a reason.
    """
    reason = reason.strip()[:500]
    if not reason:
        raise InputError("dataset.hold")
    return _set_hold(context, caller, "dataset.hold", dataset_id, reason)


def release_dataset(context: ServiceContext, caller: Caller, *, dataset_id: str) -> dict[str, Any]:
    """End the legal hold. Raises `ConflictError` when there is none."""
    if not describe_dataset(context, dataset_id)["hold_reason"]:
        raise ConflictError("dataset.hold:dataset-hold")
    return _set_hold(context, caller, "dataset.release", dataset_id, "")


def expiring(context: ServiceContext, days: int = REMINDER_DAYS) -> list[dict[str, Any]]:
    """Return the datasets that must not be trained on from within `days` on, soonest first, with `days_left` (negative:
    past).
    """
    today = _today(context.clock)
    with context.database.begin() as connection:
        query = (
            select(DATASETS)
            .where(DATASETS.c.state == READY, DATASETS.c.keep_until != "")
            .order_by(DATASETS.c.keep_until)
        )
        rows = [dict(row._mapping) for row in connection.execute(query)]
    left = [{**row, "days_left": (dt.date.fromisoformat(row["keep_until"]) - today).days} for row in rows]
    return [row for row in left if row["days_left"] <= days]


def reminders(context: ServiceContext, dataset_id: str = "") -> list[str]:
    """Return a sentence for each dataset whose time is nearly or wholly over; only for this one, when it is named."""
    said = []
    for each in expiring(context):
        if dataset_id and each["id"] != dataset_id:
            continue
        when = (
            f"may be used for {each['days_left']} more days" if each["days_left"] >= 0 else "must not be used any more"
        )
        kept = " It is on legal hold, and is kept until that is released." if each["hold_reason"] else ""
        said.append(
            f"The dataset {each['name']} ({each['id']}) {when}: it is to be kept until {each['keep_until']}.{kept}"
        )
    return said


def _set_hold(context: ServiceContext, caller: Caller, action: str, dataset_id: str, reason: str) -> dict[str, Any]:
    dataset = describe_dataset(context, dataset_id)
    with context.act(caller, action, _target(dataset)), context.database.begin() as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(hold_reason=reason))
    return describe_dataset(context, dataset_id)


def _today(clock: Clock) -> dt.date:
    return dt.datetime.fromtimestamp(clock.now_us() / 1e6, dt.UTC).date()


def _target(dataset: dict[str, Any]) -> ObjectRef:
    return ObjectRef("dataset", dataset["id"], dataset["digest"])
