"""What is known of datasets and of their versions without reading a row: rows of the tables, as records."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import Connection, Row, select

from appliance.audit import ObjectRef
from appliance.datasets.report import DatasetReport
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.foundation.json_records import HIDDEN, read
from appliance.foundation.messages import Message


class DatasetState(StrEnum):
    """Whether a dataset, or a version of it, can be used. From `SHREDDING` on nobody may begin to use it."""

    READY = "ready"
    SHREDDING = "shredding"
    SHREDDED = "shredded"


@dataclass(frozen=True)
class Dataset:
    """One dataset with its current version. Times are in microseconds since 1970, UTC.

    `keep_until` is an ISO date or "".
    """

    id: str
    project_id: str
    name: str
    version: int
    digest: str
    rows: int
    training_rows: int
    validation_rows: int
    test_rows: int
    system_prompt: str
    source_format: str
    created_us: int
    created_by: str
    state: DatasetState
    purpose: str
    owner: str
    licence: str
    legal_basis: str
    keep_until: str
    hold_reason: str

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the record of a row."""
        values = dict(row._mapping)
        return cls(**{**values, "state": DatasetState(values["state"])})

    @property
    def ref(self) -> ObjectRef:
        """Return the dataset as the log names it."""
        return ObjectRef("dataset", self.id, self.digest)

    def verify_usable(self) -> None:
        """Raise `ConflictError` when the dataset is being or was shredded."""
        if self.state is not DatasetState.READY:
            raise ConflictError("dataset.shredded", dataset=self.id)

    def verify_trainable(self, today: dt.date) -> None:
        """Raise `ConflictError` when the dataset cannot be read, or may not be used any more."""
        self.verify_usable()
        if self.keep_until and self.keep_until < today.isoformat():
            raise ConflictError("dataset.expired", dataset=self.id, keep_until=self.keep_until)

    def verify_no_hold(self) -> None:
        """Raise `ConflictError` while a legal hold keeps it."""
        if self.hold_reason:
            raise ConflictError("dataset.on-hold", name=self.name, dataset=self.id)


@dataclass(frozen=True)
class DatasetVersion:
    """One version of a dataset: `report_json` describes its rows, `change` is what made it of `parent`."""

    dataset_id: str
    version: int
    parent: int
    change: Message
    digest: str
    created_by: str
    request: str
    state: DatasetState
    rows: int
    training_rows: int
    validation_rows: int
    test_rows: int
    created_us: int
    report_json: str = field(default="{}", repr=False, metadata=HIDDEN)

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the record of a row; the report is left out where it was not selected."""
        values = dict(row._mapping)
        values["report_json"] = values.pop("report", "{}")
        values["change"] = Message.from_text(values["change"])
        return cls(**{**values, "state": DatasetState(values["state"])})

    @property
    def report(self) -> DatasetReport:
        """Return what was found in the rows. Raises `IntegrityError` when it cannot be read."""
        return read(DatasetReport, json.loads(self.report_json))


def get_dataset(connection: Connection, dataset_id: str) -> Dataset:
    """Return the dataset. Raises `NotFoundError`."""
    row = connection.execute(select(DATASETS).where(DATASETS.c.id == dataset_id)).first()
    if row is None:
        raise NotFoundError("not-found:dataset")
    return Dataset.of(row)


def list_datasets(connection: Connection) -> list[Dataset]:
    """Return the datasets, oldest first."""
    return [Dataset.of(row) for row in connection.execute(select(DATASETS).order_by(DATASETS.c.created_us))]


def list_versions(connection: Connection, dataset_id: str) -> list[DatasetVersion]:
    """Return the versions of a dataset without their reports, oldest first. Raises `NotFoundError` when it has none."""
    columns = [column for column in DATASET_VERSIONS.c if column.name != "report"]
    query = select(*columns).where(DATASET_VERSIONS.c.dataset_id == dataset_id).order_by(DATASET_VERSIONS.c.version)
    versions = [DatasetVersion.of(row) for row in connection.execute(query)]
    if not versions:
        raise NotFoundError("not-found:dataset")
    return versions


def get_version(connection: Connection, dataset_id: str, version: int = 0) -> DatasetVersion:
    """Return a version with its report; 0 is the current one. Raises `NotFoundError`."""
    query = select(DATASET_VERSIONS).where(DATASET_VERSIONS.c.dataset_id == dataset_id)
    if version:
        query = query.where(DATASET_VERSIONS.c.version == version)
    row = connection.execute(query.order_by(DATASET_VERSIONS.c.version.desc())).first()
    if row is None:
        raise NotFoundError("not-found:version")
    return DatasetVersion.of(row)


def verify_version(connection: Connection, dataset_id: str, version: int) -> None:
    """Raise `ConflictError` when this version cannot be read any more, in the transaction that begins to use it."""
    get_dataset(connection, dataset_id).verify_usable()
    query = select(DATASET_VERSIONS.c.state).where(
        DATASET_VERSIONS.c.dataset_id == dataset_id, DATASET_VERSIONS.c.version == version
    )
    if connection.execute(query).scalar() != DatasetState.READY:
        raise ConflictError("dataset.shredded:version", version=version, dataset=dataset_id)


def ready_versions(connection: Connection) -> Iterable[DatasetVersion]:
    """Return every version that can be read, by the age of the dataset."""
    columns = [column for column in DATASET_VERSIONS.c if column.name != "report"]
    query = (
        select(*columns)
        .join(DATASETS, DATASETS.c.id == DATASET_VERSIONS.c.dataset_id)
        .where(DATASET_VERSIONS.c.state == DatasetState.READY, DATASETS.c.state == DatasetState.READY)
        .order_by(DATASETS.c.created_us, DATASET_VERSIONS.c.version)
    )
    return [DatasetVersion.of(row) for row in connection.execute(query)]


def expiring_datasets(connection: Connection, today: dt.date, days: int) -> list[tuple[Dataset, int]]:
    """Return the datasets whose use ends within `days`, soonest first, with the days left (negative: it has ended)."""
    query = select(DATASETS).where(DATASETS.c.state == DatasetState.READY, DATASETS.c.keep_until != "")
    found = [Dataset.of(row) for row in connection.execute(query.order_by(DATASETS.c.keep_until))]
    left = [(dataset, (dt.date.fromisoformat(dataset.keep_until) - today).days) for dataset in found]
    return [(dataset, days_left) for dataset, days_left in left if days_left <= days]
