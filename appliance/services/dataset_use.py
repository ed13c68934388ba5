"""Who uses a dataset, and whether it may be used. Its states: `ready`, `shredding` (nobody may begin to use it), `shredded`."""

from sqlalchemy import Connection, select

from appliance.datasets.tables import DATASETS
from appliance.foundation.errors import ConflictError
from appliance.jobs.states import Job, list_jobs
from appliance.models.tables import ADAPTERS

READY, SHREDDING, SHREDDED = "ready", "shredding", "shredded"


def verify_usable(connection: Connection, dataset_id: str) -> None:
    """Raise `ConflictError` when the dataset is or is being shredded. In the transaction that begins to use it, or it comes too late."""
    state = connection.execute(select(DATASETS.c.state).where(DATASETS.c.id == dataset_id)).scalar()
    if state in {SHREDDING, SHREDDED}:
        raise ConflictError(
            f"The dataset was shredded: nothing can read it any more. `appliance dataset certificate {dataset_id}` tells when.",
            code="dataset.shredded",
        )


def dataset_of(connection: Connection, job: Job) -> str:
    """Return the id of the dataset that a job reads."""
    if "dataset_id" in job.spec:
        return str(job.spec["dataset_id"])
    query = select(ADAPTERS.c.dataset_id).where(ADAPTERS.c.id == job.spec.get("adapter_id", ""))
    return str(connection.execute(query).scalar() or "")


def jobs_using(connection: Connection, dataset_id: str) -> list[Job]:
    """Return the jobs that read the dataset, whatever their state, oldest first."""
    return [job for job in list_jobs(connection) if dataset_of(connection, job) == dataset_id]
