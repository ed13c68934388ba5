"""Datasets and their versions as the database knows them. Workers do not load this module, nor the database with it."""

import datetime as dt
import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, select

from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.errors import ConflictError, NotFoundError

_VERSION_COLUMNS = [column for column in DATASET_VERSIONS.c if column.name != "report"]


class DatasetState(StrEnum):
    """Whether a dataset, or one version of it, may be used. While `SHREDDING`, no new use begins."""

    READY = "ready"
    SHREDDING = "shredding"
    SHREDDED = "shredded"


@dataclass(frozen=True)
class Dataset:
    """A row of `DATASETS`; digest and counts are those of the current version. Times are microseconds since 1970."""

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

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain JSON."""
        return {**vars(self), "state": str(self.state)}

    def verify_usable(self) -> None:
        """Raise `ConflictError` when the dataset is shredded or being shredded.

        Read the dataset in the transaction that begins to use it: otherwise this check comes too late.
        """
        if self.state is not DatasetState.READY:
            raise ConflictError("dataset.shredded", dataset_id=self.id)

    def verify_trainable(self, today: dt.date) -> None:
        """Raise `ConflictError` when the dataset cannot be read, or may be kept only until a day before `today`."""
        self.verify_usable()
        if self.keep_until and self.keep_until < today.isoformat():
            raise ConflictError("dataset.expired", keep_until=self.keep_until, dataset_id=self.id)

    def verify_no_hold(self) -> None:
        """Raise `ConflictError` when the dataset is on legal hold, so that nothing of it may be erased."""
        if self.hold_reason:
            raise ConflictError("dataset.on-hold", name=self.name, identifier=self.id)


@dataclass(frozen=True)
class DatasetVersion:
    """A row of `DATASET_VERSIONS`. Lists leave out the report."""

    dataset_id: str
    version: int
    parent: int
    change: str
    digest: str
    created_by: str
    request: str
    state: DatasetState
    rows: int
    training_rows: int
    validation_rows: int
    test_rows: int
    created_us: int
    stored_report: str | None = field(default=None, repr=False, compare=False)

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report as it is stored (`datasets.report`). Raises `LookupError` for a version from a list."""
        if self.stored_report is None:
            raise LookupError("the report was not read")
        report: dict[str, Any] = json.loads(self.stored_report)
        return report

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain JSON, with the report if it was read."""
        columns = {name: getattr(self, name) for name in (column.name for column in _VERSION_COLUMNS)}
        report = {} if self.stored_report is None else {"report": self.report}
        return {**columns, "state": str(self.state), **report}


def get_dataset(connection: Connection, dataset_id: str) -> Dataset:
    """Return one dataset. Raises `NotFoundError`."""
    row = connection.execute(select(DATASETS).where(DATASETS.c.id == dataset_id)).first()
    if row is None:
        raise NotFoundError("not-found:dataset")
    return _dataset(row)


def list_datasets(connection: Connection) -> list[Dataset]:
    """Return all datasets, oldest first."""
    return [_dataset(row) for row in connection.execute(select(DATASETS).order_by(DATASETS.c.created_us))]


def get_version(connection: Connection, dataset_id: str, version: int = 0) -> DatasetVersion:
    """Return one version (0: the latest) with its report. Raises `NotFoundError`."""
    query = select(DATASET_VERSIONS).where(DATASET_VERSIONS.c.dataset_id == dataset_id)
    if version:
        query = query.where(DATASET_VERSIONS.c.version == version)
    row = connection.execute(query.order_by(DATASET_VERSIONS.c.version.desc())).first()
    if row is None:
        raise NotFoundError("not-found:version-dataset")
    return _version(row)


def list_versions(connection: Connection, dataset_id: str) -> list[DatasetVersion]:
    """Return the versions of a dataset, oldest first, without their reports; none for an unknown dataset."""
    query = select(*_VERSION_COLUMNS).where(DATASET_VERSIONS.c.dataset_id == dataset_id)
    return [_version(row) for row in connection.execute(query.order_by(DATASET_VERSIONS.c.version))]


def ready_versions(connection: Connection) -> list[tuple[Dataset, DatasetVersion]]:
    """Return every version that can be read, with its dataset; the oldest dataset and version first."""
    return [
        (dataset, version)
        for dataset in list_datasets(connection)
        if dataset.state is DatasetState.READY
        for version in list_versions(connection, dataset.id)
        if version.state is DatasetState.READY
    ]


def verify_version_ready(connection: Connection, dataset_id: str, version: int) -> None:
    """Raise `ConflictError` when this version cannot be read, though others perhaps can. Raises `NotFoundError`."""
    get_dataset(connection, dataset_id).verify_usable()
    states = {known.version: known.state for known in list_versions(connection, dataset_id)}
    if states.get(version) is not DatasetState.READY:
        raise ConflictError("dataset.shredded:version-dataset-shredded", version=version, dataset_id=dataset_id)


def _dataset(row: Row[Any]) -> Dataset:
    columns = row._asdict()
    return Dataset(**{**columns, "state": DatasetState(columns["state"])})


def _version(row: Row[Any]) -> DatasetVersion:
    columns = row._asdict()
    stored_report = columns.pop("report", None)
    return DatasetVersion(**{**columns, "state": DatasetState(columns["state"])}, stored_report=stored_report)
