"""Who uses a dataset, and whether it may be used.

Its states: `ready`, `shredding` (nobody may begin to use it), `shredded`.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.clock import Clock
from appliance.foundation.errors import ConflictError
from appliance.jobs.states import ACTIVE, Job, list_jobs
from appliance.models.tables import ADAPTERS

READY, SHREDDING, SHREDDED = "ready", "shredding", "shredded"


def verify_usable(connection: Connection, dataset_id: str) -> None:
    """Raise `ConflictError` when the dataset is or is being shredded.

    In the transaction that begins to use it, or it comes too late.
    """
    state = connection.execute(select(DATASETS.c.state).where(DATASETS.c.id == dataset_id)).scalar()
    if state in {SHREDDING, SHREDDED}:
        raise ConflictError("dataset.shredded", dataset_id=dataset_id)


def verify_version(connection: Connection, dataset_id: str, version: int) -> None:
    """Raise `ConflictError` when this version can no longer be read, though others may."""
    verify_usable(connection, dataset_id)
    query = select(DATASET_VERSIONS.c.state).where(
        DATASET_VERSIONS.c.dataset_id == dataset_id, DATASET_VERSIONS.c.version == version
    )
    if connection.execute(query).scalar() != READY:
        raise ConflictError("dataset.shredded:version-dataset-shredded", version=version, dataset_id=dataset_id)


def verify_trainable(connection: Connection, clock: Clock, dataset_id: str) -> None:
    """Raise `ConflictError` when the dataset cannot be read, or must not be used any more because its time is over."""
    verify_usable(connection, dataset_id)
    keep_until = connection.execute(select(DATASETS.c.keep_until).where(DATASETS.c.id == dataset_id)).scalar()
    today = dt.datetime.fromtimestamp(clock.now_us() / 1e6, dt.UTC).date().isoformat()
    if keep_until and keep_until < today:
        raise ConflictError("dataset.expired", keep_until=keep_until, dataset_id=dataset_id)


def verify_no_hold(dataset: Mapping[str, Any]) -> None:
    """Raise `ConflictError` when nothing of the dataset (a row of `DATASETS`) may be erased."""
    if dataset["hold_reason"]:
        raise ConflictError("dataset.on-hold", name=dataset["name"], identifier=dataset["id"])


def dataset_of(connection: Connection, job: Job) -> str:
    """Return the id of the dataset that a job reads."""
    if "dataset_id" in job.spec:
        return str(job.spec["dataset_id"])
    query = select(ADAPTERS.c.dataset_id).where(ADAPTERS.c.id == job.spec.get("adapter_id", ""))
    return str(connection.execute(query).scalar() or "")


def jobs_using(connection: Connection, dataset_id: str, versions: frozenset[int] | None = None) -> list[Job]:
    """Return the jobs that read the dataset (only these versions of it, when given), whatever their state, oldest
    first.
    """
    jobs = (job for job in list_jobs(connection) if dataset_of(connection, job) == dataset_id)
    return [job for job in jobs if versions is None or _version_of(connection, job) in versions]


def verify_unused(connection: Connection, dataset_id: str, versions: frozenset[int] | None = None) -> None:
    """Raise `ConflictError` while a job that reads the dataset (one of these versions, when given) waits or runs."""
    busy = [job.id for job in jobs_using(connection, dataset_id, versions) if job.state in ACTIVE]
    if busy:
        raise ConflictError("dataset.in-use", busy=busy[0])


def _version_of(connection: Connection, job: Job) -> int:
    if "dataset_version" in job.spec:
        return int(job.spec["dataset_version"])
    query = select(ADAPTERS.c.dataset_version).where(ADAPTERS.c.id == job.spec.get("adapter_id", ""))
    return int(connection.execute(query).scalar() or 0)
