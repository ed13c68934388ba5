"""Where a dataset comes from, what it may be used for, and the legal hold that keeps it from being erased."""

import datetime as dt
from dataclasses import dataclass, fields

from sqlalchemy import update

from appliance.audit import ObjectRef
from appliance.datasets.records import Dataset, get_dataset
from appliance.datasets.tables import DATASETS
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.messages import message
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import DatasetId, operation

# GDPR, article 6(1), a to f; and data that is not personal.
LEGAL_BASES = (
    "consent",
    "contract",
    "legal obligation",
    "vital interests",
    "public task",
    "legitimate interests",
    "not personal data",
)
REQUIRED = ("purpose", "owner", "legal_basis")
MAX_CHARACTERS = 500


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What is said about where data comes from. "" is not stated; `keep_until` is an ISO date."""

    purpose: str = ""
    owner: str = ""
    licence: str = ""
    legal_basis: str = ""
    keep_until: str = ""


ORIGIN_FIELDS = tuple(field.name for field in fields(Origin))


def verified_origin(origin: Origin, *, required: bool) -> dict[str, str]:
    """Return the fields, trimmed. Raises `InputError` for one that cannot be, or that the policy requires."""
    values = {name: str(getattr(origin, name)).strip() for name in ORIGIN_FIELDS}
    if any(len(value) > MAX_CHARACTERS for value in values.values()):
        raise InputError("dataset.origin", characters=MAX_CHARACTERS)
    if values["legal_basis"] and values["legal_basis"] not in LEGAL_BASES:
        raise InputError("dataset.origin:legal-basis", bases=", ".join(LEGAL_BASES))
    if values["keep_until"]:
        try:
            values["keep_until"] = dt.date.fromisoformat(values["keep_until"]).isoformat()
        except ValueError:
            raise InputError("dataset.origin:keep-until") from None
    missing = [name for name in REQUIRED if not values[name]]
    if required and missing:
        raise InputError("dataset.origin:required", missing=tuple(message(f"origin-{name}") for name in missing))
    return values


@operation("dataset.describe", action="dataset.describe", on="dataset")
def set_origin(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: DatasetId,
    purpose: str | None = None,
    owner: str | None = None,
    licence: str | None = None,
    legal_basis: str | None = None,
    keep_until: str | None = None,
) -> Dataset:
    """Change what is said about a dataset's origin; what is not named stays. Raises `InputError`, `NotFoundError`."""
    given = {"purpose": purpose, "owner": owner, "licence": licence, "legal_basis": legal_basis} | {
        "keep_until": keep_until
    }
    changed = {name: value for name, value in given.items() if value is not None}
    dataset = context.query(get_dataset, dataset_id)
    origin = Origin(**{**{name: getattr(dataset, name) for name in ORIGIN_FIELDS}, **changed})
    values = verified_origin(origin, required=context.limits.datasets.require_origin)
    return _update(context, caller, "dataset.describe", dataset, values, {"fields": ", ".join(sorted(changed))})


@operation("dataset.hold", action="dataset.hold", on="dataset")
def hold_dataset(context: ServiceContext, caller: Caller, *, dataset_id: DatasetId, reason: str) -> Dataset:
    """Put a dataset on legal hold: it cannot be shredded until it is released. Raises `InputError` without a reason."""
    reason = reason.strip()[:MAX_CHARACTERS]
    if not reason:
        raise InputError("dataset.hold")
    dataset = context.query(get_dataset, dataset_id)
    return _update(context, caller, "dataset.hold", dataset, {"hold_reason": reason})


@operation("dataset.release", action="dataset.release", on="dataset")
def release_dataset(context: ServiceContext, caller: Caller, *, dataset_id: DatasetId) -> Dataset:
    """End the legal hold. Raises `ConflictError` when there is none."""
    dataset = context.query(get_dataset, dataset_id)
    if not dataset.hold_reason:
        raise ConflictError("dataset.hold:none")
    return _update(context, caller, "dataset.release", dataset, {"hold_reason": ""})


def _update(
    context: ServiceContext,
    caller: Caller,
    action: str,
    dataset: Dataset,
    values: dict[str, str],
    details: dict[str, str | int | bool] | None = None,
) -> Dataset:
    target = ObjectRef("dataset", dataset.id, dataset.digest)
    with context.act(caller, action, target, details), context.database.begin() as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == dataset.id).values(values))
        return get_dataset(connection, dataset.id)
