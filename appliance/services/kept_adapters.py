"""What jobs do with adapters: read what one learned from, keep what was found, keep one that a worker made.

An adapter that a worker sealed in its job's folder is kept in its own folder, the table and the log.
"""

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert

from appliance.audit import ObjectRef, Outcome
from appliance.datasets.records import get_dataset
from appliance.foundation.atomic_files import fsync_folder, storage_errors
from appliance.foundation.json_records import stored
from appliance.foundation.messages import message
from appliance.jobs.states import Job
from appliance.models.records import Adapter, AdapterState, BaseModel, add_finding, digest_of, get_adapter, get_model
from appliance.models.tables import ADAPTERS
from appliance.planning.training_record import TrainingSpec
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import MADE, adapter_folder, job_folder
from appliance.services.job_kinds import DatasetUse, Task, log_job


@dataclass(frozen=True)
class AboutAdapter:
    """What a job is asked for: which adapter it works on."""

    adapter_id: str


def learned_data(connection: Connection, spec: AboutAdapter) -> DatasetUse:
    """Return which data an adapter learned from: its job reads them too."""
    adapter = get_adapter(connection, spec.adapter_id)
    return DatasetUse(adapter.dataset_id, adapter.dataset_version)


def adapter_parts(connection: Connection, adapter_id: str) -> tuple[Adapter, BaseModel, str]:
    """Return an adapter, its base model, and the system prompt of its dataset: what a worker loads."""
    adapter = get_adapter(connection, adapter_id)
    prompt = get_dataset(connection, adapter.dataset_id).system_prompt
    return adapter, get_model(connection, adapter.model_id), prompt


def keep_finding(context: ServiceContext, task: Task[AboutAdapter], kind: str, result: Any, *, stopped: bool) -> None:
    """Keep what a job found with its adapter, unless it was stopped, and log the outcome, which binds the finding."""
    digest = ""
    if not stopped:
        now = context.clock.now_us()
        digest = context.query(add_finding, task.spec.adapter_id, kind, task.job.id, stored(result), now)
    log_job(context, task.job, Outcome.SUCCEEDED, result=digest)


def keep_adapter(context: ServiceContext, job: Job, spec: TrainingSpec, weights_sha256: str, result: Any) -> None:
    """Move the adapter to its place, and record it in the table and the log.

    `spec` says how it came about, `result` is the job's: the log binds both by their digests. What an earlier call that
    was killed left behind is replaced.
    """
    source, target = job_folder(context, job.id) / MADE, adapter_folder(context, spec.adapter_id)
    with storage_errors(message("task:keep-adapter")):
        if source.exists() or not target.exists():  # Else it was moved by a call that was killed afterwards.
            if target.exists():
                shutil.rmtree(target)
            os.rename(source, target)
            fsync_folder(target.parent)
    config = stored(spec)
    with context.database.begin() as connection:
        connection.execute(delete(ADAPTERS).where(ADAPTERS.c.id == spec.adapter_id))
        connection.execute(
            insert(ADAPTERS).values(
                id=spec.adapter_id,
                project_id=job.project_id,
                name=spec.name,
                job_id=job.id,
                model_id=spec.model_id,
                dataset_id=spec.dataset_id,
                dataset_version=spec.dataset_version,
                method=spec.method,
                rank=spec.rank,
                config=json.dumps(config),
                created_us=context.clock.now_us(),
                created_by=job.created_by,
                state=AdapterState.TRAINED,
            )
        )
    bound = {name: value for name, value in stored(result).items() if name != "adapter"}
    context.log.append(
        Caller(job.created_by, "system").actor,
        "adapter.create",
        ObjectRef("adapter", spec.adapter_id, weights_sha256),
        Outcome.SUCCEEDED,
        request=job.id,
        details={
            "dataset": spec.dataset_id,
            "model": spec.model_id,
            "parameters": digest_of(config),
            "result": digest_of(bound),
        },
    )


def remove_checkpoints(context: ServiceContext, job_id: str) -> None:
    """Empty the folder of a training that succeeded: only a resume would need its content. What cannot go stays."""
    with contextlib.suppress(OSError):
        for path in job_folder(context, job_id).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
