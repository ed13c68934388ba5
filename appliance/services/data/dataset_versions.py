"""The versions of a dataset: what changed from one to the next, what each contains, and the adapters made of it.

And its origin: where it comes from, what it may be used for, and the legal hold that keeps it from being erased.
"""

import datetime as dt
import json
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, insert, update

from appliance.audit import ObjectRef
from appliance.datasets.records import Dataset, DatasetState, DatasetVersion, get_dataset, get_version, list_versions
from appliance.datasets.report import DatasetReport
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.json_records import shown, stored
from appliance.foundation.messages import Message, message
from appliance.models.records import Adapter, list_adapters
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


@dataclass(frozen=True, kw_only=True)
class WrittenVersion:
    """What a worker says of a version that it wrote. `digest` is over its files; a revision `changed` some rows."""

    digest: str
    rows: int
    training_rows: int
    validation_rows: int
    test_rows: int
    report: DatasetReport
    source_format: str = ""
    changed: int = 0

    def __post_init__(self) -> None:
        """Raise `ValueError` unless the parts make up the whole."""
        parts = (self.training_rows, self.validation_rows, self.test_rows)
        if min(parts) < 0 or sum(parts) != self.rows or not self.changed >= 0:
            raise ValueError("counts that cannot be")

    @property
    def counts(self) -> dict[str, int]:
        """Return the counts of rows, by the names of their columns."""
        return {name: getattr(self, name) for name in ("rows", "training_rows", "validation_rows", "test_rows")}


@dataclass(frozen=True)
class VersionReport(DatasetReport):
    """What was found in the rows of a version, and its number."""

    version: int = 0


@dataclass(frozen=True)
class VersionInLine:
    """A version, and the adapters that were trained from it."""

    version: DatasetVersion
    adapters: list[Adapter]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is listed."""
        made = [{"id": adapter.id, "name": adapter.name, "state": str(adapter.state)} for adapter in self.adapters]
        return {**shown(self.version), "adapters": made}


def add_version(
    connection: Connection,
    *,
    dataset_id: str,
    version: int,
    parent: int,
    change: Message,
    digest: str,
    written: WrittenVersion,
    created_us: int,
    created_by: str,
    request: str,
) -> None:
    """Keep a version and make it the dataset's current one. `digest` is the keyed one that the log has."""
    connection.execute(
        insert(DATASET_VERSIONS).values(
            dataset_id=dataset_id,
            version=version,
            parent=parent,
            change=change.to_text(),
            digest=digest,
            report=json.dumps(stored(written.report)),
            created_us=created_us,
            created_by=created_by,
            request=request,
            state=DatasetState.READY,
            **written.counts,
        )
    )
    values = {"version": version, "digest": digest, **written.counts}
    connection.execute(update(DATASETS).where(DATASETS.c.id == dataset_id).values(values))


@operation("dataset.versions", action="dataset.list", on="dataset")
def lineage(context: ServiceContext, caller: Caller, *, dataset_id: DatasetId) -> list[VersionInLine]:
    """Return the versions, oldest first, each with the adapters that were trained from it. Raises `NotFoundError`."""
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    with context.database.begin() as connection:
        versions = list_versions(connection, dataset_id)
        adapters = list_adapters(connection, dataset_id=dataset_id)
    return [
        VersionInLine(version, [adapter for adapter in adapters if adapter.dataset_version == version.version])
        for version in versions
    ]


@operation("dataset.report", action="dataset.list", on="dataset")
def show_report(context: ServiceContext, caller: Caller, *, dataset_id: DatasetId, version: int = 0) -> VersionReport:
    """Return what was found in the rows of a version (0: the current one). No row is quoted. Raises `NotFoundError`."""
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    found = context.query(get_version, dataset_id, version)
    return VersionReport(**vars(found.report), version=found.version)
