"""Adopt an adapter that a worker made and sealed in its job's folder: into its own folder, the table and the log."""

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import delete, insert

from appliance.audit import ObjectRef, Outcome
from appliance.foundation.atomic_files import fsync_folder, storage_errors
from appliance.jobs.states import Job
from appliance.models.tables import ADAPTERS
from appliance.reports.facts import digest_of
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import MADE, adapter_folder, job_folder


@dataclass(frozen=True)
class MadeAdapter:
    """What is to be known of a new adapter. `digest` is the SHA-256 of its weights; `config` says how it came about."""

    id: str
    name: str
    model_id: str
    dataset_id: str
    dataset_version: int
    method: str
    rank: int
    digest: str
    config: dict[str, Any]

    @classmethod
    def of_training(cls, spec: dict[str, Any], digest: str) -> Self:
        """Return the adapter of a training job with this `spec`."""
        names = ("name", "model_id", "dataset_id", "dataset_version", "method", "rank")
        return cls(id=spec["adapter_id"], digest=digest, config=spec, **{name: spec[name] for name in names})


def remove_checkpoints(context: ServiceContext, job_id: str) -> None:
    """Empty the folder of a training that succeeded: only a resume would need what is left there.

    What cannot be removed stays.
    """
    with contextlib.suppress(OSError):
        for path in job_folder(context, job_id).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def keep_adapter(context: ServiceContext, job: Job, made: MadeAdapter, result: dict[str, Any]) -> None:
    """Move the adapter to its place, and say so in the table and the log. What an earlier, killed call left is
    replaced.

    `result` is the job's, as it will be kept: the log binds it, and `made.config`, by their digests.
    """
    source, target = job_folder(context, job.id) / MADE, adapter_folder(context, made.id)
    with storage_errors("Keeping the adapter"):
        if (
            source.exists() or not target.exists()
        ):  # Moved already, when this came here before and was killed afterwards.
            if target.exists():
                shutil.rmtree(target)
            os.rename(source, target)
            fsync_folder(target.parent)
    with context.database.begin() as connection:
        connection.execute(delete(ADAPTERS).where(ADAPTERS.c.id == made.id))
        connection.execute(
            insert(ADAPTERS).values(
                id=made.id,
                project_id=job.project_id,
                name=made.name,
                job_id=job.id,
                model_id=made.model_id,
                dataset_id=made.dataset_id,
                dataset_version=made.dataset_version,
                method=made.method,
                rank=made.rank,
                config=json.dumps(made.config),
                results="{}",
                created_us=context.clock.now_us(),
                created_by=job.created_by,
                state="trained",
            )
        )
    context.log.append(
        Caller(job.created_by, "system").actor,
        "adapter.create",
        ObjectRef("adapter", made.id, made.digest),
        Outcome.SUCCEEDED,
        request=job.id,
        details={
            "dataset": made.dataset_id,
            "model": made.model_id,
            "parameters": digest_of(made.config),
            "result": digest_of({name: value for name, value in result.items() if name != "adapter"}),
        },
    )
