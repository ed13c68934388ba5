"""The versions of a dataset: what changed from one to the next, what each contains, and the adapters made of it."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, update

from appliance.audit import ObjectRef
from appliance.datasets.records import DatasetState, DatasetVersion, get_version, list_versions
from appliance.datasets.report import DatasetReport
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.json_records import shown, stored
from appliance.foundation.messages import Message
from appliance.models.records import Adapter, list_adapters
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import DatasetId, operation


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
        if min(parts) < 0 or sum(parts) != self.rows or self.changed < 0:
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
