"""See, stop and resume jobs."""

from dataclasses import asdict
from typing import Any

from appliance.audit import ObjectRef
from appliance.foundation.errors import ConflictError
from appliance.jobs.states import RESUMABLE, Job, JobState, ProgressPoint, get_job, list_jobs, list_progress, move_job
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import dataset_of, verify_trainable, verify_usable


def all_jobs(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return all jobs, oldest first."""
    context.look(caller, "job.list", ObjectRef("job", "all"))
    with context.database.begin() as connection:
        return [asdict(job) for job in list_jobs(connection)]


def show_job(context: ServiceContext, caller: Caller, job_id: str, *, after_step: int = -1) -> dict[str, Any]:
    """Return one job with its progress after `after_step`."""
    context.look(caller, "job.list", ObjectRef("job", job_id))
    with context.database.begin() as connection:
        job: Job = get_job(connection, job_id)
        points: list[ProgressPoint] = list_progress(connection, job_id, after_step=after_step)
    return {**asdict(job), "progress": [asdict(point) for point in points]}


def stop_job(context: ServiceContext, caller: Caller, job_id: str) -> dict[str, Any]:
    """Ask a job to stop; a running one keeps its best so far. Raises `ConflictError` when it is over."""
    with context.act(caller, "job.stop", ObjectRef("job", job_id)), context.database.begin() as connection:
        state = get_job(connection, job_id).state
        if state is JobState.QUEUED:
            return asdict(move_job(connection, context.clock, job_id, JobState.STOPPED, reason="Stopped before it began."))
        if state is JobState.STOPPING:
            raise ConflictError("The job is being stopped already.", code="job.state")
        return asdict(move_job(connection, context.clock, job_id, JobState.STOPPING, reason="Somebody asked it to stop."))


def resume_job(context: ServiceContext, caller: Caller, job_id: str) -> dict[str, Any]:
    """Put a stopped or failed job back into the queue; it goes on from its last checkpoint. Raises `ConflictError` for any other."""
    with context.act(caller, "job.resume", ObjectRef("job", job_id)), context.database.begin() as connection:
        job = get_job(connection, job_id)
        state = job.state
        if state not in RESUMABLE:  # A running job may go back to the queue too, but only its runner may send it there.
            raise ConflictError(f"The job is {state}. Only a stopped or failed one can be resumed.", code="job.state")
        if "dataset_id" in job.spec:
            verify_trainable(connection, context.clock, dataset_of(connection, job))
        else:
            verify_usable(connection, dataset_of(connection, job))
        return asdict(move_job(connection, context.clock, job_id, JobState.QUEUED))
