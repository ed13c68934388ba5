"""Records of datasets: what the database knows comes back whole, and each check refuses with its code."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from appliance.datasets.records import (
    Dataset,
    DatasetState,
    DatasetVersion,
    get_dataset,
    get_version,
    list_datasets,
    list_versions,
    ready_versions,
    verify_version,
)
from appliance.datasets.report import DatasetReport
from appliance.datasets.tables import DATASET_VERSIONS, DATASETS
from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.foundation.json_records import shown, stored
from appliance.vault import Database

TODAY = dt.date(2026, 11, 30)
COUNTS = {"rows": 12, "training_rows": 10, "validation_rows": 1, "test_rows": 1}
REPORT = DatasetReport(rows=12)


def dataset_row(dataset_id: str, **changes: Any) -> dict[str, Any]:
    texts = ("system_prompt", "purpose", "owner", "licence", "legal_basis", "keep_until", "hold_reason")
    row = {"id": dataset_id, "project_id": "pr_1", "name": f"the {dataset_id}", "version": 2, "digest": "d", **COUNTS}
    row |= {"source_format": "CSV", "created_us": 5, "created_by": "us_1", "state": "ready", **dict.fromkeys(texts, "")}
    return row | changes


def version_row(dataset_id: str, version: int, state: str = "ready") -> dict[str, Any]:
    row = {"dataset_id": dataset_id, "version": version, "parent": version - 1, "change": "imported", "digest": "d"}
    row |= {
        "report": json.dumps(stored(REPORT)),
        "created_by": "us_1",
        "request": "rq_1",
        "state": state,
        "created_us": 5,
    }
    return row | COUNTS


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(tmp_path / "x.db", bytes(range(32)))
    rows = [dataset_row("ds_b", created_us=2), dataset_row("ds_a", created_us=1), dataset_row("ds_c", state="shredded")]
    versions = [version_row("ds_a", 2), version_row("ds_a", 1, "shredded"), version_row("ds_b", 1)]
    with database.begin() as connection:
        connection.execute(insert(DATASETS), rows)
        connection.execute(insert(DATASET_VERSIONS), [*versions, version_row("ds_c", 1)])
        yield connection
    database.close()


def test_a_record_has_every_column(connection: Connection) -> None:
    assert [field.name for field in dataclasses.fields(Dataset)] == list(DATASETS.c.keys())
    assert shown(get_dataset(connection, "ds_a")) == dataset_row("ds_a", created_us=1)
    names = {field.name for field in dataclasses.fields(DatasetVersion)} - {"report_json"}
    assert names == set(DATASET_VERSIONS.c.keys()) - {"report"}
    version = get_version(connection, "ds_a", 2)
    assert version.report == REPORT
    assert shown(version) == {name: value for name, value in version_row("ds_a", 2).items() if name != "report"}


def test_lists_are_ordered_and_leave_out_reports(connection: Connection) -> None:
    assert [dataset.id for dataset in list_datasets(connection)] == ["ds_a", "ds_b", "ds_c"]
    versions = list_versions(connection, "ds_a")
    assert [version.version for version in versions] == [1, 2]
    assert [version.report for version in versions] == [DatasetReport(), DatasetReport()]


def test_the_latest_version_is_read_unless_another_is_named(connection: Connection) -> None:
    assert get_version(connection, "ds_a").version == 2
    assert get_version(connection, "ds_a", 1).report == REPORT


def test_only_ready_versions_of_ready_datasets_can_be_read(connection: Connection) -> None:
    pairs = [(version.dataset_id, version.version) for version in ready_versions(connection)]
    assert pairs == [("ds_a", 2), ("ds_b", 1)]
    verify_version(connection, "ds_a", 2)
    for dataset_id, version in (("ds_a", 1), ("ds_a", 3), ("ds_c", 1)):
        with pytest.raises(ConflictError) as caught:
            verify_version(connection, dataset_id, version)
        assert caught.value.code == "dataset.shredded"


def test_what_is_not_there_is_not_found(connection: Connection) -> None:
    for read in (
        lambda: get_dataset(connection, "ds_x"),
        lambda: get_version(connection, "ds_a", 9),
        lambda: list_versions(connection, "ds_x"),
    ):
        with pytest.raises(NotFoundError) as caught:
            read()
        assert caught.value.code == "not-found"


@pytest.mark.parametrize("state", [DatasetState.SHREDDING, DatasetState.SHREDDED])
def test_a_dataset_that_is_shredded_or_being_shredded_is_not_used(connection: Connection, state: DatasetState) -> None:
    connection.execute(update(DATASETS).where(DATASETS.c.id == "ds_a").values(state=state))
    dataset = get_dataset(connection, "ds_a")
    assert dataset.state is state
    for verify in (dataset.verify_usable, lambda: dataset.verify_trainable(TODAY)):
        with pytest.raises(ConflictError) as caught:
            verify()
        assert caught.value.code == "dataset.shredded"


def test_a_dataset_is_trained_on_until_its_last_day(connection: Connection) -> None:
    dataset = get_dataset(connection, "ds_a")
    dataset.verify_trainable(TODAY)
    dataclasses.replace(dataset, keep_until="2026-11-30").verify_trainable(TODAY)
    with pytest.raises(ConflictError) as caught:
        dataclasses.replace(dataset, keep_until="2026-11-29").verify_trainable(TODAY)
    assert caught.value.code == "dataset.expired"


def test_a_dataset_on_legal_hold_is_not_erased(connection: Connection) -> None:
    dataset = get_dataset(connection, "ds_a")
    dataset.verify_no_hold()
    with pytest.raises(ConflictError) as caught:
        dataclasses.replace(dataset, hold_reason="lawsuit").verify_no_hold()
    assert caught.value.code == "dataset.on-hold"


def test_an_unknown_state_is_an_error(connection: Connection) -> None:
    connection.execute(update(DATASETS).where(DATASETS.c.id == "ds_a").values(state="unknown"))
    with pytest.raises(ValueError, match="unknown"):
        get_dataset(connection, "ds_a")
