"""Which jobs use a dataset, whatever their state."""

from sqlalchemy import Connection

from appliance.foundation.errors import ConflictError
from appliance.jobs.states import ACTIVE, Job, list_jobs
from appliance.services.job_kinds import dataset_use


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
