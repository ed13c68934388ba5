"""The versions of a dataset: what was changed from one to the next, what was found in each, and the adapters made from
it.
"""

import json
from typing import Any

from sqlalchemy import Connection, insert, select, update

from appliance.audit import ObjectRef
from appliance.datasets.report import said
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.errors import NotFoundError
from appliance.models.tables import ADAPTERS
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import READY

MAX_REPORT_BYTES = 4 * 1024**2
COUNTS = ("rows", "training_rows", "validation_rows", "test_rows")
_NOTHING_FOUND: dict[str, Any] = {"rows": 0, "checks": [], "tokens": {}, "personal_data": {}, "notes": []}


def add_version(
    connection: Connection,
    *,
    dataset_id: str,
    version: int,
    parent: int,
    change: str,
    digest: str,
    summary: dict[str, Any],
    report: dict[str, Any],
    created_us: int,
    created_by: str,
    request: str,
) -> None:
    """Keep a version and make it the dataset's current one."""
    counts = {name: int(summary[name]) for name in COUNTS}
    connection.execute(
        insert(DATASET_VERSIONS).values(
            dataset_id=dataset_id,
            version=version,
            parent=parent,
            change=change,
            digest=digest,
            report=json.dumps(report),
            created_us=created_us,
            created_by=created_by,
            request=request,
            state=READY,
            **counts,
        )
    )
    connection.execute(
        update(DATASETS).where(DATASETS.c.id == dataset_id).values(version=version, digest=digest, **counts)
    )


def lineage(context: ServiceContext, caller: Caller, *, dataset_id: str) -> list[dict[str, Any]]:
    """Return the versions, oldest first, each with the adapters that were trained from it. Raises `NotFoundError`."""
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    names = [column for column in DATASET_VERSIONS.c if column.name != "report"]
    with context.database.begin() as connection:
        query = select(*names).where(DATASET_VERSIONS.c.dataset_id == dataset_id).order_by(DATASET_VERSIONS.c.version)
        versions = [dict(row._mapping) for row in connection.execute(query)]
        columns = (ADAPTERS.c.id, ADAPTERS.c.name, ADAPTERS.c.state, ADAPTERS.c.dataset_version)
        adapters = connection.execute(
            select(*columns).where(ADAPTERS.c.dataset_id == dataset_id).order_by(ADAPTERS.c.created_us)
        ).all()
    if not versions:
        raise NotFoundError("not-found:dataset")
    for version in versions:
        made = (adapter for adapter in adapters if adapter.dataset_version == version["version"])
        version["adapters"] = [{"id": adapter.id, "name": adapter.name, "state": adapter.state} for adapter in made]
    return versions


def show_report(context: ServiceContext, caller: Caller, *, dataset_id: str, version: int = 0) -> dict[str, Any]:
    """Return what was found in the rows of a version (0: the current one). No row is quoted. Raises `NotFoundError`."""
    context.look(caller, "dataset.list", ObjectRef("dataset", dataset_id))
    return said(describe_report(context, dataset_id, version))


def describe_report(context: ServiceContext, dataset_id: str, version: int = 0) -> dict[str, Any]:
    """Return the report as it is stored, to a use case that logged what it does with it. Raises `NotFoundError`."""
    with context.database.begin() as connection:
        query = select(DATASET_VERSIONS.c.report, DATASET_VERSIONS.c.version).where(
            DATASET_VERSIONS.c.dataset_id == dataset_id
        )
        if version:
            query = query.where(DATASET_VERSIONS.c.version == version)
        row = connection.execute(query.order_by(DATASET_VERSIONS.c.version.desc())).first()
    if row is None:
        raise NotFoundError("not-found:version-dataset")
    return {**_NOTHING_FOUND, **json.loads(row.report), "version": row.version}
