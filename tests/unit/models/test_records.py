"""Records of models and adapters: what the database knows comes back whole and decoded."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from appliance.foundation.errors import ConflictError, IntegrityError, NotFoundError
from appliance.foundation.json_records import shown
from appliance.models import ModelManifest
from appliance.models.manifest import identity
from appliance.models.records import (
    Adapter,
    AdapterState,
    BaseModel,
    add_finding,
    digest_of,
    get_adapter,
    get_model,
    list_adapters,
    list_models,
)
from appliance.models.tables import ADAPTERS, FINDINGS, MODELS
from appliance.vault import Database

FILES = {"config.json": "0" * 64}
MODEL_ID, DIGEST = identity(FILES)
MANIFEST = ModelManifest(MODEL_ID, DIGEST, "Tiny", "LlamaForCausalLM", 7, "unknown", FILES, {"hidden_size": 8})
CONFIG = {"rank": 4, "quantised": True}


def model_row(**changes: Any) -> dict[str, Any]:
    row = {"id": MODEL_ID, "project_id": "pr_1", "name": "Tiny", "architecture": "LlamaForCausalLM", "parameters": 7}
    row |= {"licence": "unknown", "manifest": json.dumps(MANIFEST.to_json()), "created_us": 5, "created_by": "us_1"}
    return row | changes


def adapter_row(adapter_id: str, **changes: Any) -> dict[str, Any]:
    row = {"id": adapter_id, "project_id": "pr_1", "name": "mine", "job_id": "jb_1", "model_id": MODEL_ID}
    row |= {"dataset_id": "ds_1", "dataset_version": 1, "method": "lora", "rank": 4, "config": json.dumps(CONFIG)}
    row |= {"created_us": 5, "created_by": "us_1", "state": "trained"}
    return row | changes


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(tmp_path / "x.db", bytes(range(32)))
    others = [adapter_row("ad_1", created_us=1), adapter_row("ad_3", dataset_id="ds_2", state=AdapterState.RETIRED)]
    with database.begin() as connection:
        connection.execute(insert(MODELS), [model_row(), model_row(id="md_older", created_us=1)])
        connection.execute(insert(ADAPTERS), [adapter_row("ad_2", created_us=2), *others])
        yield connection
    database.close()


def test_a_record_has_every_column_and_gives_it_back(connection: Connection) -> None:
    assert [field.name for field in dataclasses.fields(BaseModel)] == list(MODELS.c.keys())
    assert [field.name for field in dataclasses.fields(Adapter)] == [*ADAPTERS.c.keys(), "findings"]
    row = connection.execute(select(MODELS).where(MODELS.c.id == MODEL_ID)).one()
    model = get_model(connection, MODEL_ID)
    assert model.manifest == MANIFEST
    assert shown(model) == {**row._mapping, "manifest": json.loads(row.manifest)}
    adapter = get_adapter(connection, "ad_1")
    assert adapter.to_json() == {**adapter_row("ad_1", created_us=1), "config": CONFIG, "results": {}}


def test_the_latest_finding_of_each_kind_is_kept_with_its_job(connection: Connection) -> None:
    for number, (kind, body) in enumerate([("evaluation", {"x": 1}), ("rank", {"y": 2}), ("evaluation", {"x": 3})]):
        add_finding(connection, "ad_1", kind, f"jb_{number}", body, number)
    assert add_finding(connection, "ad_1", "evaluation", "jb_2", {"x": 4}, 3) == digest_of(
        {"x": 4}
    )  # the job ended twice
    assert len(connection.execute(select(FINDINGS)).all()) == 3
    adapter = get_adapter(connection, "ad_1")
    assert adapter.state is AdapterState.EVALUATED
    assert adapter.findings["evaluation"].digest == digest_of({"x": 4})
    told = adapter.to_json()
    assert (told["state"], told["results"]) == (
        "evaluated",
        {"x": 4, "job_id": "jb_2", "rank": {"y": 2, "job_id": "jb_1"}},
    )


def test_lists_are_ordered_by_age(connection: Connection) -> None:
    assert [model.id for model in list_models(connection)] == ["md_older", MODEL_ID]
    assert [adapter.id for adapter in list_adapters(connection)] == ["ad_1", "ad_2", "ad_3"]
    assert [adapter.id for adapter in list_adapters(connection, dataset_id="ds_1")] == ["ad_1", "ad_2"]


def test_what_is_not_there_is_not_found(connection: Connection) -> None:
    for read in (lambda: get_model(connection, "md_x"), lambda: get_adapter(connection, "ad_x")):
        with pytest.raises(NotFoundError) as caught:
            read()
        assert caught.value.code == "not-found"


def test_a_retired_adapter_is_not_used(connection: Connection) -> None:
    get_adapter(connection, "ad_1").verify_in_use()
    with pytest.raises(ConflictError) as caught:
        get_adapter(connection, "ad_3").verify_in_use()
    assert caught.value.code == "adapter.retired"


def test_a_manifest_that_does_not_fit_is_an_error(connection: Connection) -> None:
    spoiled = json.dumps({**MANIFEST.to_json(), "files": {}})
    connection.execute(update(MODELS).where(MODELS.c.id == MODEL_ID).values(manifest=spoiled))
    with pytest.raises(IntegrityError):
        get_model(connection, MODEL_ID)
