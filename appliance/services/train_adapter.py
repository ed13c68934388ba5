"""Train an adapter: submit the job, and what happens in the control plane before and after its worker runs."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from appliance.audit import ObjectRef, Outcome
from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import MAX_SEED, AdapterAccess, DatasetAccess, Done, ModelAccess, TrainStart
from appliance.jobs.states import Job, add_job
from appliance.models.tables import ADAPTERS
from appliance.planning import MAX_LENGTH, training_plan
from appliance.reports.facts import digest_of
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import verify_trainable
from appliance.services.import_dataset import PART_KIND, describe_dataset, part_key_id
from appliance.services.import_model import describe_model

TRAIN = "train"
CHECKPOINT_STEPS = 20


@dataclass(frozen=True)
class TrainingChoice:
    """What a person may choose; what is None comes from the preset."""

    method: str = "qlora"
    preset: str = "balanced"
    rank: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int = 0
    name: str = ""


def submit_training(context: ServiceContext, caller: Caller, *, dataset_id: str, model_id: str, choice: TrainingChoice) -> Job:
    """Put a training job into the queue. Raises `InputError` for a choice that cannot be, `NotFoundError`."""
    dataset = describe_dataset(context, dataset_id)
    model = describe_model(context, model_id)
    if dataset["training_rows"] == 0:
        raise InputError("The dataset has no row to train on. Import one with at least ten examples.", code="training.empty")
    if not 0 <= choice.seed <= MAX_SEED:
        raise InputError(f"The seed must be a number from 0 to {MAX_SEED}.", code="training.seed")
    plan = training_plan(
        method=choice.method,
        preset=choice.preset,
        parameters=model["parameters"],
        training_rows=dataset["training_rows"],
        rank=choice.rank,
        epochs=choice.epochs,
        batch_size=choice.batch_size,
        learning_rate=choice.learning_rate,
    )
    job_id = new_id("jb")
    spec = {
        "dataset_id": dataset_id,
        "dataset_version": dataset["version"],
        "model_id": model_id,
        "adapter_id": new_id("ad"),
        "name": (choice.name or f"{dataset['name']} on {model['name']}")[:120],
        "seed": choice.seed,
        "preset": choice.preset,
        **plan,
    }
    target = ObjectRef("job", job_id)
    with context.act(caller, "job.submit", target, {"kind": TRAIN, "dataset": dataset_id, "model": model_id}):
        with context.database.begin() as connection:
            verify_trainable(connection, context.clock, dataset_id)
        make_private_folder(context.home / "jobs" / job_id)
        context.vault.new_data_key("job", job_id)
        context.vault.new_data_key("adapter", spec["adapter_id"])
        with context.database.begin() as connection:
            verify_trainable(connection, context.clock, dataset_id)
            return add_job(
                connection,
                context.clock,
                job_id=job_id,
                project_id=dataset["project_id"],
                kind=TRAIN,
                spec=spec,
                created_by=caller.user_id,
            )


class TrainingHandler:
    """Before and after the worker of a training job."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, and give the worker the keys of the training and the validation part; never of the test part."""
        context, spec = self._context, job.spec
        dataset = {**describe_dataset(context, spec["dataset_id"]), "version": spec["dataset_version"]}
        access = adapter_access(context, spec["adapter_id"], job_folder(context, job.id) / "adapter")
        log_job(context, job, "job.start", Outcome.REQUESTED)
        model = model_access(context, spec["model_id"])
        folder = context.home / "datasets" / dataset["id"]
        start = TrainStart(
            job_id=job.id,
            job_folder=str(job_folder(context, job.id)),
            job_key=context.vault.data_key("job", job.id),
            adapter=access,
            model=model,
            dataset=dataset_access(context, dataset, ("training", "validation")),
            method=spec["method"],
            rank=spec["rank"],
            lora_alpha=spec["lora_alpha"],
            epochs=spec["epochs"],
            batch_size=spec["batch_size"],
            learning_rate=spec["learning_rate"],
            seed=spec["seed"],
            checkpoint_steps=CHECKPOINT_STEPS,
            max_length=MAX_LENGTH,
        )
        return WorkerOrder(start, read=(Path(model.folder), folder), write=(job_folder(context, job.id),))

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Adopt the sealed adapter, when there is one, and log the outcome."""
        context, spec = self._context, job.spec
        made = job_folder(context, job.id) / "adapter"
        digest = ""
        if done.result.get("adapter_written"):
            digest = str(done.result["adapter_sha256"])
            target = context.home / "adapters" / spec["adapter_id"]
            # This job may have come here before and been killed: what it left is replaced.
            with storage_errors("Keeping the adapter"):
                if target.exists():
                    shutil.rmtree(target)
                os.rename(made, target)
                fsync_folder(target.parent)
            with context.database.begin() as connection:
                connection.execute(delete(ADAPTERS).where(ADAPTERS.c.id == spec["adapter_id"]))
                connection.execute(
                    insert(ADAPTERS).values(
                        id=spec["adapter_id"],
                        project_id=job.project_id,
                        name=spec["name"],
                        job_id=job.id,
                        model_id=spec["model_id"],
                        dataset_id=spec["dataset_id"],
                        dataset_version=spec["dataset_version"],
                        method=spec["method"],
                        rank=spec["rank"],
                        config=json.dumps(spec),
                        results="{}",
                        created_us=context.clock.now_us(),
                        created_by=job.created_by,
                        state="trained",
                    )
                )
            context.log.append(
                Caller(job.created_by, "system").actor,
                "adapter.create",
                ObjectRef("adapter", spec["adapter_id"], digest),
                Outcome.SUCCEEDED,
                request=job.id,
                details={
                    "dataset": spec["dataset_id"],
                    "model": spec["model_id"],
                    "parameters": digest_of(spec),
                    "result": digest_of(done.result),
                },
            )
        log_job(context, job, "job.start", Outcome.SUCCEEDED)
        return {**done.result, "adapter": spec["adapter_id"] if digest else ""}

    def fail(self, job: Job, error: ApplianceError) -> None:
        """Log that the job failed, and why."""
        log_job(self._context, job, "job.start", Outcome.FAILED, error.code)


def job_folder(context: ServiceContext, job_id: str) -> Path:
    """Return the one folder that the job's worker may write."""
    return context.home / "jobs" / job_id


