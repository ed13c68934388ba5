"""See, stop and resume jobs."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.datasets.records import list_datasets
from appliance.foundation.errors import ConflictError, InputError, NotFoundError
from appliance.foundation.json_records import BESIDE, stored
from appliance.foundation.messages import message
from appliance.jobs.states import (
    ACTIVE,
    RESUMABLE,
    Job,
    JobState,
    ProgressPoint,
    change_spec,
    get_job,
    jobs_mark,
    list_jobs,
    list_progress,
    move_job,
)
from appliance.models.records import list_adapters
from appliance.services.context import Caller, ServiceContext
from appliance.services.job_kinds import QueueBell, dataset_use, job_kinds, kind_of, verify_readable
from appliance.services.notices import JobNotices
from appliance.services.operations import JobId, operation


@dataclass(frozen=True)
class WatchedJob:
    """A job with its progress, and how many jobs are `ahead` of it while it waits."""

    job: Job = field(metadata=BESIDE)
    progress: list[ProgressPoint]
    ahead: int


@dataclass(frozen=True)
class ListedJob:
    """A job with the names of what it is about: its dataset, and the adapter that it works on, "" where there is none.

    A name is "" too when what it named is no longer listed; `about` is both.
    """

    job: Job = field(metadata=BESIDE)
    dataset: str
    adapter: str
    about: str


def all_jobs(context: ServiceContext, caller: Caller) -> list[Job]:
    """Return all jobs, oldest first."""
    context.look(caller, "job.list", ObjectRef("job", "all"))
    with context.database.begin() as connection:
        return [_noticed(context, job) for job in list_jobs(connection)]


@operation("job.list", action="job.list", on="job")
def list_all_jobs(context: ServiceContext, caller: Caller) -> list[ListedJob]:
    """Return all jobs, oldest first, with the names of what they are about."""
    jobs = all_jobs(context, caller)
    with context.database.begin() as connection:
        datasets = {dataset.id: dataset.name for dataset in list_datasets(connection)}
        adapters = {adapter.id: adapter.name for adapter in list_adapters(connection)}
        listed = []
        for job in jobs:
            dataset = _dataset_name(connection, job, datasets)
            adapter = adapters.get(job.spec.get("adapter_id", ""), job.spec.get("name", ""))
            listed.append(ListedJob(job, dataset, adapter, ", ".join(filter(None, (dataset, adapter)))))
        return listed


def _dataset_name(connection: Connection, job: Job, names: Mapping[str, str]) -> str:
    if job.kind not in job_kinds():
        return ""
    with contextlib.suppress(NotFoundError):  # an adapter that is gone
        return names.get(dataset_use(connection, job).dataset_id, "")
    return ""


@operation("job.show", action="job.list", on="job")
def show_job(context: ServiceContext, caller: Caller, *, job_id: JobId, after_step: int = -1) -> WatchedJob:
    """Return one job with its progress after `after_step`. Raises `NotFoundError`."""
    context.look(caller, "job.list", ObjectRef("job", job_id))
    with context.database.begin() as connection:
        job = get_job(connection, job_id)
        points = list_progress(connection, job_id, after_step=after_step)
        ahead = _jobs_ahead(connection, job)
    return WatchedJob(_noticed(context, job), points, ahead)


def look_for_changes(context: ServiceContext, caller: Caller) -> str:
    """Return a text that differs whenever a job changes.

    An open page asks every few seconds. It is told nothing else, so this is authorised but not logged: the look that
    follows a change is.
    """
    context.verify_allowed(caller, "job.list", ObjectRef("job", "all"))
    return context.query(jobs_mark)


@operation("job.stop", action="job.stop", on="job")
def stop_job(context: ServiceContext, caller: Caller, *, job_id: JobId) -> Job:
    """Ask a job to stop; a running one keeps its best so far. Raises `ConflictError` when it is over."""
    with context.act(caller, "job.stop", ObjectRef("job", job_id)), context.database.begin() as connection:
        state = get_job(connection, job_id).state
        if state is JobState.QUEUED:
            return move_job(connection, context.clock, job_id, JobState.STOPPED, reason=message("job.never-began"))
        if state is JobState.STOPPING:
            raise ConflictError("job.state:stopping")
        return move_job(connection, context.clock, job_id, JobState.STOPPING, reason=message("job.asked-to-stop"))


@operation("job.resume", action="job.resume", on="job")
def resume_job(context: ServiceContext, caller: Caller, *, job_id: JobId, learning_rate: float | None = None) -> Job:
    """Put a stopped or failed job back into the queue; it goes on from its last checkpoint.

    A training may go on with a lower `learning_rate`. Raises `ConflictError` for a job that cannot be resumed,
    `InputError`.
    """
    with context.act(caller, "job.resume", ObjectRef("job", job_id)) as recorded:
        job = context.query(_resumable, job_id)
        kind, changes = kind_of(job), {}
        if kind.resume is not None:
            task = kind.task(job)
            before, spec = stored(task.spec), stored(kind.resume(context, task, kind.result_of(job), learning_rate))
            changes = {name: value for name, value in spec.items() if value != before[name]}
        elif learning_rate is not None:
            raise InputError("job.learning-rate:none")
        if "learning_rate" in changes:
            recorded.details = {"learning_rate": f"{changes['learning_rate']:g}"}
        with context.database.begin() as connection:
            job = _resumable(connection, job_id)
            verify_readable(context, connection, dataset_use(connection, job))
            change_spec(connection, job_id, changes)
            job = move_job(connection, context.clock, job_id, JobState.QUEUED)
    context.part(QueueBell).ring()
    return job


def _jobs_ahead(connection: Connection, job: Job) -> int:
    """Return how many jobs come before a waiting one: what runs, and what waits and is older."""
    if job.state is not JobState.QUEUED:
        return 0
    active = list_jobs(connection, states=ACTIVE)
    older = [other.id for other in active].index(job.id)
    return older + sum(other.state is not JobState.QUEUED for other in active[older + 1 :])


def _resumable(connection: Connection, job_id: str) -> Job:
    job = get_job(connection, job_id)
    if job.state not in RESUMABLE:  # A running job may go back to the queue too, but only its runner sends it there.
        raise ConflictError("job.state:not-resumable", state=job.state.label)
    return job


def _noticed(context: ServiceContext, job: Job) -> Job:
    """Return the job with what is to be known of it now, where the disk had no room for that."""
    notices = context.part(JobNotices).notices
    return replace(job, reason=notices[job.id]) if job.id in notices else job
