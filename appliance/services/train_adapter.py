"""Train an adapter: submit the job, and what happens in the control plane before and after its worker runs."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.audit import ObjectRef, Outcome
from appliance.foundation.errors import ApplianceError, WorkerError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import AdapterAccess, DatasetAccess, Done, ModelAccess, Start, TrainStart
from appliance.jobs.states import Job, change_spec, note_on_job
from appliance.planning import MAX_LENGTH, Footprint, step_down
from appliance.services.context import APPLIANCE, Caller, ServiceContext
from appliance.services.dataset_use import verify_trainable
from appliance.services.import_dataset import PART_KIND, describe_dataset, part_key_id
from appliance.services.import_model import describe_model
from appliance.services.keep_adapter import MADE, MadeAdapter, job_folder, keep_adapter, remove_checkpoints
from appliance.services.machine import note_training, this_machine
from appliance.services.plan_training import TrainingChoice, plan_training
from appliance.services.queue_job import authorise_submit, queue_job

TRAIN = "train"
STEPPED_DOWN = "stepped_down"  # in a job's spec and result: the messages, in their order
CHECKPOINT_STEPS = 20
PATIENCE = 3  # validations in a row that bring nothing better; the presets' pass over the data ends with one
PASS_TOKENS = 512  # of jobs that an older version queued
LEAST_MEMORY_BYTES = 4 * 1024**3  # what a worker may always take, so that a wrong guess of the memory ends no training
GPU_HOST_BYTES = 64 * 1024**3  # CUDA maps far more memory of the host than it uses


def training_spec(context: ServiceContext, *, dataset_id: str, model_id: str, choice: TrainingChoice) -> dict[str, Any]:
    """Return the whole plan of a training, checked.

    Raises `InputError` for a choice that cannot be, `NotFoundError`.
    """
    dataset, model = describe_dataset(context, dataset_id), describe_model(context, model_id)
    planned = plan_training(context, dataset_id=dataset_id, model_id=model_id, choice=choice)
    return {
        "dataset_id": dataset_id,
        "dataset_version": dataset["version"],
        "model_id": model_id,
        "adapter_id": new_id("ad"),
        "name": (choice.name or f"{dataset['name']} on {model['name']}")[:120],
        "seed": choice.seed,
        "preset": choice.preset,
        **planned.settings,
        "trained_parameters": planned.fitted.trained,
        "flop": float(planned.fitted.flop.total),
        "flop_base_share": planned.fitted.flop.base_share,
    }


def submit_training(
    context: ServiceContext, caller: Caller, *, dataset_id: str, model_id: str, choice: TrainingChoice
) -> Job:
    """Put a training job into the queue. Raises `InputError` for a choice that cannot be, `NotFoundError`."""
    authorise_submit(context, caller)
    spec = training_spec(context, dataset_id=dataset_id, model_id=model_id, choice=choice)
    return queue_training(context, caller, TRAIN, spec)


def queue_training(context: ServiceContext, caller: Caller, kind: str, spec: dict[str, Any], **details: str) -> Job:
    """Put a job that trains by `spec` into the queue; `details` go into the log."""
    dataset_id = spec["dataset_id"]
    return queue_job(
        context,
        caller,
        kind,
        spec,
        project_id=describe_dataset(context, dataset_id)["project_id"],
        details={"dataset": dataset_id, "model": spec["model_id"], **details},
        makes_adapter=spec["adapter_id"],
        verify=lambda connection: verify_trainable(connection, context.clock, dataset_id),
    )


class TrainingHandler:
    """Before and after the worker of a training job."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, and give the worker the keys of the training and the validation part; never of the test
        part.
        """
        context = self._context
        log_job(context, job, "job.start", Outcome.REQUESTED)
        start = training_start(context, job)
        return training_order(context, job, start, start)

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Adopt the sealed adapter, when there is one, and log the outcome."""
        context, spec = self._context, job.spec
        written = bool(done.result.get("adapter_written"))
        result = {
            **done.result,
            "adapter": spec["adapter_id"] if written else "",
            "stepped_down": spec.get(STEPPED_DOWN, []),
        }
        if written:
            name = f"{spec['name']} (step {done.result['best_step']})" if done.stopped else spec["name"]
            keep_adapter(
                context,
                job,
                MadeAdapter.of_training({**spec, "name": name}, str(done.result["adapter_sha256"])),
                result,
            )
        if not done.stopped:
            note_training(context, spec, result)
        log_job(context, job, "job.start", Outcome.SUCCEEDED)
        return result

    def step_down(self, job: Job, error: ApplianceError) -> Job:
        """Take the next smaller way to train, and say so in the job and in the log.

        Raises `WorkerError` when there is none.
        """
        return step_training_down(self._context, job, error)

    def clean_up(self, job: Job) -> None:
        """Remove the checkpoints."""
        remove_checkpoints(self._context, job.id)