def log_job(context: ServiceContext, job: Job, action: str, outcome: Outcome, reason: str = "", **details: str) -> None:
    """Log a step of a job, in the name of who submitted it."""
    context.log.append(
        Caller(job.created_by, "system").actor,
        action,
        ObjectRef("job", job.id),
        outcome,
        reason=reason,
        request=job.id,
        details={"kind": job.kind, **details},
    )


def model_access(context: ServiceContext, model_id: str) -> ModelAccess:
    """Return what a worker needs to load a base model and to verify it."""
    return ModelAccess(folder=str(context.home / "models" / model_id), manifest=describe_model(context, model_id)["manifest"])


def dataset_access(context: ServiceContext, dataset: dict[str, Any], parts: tuple[str, ...]) -> DatasetAccess:
    """Return what a worker needs to read `parts` of a dataset, and no other part."""
    return DatasetAccess(
        folder=str(context.home / "datasets" / dataset["id"]),
        dataset_id=dataset["id"],
        dataset_version=dataset["version"],
        system_prompt=dataset["system_prompt"],
        part_keys={part: context.vault.data_key(PART_KIND, part_key_id(dataset["id"], dataset["version"], part)) for part in parts},
    )


def adapter_access(context: ServiceContext, adapter_id: str, folder: Path) -> AdapterAccess:
    """Return what a worker needs to read or write one adapter."""
    return AdapterAccess(folder=str(folder), adapter_id=adapter_id, data_key=context.vault.data_key("adapter", adapter_id))
