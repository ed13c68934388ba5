"""Put a job into the queue, and tell which jobs use a dataset."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.datasets.records import get_dataset, verify_version
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import ConflictError
from appliance.foundation.identifiers import new_id
from appliance.foundation.json_records import stored
from appliance.jobs.states import ACTIVE, Job, add_job, list_jobs
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import job_folder
from appliance.services.job_kinds import DatasetUse, JobKind, S, dataset_use


class QueueBell:
    """Tells whoever runs the queue that there is something in it."""

    def __init__(self, context: ServiceContext) -> None:
        del context
        self.ring: Callable[[], None] = lambda: None


def authorise_submit(context: ServiceContext, caller: Caller) -> None:
    """Authorise the queueing of a job before anything that it is about is looked up.

    Somebody who may not train must not learn from what a plan says, or from which sentence refuses it. Raises
    `AuthorizationError`; the denial is logged.
    """
    context.verify_allowed(caller, "job.submit", ObjectRef("job", new_id("jb")))


def queue_job(
    context: ServiceContext,
    caller: Caller,
    kind: JobKind[S, Any],
    spec: S,
    *,
    project_id: str,
    details: Mapping[str, str | int | bool],
) -> Job:
    """Queue a job that does what `spec` says, with a folder, a key, and a key for each adapter that it writes.

    Raises `ConflictError` for data that may not be used (any more): looked at before the keys are made, and again in
    the transaction that queues the job.
    """
    job_id = new_id("jb")
    with context.act(caller, "job.submit", ObjectRef("job", job_id), {"kind": kind.name, **details}):
        with context.database.begin() as connection:
            verify_readable(context, connection, kind.reads(connection, spec))
        make_private_folder(job_folder(context, job_id))
        context.vault.new_data_key("job", job_id)
        for adapter_id in kind.makes(spec):
            context.vault.new_data_key("adapter", adapter_id)
        with context.database.begin() as connection:
            verify_readable(context, connection, kind.reads(connection, spec))
            job = add_job(
                connection,
                context.clock,
                job_id=job_id,
                project_id=project_id,
                kind=kind.name,
                spec=stored(spec),
                created_by=caller.user_id,
            )
    context.part(QueueBell).ring()
    return job


def verify_readable(context: ServiceContext, connection: Connection, use: DatasetUse) -> None:
    """Raise `ConflictError` when a job may not read the data that it needs."""
    if use.trains:
        get_dataset(connection, use.dataset_id).verify_trainable(context.today())
    elif use.reads:
        verify_version(connection, use.dataset_id, use.version)


def jobs_using(connection: Connection, dataset_id: str, versions: frozenset[int] | None = None) -> list[Job]:
    """Return the jobs that read the dataset (only these versions of it, when given), oldest first."""
    jobs = []
    for job in list_jobs(connection):
        use = dataset_use(connection, job)
        if use.dataset_id == dataset_id and (versions is None or use.version in versions):
            jobs.append(job)
    return jobs


def verify_unused(connection: Connection, dataset_id: str, versions: frozenset[int] | None = None) -> None:
    """Raise `ConflictError` while a job that reads the dataset (one of these versions, when given) waits or runs."""
    busy = [job.id for job in jobs_using(connection, dataset_id, versions) if job.state in ACTIVE]
    if busy:
        raise ConflictError("dataset.in-use", busy=busy[0])
