"""See, stop and resume jobs."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from appliance.audit import ObjectRef
from appliance.foundation.errors import ConflictError, InputError
from appliance.foundation.identifiers import new_id
from appliance.foundation.messages import with_sentences
from appliance.jobs.messages import DIVERGED
from appliance.jobs.states import (
    ACTIVE,
    RESUMABLE,
    Job,
    JobState,
    ProgressPoint,
    change_spec,
    get_job,
    list_jobs,
    list_progress,
    move_job,
)
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import dataset_of, verify_trainable, verify_usable


def all_jobs(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return all jobs, oldest first."""
    context.look(caller, "job.list", ObjectRef("job", "all"))
    with context.database.begin() as connection:
        return [_shown(context, job) for job in list_jobs(connection)]


def show_job(context: ServiceContext, caller: Caller, job_id: str, *, after_step: int = -1) -> dict[str, Any]:
    """Return one job with its progress after `after_step`, and how many jobs are `ahead` of it while it waits."""
    context.look(caller, "job.list", ObjectRef("job", job_id))
    with context.database.begin() as connection:
        job: Job = get_job(connection, job_id)
        points: list[ProgressPoint] = list_progress(connection, job_id, after_step=after_step)
        ahead = _jobs_ahead(connection, job)
    return {**_shown(context, job), "progress": [asdict(point) for point in points], "ahead": ahead}


def stop_job(context: ServiceContext, caller: Caller, job_id: str) -> dict[str, Any]:
    """Ask a job to stop; a running one keeps its best so far. Raises `ConflictError` when it is over."""
    with context.act(caller, "job.stop", ObjectRef("job", job_id)), context.database.begin() as connection:
        state = get_job(connection, job_id).state
        if state is JobState.QUEUED:
            return _with_sentences(
                move_job(connection, context.clock, job_id, JobState.STOPPED, reason="Stopped before it began.")
            )
        if state is JobState.STOPPING:
            raise ConflictError("job.state:job-being-stopped")
        return _with_sentences(
            move_job(connection, context.clock, job_id, JobState.STOPPING, reason="Somebody asked it to stop.")
        )


def resume_job(
    context: ServiceContext, caller: Caller, job_id: str, *, learning_rate: float | None = None
) -> dict[str, Any]:
    """Put a stopped or failed job back into the queue; it goes on from its last checkpoint.

    A training may go on with a lower `learning_rate`; one that diverged does, with half of it when none is given. An
    adapter that the stopped training left stays as it is: what comes now is another. Raises `ConflictError` for a job
    that cannot be resumed, `InputError`.
    """
    with context.act(caller, "job.resume", ObjectRef("job", job_id)) as recorded:
        with context.database.begin() as connection:
            job = _resumable(connection, job_id)
        changes: dict[str, Any] = {}
        if learning_rate is not None or job.result.get("ending") == DIVERGED:
            changes["learning_rate"] = _lower_rate(job, learning_rate)
            recorded.details = {"learning_rate": f"{changes['learning_rate']:g}"}
        if job.result.get("adapter"):
            changes["adapter_id"] = new_id("ad")
            context.vault.new_data_key("adapter", changes["adapter_id"])
        with context.database.begin() as connection:
            job = _resumable(connection, job_id)
            if "dataset_id" in job.spec:
                verify_trainable(connection, context.clock, dataset_of(connection, job))
            else:
                verify_usable(connection, dataset_of(connection, job))
            change_spec(connection, job_id, changes)
            return _with_sentences(move_job(connection, context.clock, job_id, JobState.QUEUED))


def _jobs_ahead(connection: Connection, job: Job) -> int:
    """Return how many jobs come before a waiting one: what runs, and what waits and is older (`JobRunner.run_next`)."""
    if job.state is not JobState.QUEUED:
        return 0
    active = list_jobs(connection, states=ACTIVE)
    older = [each.id for each in active].index(job.id)
    return older + sum(each.state is not JobState.QUEUED for each in active[older + 1 :])


def _resumable(connection: Connection, job_id: str) -> Job:
    job = get_job(connection, job_id)
    if job.state not in RESUMABLE:  # A running job may go back to the queue too, but only its runner may send it there.
        raise ConflictError("job.state:job-stopped-failed", job_state=job.state)
    return job


def _lower_rate(job: Job, asked: float | None) -> float:
    now = job.spec.get("learning_rate")
    if now is None or "candidates" in job.spec:  # the ranks of a sweep are compared at one rate
        raise InputError("job.learning-rate")
    rate = now / 2 if asked is None else asked
    if not 0 < rate < now:
        raise InputError("job.learning-rate:learning-rate-go", now=now)
    return float(rate)


def _shown(context: ServiceContext, job: Job) -> dict[str, Any]:
    """Return the job, with what is to be known of it now where the disk had no room for that."""
    notice = context.notices.get(job.id)
    shown = _with_sentences(job)
    return shown if notice is None else {**shown, "reason": notice}


def _with_sentences(job: Job) -> dict[str, Any]:
    shown: dict[str, Any] = with_sentences(asdict(job))
    return shown
