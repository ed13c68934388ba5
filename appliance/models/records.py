"""Base models, adapters and what was found out about them: rows of the tables, as records read with a connection."""

import hashlib
import json
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Row, delete, insert, select, update

from appliance.audit import ObjectRef
from appliance.foundation import canonical_json
from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.foundation.json_records import read, spoken
from appliance.models.manifest import ModelManifest
from appliance.models.tables import ADAPTERS, FINDINGS, MODELS
from appliance.planning.training_record import AdapterSpec

EVALUATION, RANK = "evaluation", "rank"  # kinds of findings

R = TypeVar("R")


class AdapterState(StrEnum):
    """Where an adapter is. One that is retired learned from somebody who was erased, and answers no more."""

    TRAINED = "trained"
    EVALUATED = "evaluated"  # never stored: it is trained, and has an evaluation
    RETIRED = "retired"


@dataclass(frozen=True)
class BaseModel:
    """A base model that was imported."""

    id: str
    project_id: str
    name: str
    architecture: str
    parameters: int
    licence: str
    manifest: ModelManifest
    created_us: int
    created_by: str

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """Return the record of a row."""
        values = dict(row._mapping)
        return cls(**{**values, "manifest": ModelManifest.from_json(json.loads(values["manifest"]))})

    @property
    def ref(self) -> ObjectRef:
        """Return the model as the log names it."""
        return ObjectRef("model", self.id, self.manifest.digest)


@dataclass(frozen=True)
class Finding:
    """What a job found out about an adapter. `body` is plain JSON; the log's entry of the job's end has its digest."""

    adapter_id: str
    kind: str
    job_id: str
    body: dict[str, Any]
    created_us: int

    @property
    def digest(self) -> str:
        """Return the digest of what is stored now: as the log's, unless somebody changed it."""
        return digest_of(self.body)


@dataclass(frozen=True)
class Adapter:
    """A tuned model: what was trained of a base model from a version of a dataset, and the latest of what was found."""

    id: str
    project_id: str
    name: str
    job_id: str
    model_id: str
    dataset_id: str
    dataset_version: int
    method: str
    rank: int
    config: dict[str, Any]
    created_us: int
    created_by: str
    state: AdapterState
    findings: dict[str, Finding]

    @property
    def ref(self) -> ObjectRef:
        """Return the adapter as the log names it."""
        return ObjectRef("adapter", self.id)

    @property
    def spec(self) -> AdapterSpec:
        """Return how it came about."""
        return read(AdapterSpec, self.config)

    @property
    def quantised(self) -> bool:
        """Tell whether its base model is loaded in 4 bits."""
        return self.method == "qlora"

    def found(self, kind: str, record: type[R]) -> R | None:
        """Return the latest finding of a kind as the record that it is, None before there is one."""
        return read(record, self.findings[kind].body) if kind in self.findings else None

    def verify_in_use(self) -> None:
        """Raise `ConflictError` when the adapter was retired."""
        if self.state is AdapterState.RETIRED:
            raise ConflictError("adapter.retired")

    def to_json(self) -> dict[str, Any]:
        """Return it as it is shown: the latest evaluation under `results`, with what is known of its rank."""
        results: dict[str, Any] = {}
        if EVALUATION in self.findings:
            found = self.findings[EVALUATION]
            results = {**found.body, "job_id": found.job_id}
        if RANK in self.findings:
            found = self.findings[RANK]
            results["rank"] = {**found.body, "job_id": found.job_id}
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "findings"}
        told: dict[str, Any] = spoken({**values, "state": str(self.state), "results": results})
        return told


def get_model(connection: Connection, model_id: str) -> BaseModel:
    """Return the base model. Raises `NotFoundError`."""
    row = connection.execute(select(MODELS).where(MODELS.c.id == model_id)).first()
    if row is None:
        raise NotFoundError("not-found:model")
    return BaseModel.of(row)


def list_models(connection: Connection) -> list[BaseModel]:
    """Return the base models, oldest first."""
    return [BaseModel.of(row) for row in connection.execute(select(MODELS).order_by(MODELS.c.created_us))]


def get_adapter(connection: Connection, adapter_id: str) -> Adapter:
    """Return the adapter with the latest of what was found about it. Raises `NotFoundError`."""
    found = _adapters(connection, ADAPTERS.c.id == adapter_id)
    if not found:
        raise NotFoundError("not-found:adapter")
    return found[0]


def list_adapters(connection: Connection, *, dataset_id: str = "") -> list[Adapter]:
    """Return the adapters, oldest first; only those that learned from a dataset, when it is named."""
    return _adapters(connection, ADAPTERS.c.dataset_id == dataset_id if dataset_id else None)


def add_finding(connection: Connection, adapter_id: str, kind: str, job_id: str, body: dict[str, Any], now: int) -> str:
    """Keep what a job found about an adapter, and return the digest by which the log binds it."""
    same = (FINDINGS.c.adapter_id == adapter_id, FINDINGS.c.kind == kind, FINDINGS.c.job_id == job_id)
    connection.execute(delete(FINDINGS).where(*same))  # a job that ended twice, as its end could not be written before
    connection.execute(
        insert(FINDINGS).values(adapter_id=adapter_id, kind=kind, job_id=job_id, body=json.dumps(body), created_us=now)
    )
    return digest_of(body)


def retire_adapters(connection: Connection, ids: list[str]) -> None:
    """Let adapters answer no more, for good."""
    connection.execute(update(ADAPTERS).where(ADAPTERS.c.id.in_(ids)).values(state=AdapterState.RETIRED))


def digest_of(value: Any) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of `value`: how the log binds settings and results."""
    return hashlib.sha256(canonical_json.encode(value)).hexdigest()


def _adapters(connection: Connection, condition: Any) -> list[Adapter]:
    query = select(ADAPTERS).order_by(ADAPTERS.c.created_us)
    rows = list(connection.execute(query if condition is None else query.where(condition)))
    latest: dict[str, dict[str, Finding]] = {row.id: {} for row in rows}
    findings = select(FINDINGS).where(FINDINGS.c.adapter_id.in_(latest)).order_by(FINDINGS.c.created_us)
    for row in connection.execute(findings):
        latest[row.adapter_id][row.kind] = Finding(**{**row._mapping, "body": json.loads(row.body)})
    return [_adapter(row, latest[row.id]) for row in rows]


def _adapter(row: Row[Any], findings: dict[str, Finding]) -> Adapter:
    state = AdapterState(row.state)
    if state is AdapterState.TRAINED and EVALUATION in findings:
        state = AdapterState.EVALUATED
    return Adapter(**{**row._mapping, "config": json.loads(row.config), "state": state, "findings": findings})
