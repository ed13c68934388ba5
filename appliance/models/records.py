"""Base models and adapters as the database knows them. Workers do not load this module, nor the database with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.models.manifest import ModelManifest
from appliance.models.tables import ADAPTERS, MODELS, RETIRED


@dataclass(frozen=True)
class BaseModel:
    """A row of `MODELS`. Times are microseconds since 1970."""

    id: str
    project_id: str
    name: str
    architecture: str
    parameters: int
    licence: str
    manifest: ModelManifest
    created_us: int
    created_by: str

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain JSON."""
        return {**vars(self), "manifest": self.manifest.to_json()}


@dataclass(frozen=True)
class Adapter:
    """A row of `ADAPTERS`. `config` says how it came about, `results` what was measured."""

    id: str
    project_id: str
    name: str
    job_id: str
    model_id: str
    dataset_id: str
    dataset_version: int
    method: str
    rank: int
    config: Mapping[str, Any]
    results: Mapping[str, Any]
    created_us: int
    created_by: str
    state: str

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain JSON."""
        return {**vars(self), "config": dict(self.config), "results": dict(self.results)}

    def verify_in_use(self) -> None:
        """Raise `ConflictError` when the adapter is retired."""
        if self.state == RETIRED:
            raise ConflictError("adapter.retired")


def get_model(connection: Connection, model_id: str) -> BaseModel:
    """Return one base model. Raises `NotFoundError`, and `IntegrityError` for a manifest that does not fit."""
    row = connection.execute(select(MODELS).where(MODELS.c.id == model_id)).first()
    if row is None:
        raise NotFoundError("not-found:model")
    return _model(row)


def list_models(connection: Connection) -> list[BaseModel]:
    """Return all base models, oldest first. Raises `IntegrityError` for a manifest that does not fit."""
    return [_model(row) for row in connection.execute(select(MODELS).order_by(MODELS.c.created_us))]


def get_adapter(connection: Connection, adapter_id: str) -> Adapter:
    """Return one adapter. Raises `NotFoundError`."""
    row = connection.execute(select(ADAPTERS).where(ADAPTERS.c.id == adapter_id)).first()
    if row is None:
        raise NotFoundError("not-found:adapter")
    return _adapter(row)


def list_adapters(connection: Connection) -> list[Adapter]:
    """Return all adapters, oldest first."""
    return [_adapter(row) for row in connection.execute(select(ADAPTERS).order_by(ADAPTERS.c.created_us))]


def adapters_of(connection: Connection, dataset_id: str) -> list[Adapter]:
    """Return the adapters trained from a dataset, whatever their state, oldest first."""
    query = select(ADAPTERS).where(ADAPTERS.c.dataset_id == dataset_id).order_by(ADAPTERS.c.created_us)
    return [_adapter(row) for row in connection.execute(query)]


def _model(row: Row[Any]) -> BaseModel:
    return BaseModel(**{**row._asdict(), "manifest": ModelManifest.from_json(json.loads(row.manifest))})


def _adapter(row: Row[Any]) -> Adapter:
    return Adapter(**{**row._asdict(), "config": json.loads(row.config), "results": json.loads(row.results)})