def step_training_down(context: ServiceContext, job: Job, error: ApplianceError) -> Job:
    """Make a job that trains need less memory. Raises `WorkerError` when there is nothing left to give up."""
    lower = step_down(footprint(job))
    if lower is None:
        raise WorkerError("worker.out-of-memory:nothing-left") from error
    log_failure(context, job, error)
    now = asdict(lower.footprint)
    context.log.append(
        APPLIANCE, "job.step-down", ObjectRef("job", job.id), Outcome.SUCCEEDED, reason=error.code, details=now
    )
    with context.database.begin() as connection:
        note_on_job(connection, job.id, lower.sentence.english)
        stepped_down = [*job.spec.get(STEPPED_DOWN, []), lower.sentence.to_json()]
        return change_spec(connection, job.id, {**now, STEPPED_DOWN: stepped_down})


def footprint(job: Job) -> Footprint:
    """Return how the job's steps are computed now: as planned, or smaller after it stepped down."""
    return Footprint(job.spec.get("pass_tokens", PASS_TOKENS), job.spec.get("activation_checkpointing", False))


def training_start(context: ServiceContext, job: Job) -> TrainStart:
    """Return the order to train by the job's `spec`, with the keys that it needs."""
    spec, now = job.spec, footprint(job)
    dataset = {**describe_dataset(context, spec["dataset_id"]), "version": spec["dataset_version"]}
    return TrainStart(
        job_id=job.id,
        job_folder=str(job_folder(context, job.id)),
        job_key=context.vault.data_key("job", job.id),
        adapter=adapter_access(context, spec["adapter_id"], job_folder(context, job.id) / MADE),
        model=model_access(context, spec["model_id"]),
        dataset=dataset_access(context, dataset, ("training", "validation")),
        method=spec["method"],
        rank=spec["rank"],
        lora_alpha=spec["lora_alpha"],
        use_rslora=spec.get("use_rslora", False),
        use_dora=spec.get("use_dora", False),
        last_layers=spec.get("last_layers", 0),
        train_head=spec.get("train_head", False),
        epochs=spec["epochs"],
        batch_size=spec["batch_size"],
        learning_rate=spec["learning_rate"],
        seed=spec["seed"],
        checkpoint_steps=CHECKPOINT_STEPS,
        max_length=spec.get("max_length", MAX_LENGTH),
        patience=PATIENCE,
        pass_tokens=now.pass_tokens,
        activation_checkpointing=now.activation_checkpointing,
    )


def training_order(context: ServiceContext, job: Job, start: Start, training: TrainStart) -> WorkerOrder:
    """Return the order that sends `start` to a worker that trains as `training` says: what it may read, write and take
    of the memory.
    """
    machine = this_machine(context)
    memory = GPU_HOST_BYTES if machine.gpu else max(LEAST_MEMORY_BYTES, machine.memory_bytes)
    read = (Path(training.model.folder), Path(training.dataset.folder))
    return WorkerOrder(start, read=read, write=(job_folder(context, job.id),), memory_bytes=memory)


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


def log_failure(context: ServiceContext, job: Job, error: ApplianceError) -> None:
    """Log that a job failed, and why."""
    log_job(context, job, "job.start", Outcome.FAILED, error.code)


def model_access(context: ServiceContext, model_id: str) -> ModelAccess:
    """Return what a worker needs to load a base model and to verify it."""
    return ModelAccess(
        folder=str(context.home / "models" / model_id), manifest=describe_model(context, model_id)["manifest"]
    )


def dataset_access(context: ServiceContext, dataset: dict[str, Any], parts: tuple[str, ...]) -> DatasetAccess:
    """Return what a worker needs to read `parts` of a dataset, and no other part."""
    return DatasetAccess(
        folder=str(context.home / "datasets" / dataset["id"]),
        dataset_id=dataset["id"],
        dataset_version=dataset["version"],
        system_prompt=dataset["system_prompt"],
        part_keys={
            part: context.vault.data_key(PART_KIND, part_key_id(dataset["id"], dataset["version"], part))
            for part in parts
        },
    )


def adapter_access(context: ServiceContext, adapter_id: str, folder: Path) -> AdapterAccess:
    """Return what a worker needs to read or write one adapter."""
    return AdapterAccess(
        folder=str(folder), adapter_id=adapter_id, data_key=context.vault.data_key("adapter", adapter_id)
    )
