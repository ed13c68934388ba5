"""After training: which rank an adapter would have needed.

A confined worker finds the singular values; they stay sealed in its job's folder, and a summary stands with the
adapter.
"""

import json
from typing import Any

from sqlalchemy import select, update

from appliance.audit import ObjectRef, Outcome
from appliance.foundation.errors import InputError, NotFoundError
from appliance.foundation.messages import with_sentences
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import Done, RanksStart
from appliance.jobs.states import Job
from appliance.models.tables import ADAPTERS
from appliance.services.context import Caller, ServiceContext
from appliance.services.evaluate_adapter import describe_adapter, verify_in_use
from appliance.services.keep_adapter import job_folder
from appliance.services.queue_job import authorise_submit, queue_job
from appliance.services.train_adapter import adapter_access, log_job
from appliance.vault.stream import SealContext, unseal_file

RANKS = "ranks"
SPECTRUM_NAME = "spectrum.sealed"
_EXPLAINED = {"lora", "qlora"}


def submit_explanation(context: ServiceContext, caller: Caller, *, adapter_id: str) -> Job:
    """Put the analysis of an adapter into the queue.

    Raises `InputError` when its update is no B A, `NotFoundError`, `ConflictError`.
    """
    authorise_submit(context, caller)
    adapter = describe_adapter(context, adapter_id)
    verify_explained(adapter)
    project_id, about = adapter["project_id"], {"adapter": adapter_id}
    return queue_job(context, caller, RANKS, {"adapter_id": adapter_id}, project_id=project_id, details=about)


def verify_explained(adapter: dict[str, Any]) -> None:
    """Raise `InputError` unless the adapter is a plain low-rank one, `ConflictError` when it was retired."""
    verify_in_use(adapter)
    if adapter["method"] not in _EXPLAINED:
        raise InputError("rank.method:model-trained-method", method=adapter["method"])
    if adapter["config"].get("use_dora"):
        raise InputError("rank.method:adapter-trained-dora")


def show_ranks(context: ServiceContext, caller: Caller, *, adapter_id: str) -> dict[str, Any]:
    """Return what the analysis found, with each matrix and its singular values (`layers`). Logged: they are made of
    what was learned.

    Raises `NotFoundError` before an analysis.
    """
    found = describe_adapter(context, adapter_id)["results"].get("rank")
    if not found:
        raise NotFoundError("not-found:adapter-rank-explained", adapter_id=adapter_id)
    with context.act(caller, "adapter.read", ObjectRef("adapter", adapter_id)):
        sealed = job_folder(context, found["job_id"]) / SPECTRUM_NAME
        if not sealed.exists():
            raise NotFoundError("rank.gone", adapter_id=adapter_id)
        data = unseal_file(
            sealed,
            context.vault.data_key("job", found["job_id"]),
            SealContext("job", found["job_id"], 1, SPECTRUM_NAME),
        )
    return {**with_sentences(found), "layers": json.loads(data)["layers"]}


class RanksHandler:
    """Before and after the worker of an analysis. It gets the adapter's key, and no dataset and no model."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, and give the worker the key of the adapter."""
        context, adapter_id = self._context, job.spec["adapter_id"]
        log_job(context, job, "job.start", Outcome.REQUESTED)
        access = adapter_access(context, adapter_id, context.home / "adapters" / adapter_id)
        start = RanksStart(
            job_id=job.id,
            job_folder=str(job_folder(context, job.id)),
            job_key=context.vault.data_key("job", job.id),
            adapter=access,
        )
        return WorkerOrder(start, read=(context.home / "adapters" / adapter_id,), write=(job_folder(context, job.id),))

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Keep the summary with the adapter and log the outcome."""
        context = self._context
        result = {**done.result, "job_id": job.id}
        if not done.stopped:
            with context.database.begin() as connection:
                of_this = ADAPTERS.c.id == job.spec["adapter_id"]
                results = json.loads(connection.execute(select(ADAPTERS.c.results).where(of_this)).scalar_one())
                connection.execute(
                    update(ADAPTERS).where(of_this).values(results=json.dumps({**results, "rank": result}))
                )
        log_job(context, job, "job.start", Outcome.SUCCEEDED)
        return done.result
