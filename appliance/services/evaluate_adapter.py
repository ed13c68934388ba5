"""Measure an adapter on questions that training never saw: original and tuned, on one code path."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from appliance.audit import ObjectRef, Outcome
from appliance.foundation.errors import ConflictError, InputError, NotFoundError
from appliance.foundation.messages import with_sentences
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import Done, EvaluateStart
from appliance.jobs.states import Job
from appliance.models.tables import ADAPTERS, RETIRED
from appliance.reports.facts import digest_of
from appliance.services.context import Caller, ServiceContext
from appliance.services.dataset_use import verify_version
from appliance.services.import_dataset import describe_dataset
from appliance.services.keep_adapter import job_folder
from appliance.services.queue_job import authorise_submit, queue_job
from appliance.services.train_adapter import adapter_access, dataset_access, log_job, model_access
from appliance.vault.stream import SealContext, unseal_file

EVALUATE = "evaluate"
MAX_NEW_TOKENS = 512  # the worker takes less when all references are shorter
RESULTS_NAME = "results.sealed"


def submit_evaluation(context: ServiceContext, caller: Caller, *, adapter_id: str) -> Job:
    """Put an evaluation into the queue. Raises `NotFoundError`, `InputError` when there is nothing to ask."""
    authorise_submit(context, caller)
    adapter = describe_adapter(context, adapter_id)
    verify_in_use(adapter)
    dataset = describe_dataset(context, adapter["dataset_id"])
    if dataset["test_rows"] == 0:
        raise InputError("evaluation.empty")
    return queue_job(
        context,
        caller,
        EVALUATE,
        {"adapter_id": adapter_id},
        project_id=adapter["project_id"],
        details={"adapter": adapter_id},
        verify=lambda connection: verify_version(connection, dataset["id"], adapter["dataset_version"]),
    )


class EvaluationHandler:
    """Before and after the worker of an evaluation."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, and give the worker the key of the test part alone."""
        context = self._context
        adapter = describe_adapter(context, job.spec["adapter_id"])
        dataset = {**describe_dataset(context, adapter["dataset_id"]), "version": adapter["dataset_version"]}
        log_job(context, job, "job.start", Outcome.REQUESTED)
        model = model_access(context, adapter["model_id"])
        access = adapter_access(context, adapter["id"], context.home / "adapters" / adapter["id"])
        start = EvaluateStart(
            job_id=job.id,
            job_folder=str(job_folder(context, job.id)),
            job_key=context.vault.data_key("job", job.id),
            model=model,
            dataset=dataset_access(context, dataset, ("test",)),
            adapter=access,
            quantised=adapter["method"] == "qlora",
            max_new_tokens=MAX_NEW_TOKENS,
        )
        read = (Path(model.folder), context.home / "datasets" / dataset["id"], Path(access.folder))
        return WorkerOrder(start, read=read, write=(job_folder(context, job.id),))

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Keep the figures with the adapter and log the outcome; the answers stay sealed in the job's folder."""
        context = self._context
        if not done.stopped:
            before = describe_adapter(context, job.spec["adapter_id"])["results"]
            kept = (
                {"rank": before["rank"]} if "rank" in before else {}
            )  # what the rank's analysis found has not changed
            with context.database.begin() as connection:
                results = json.dumps({**kept, **done.result, "job_id": job.id})
                connection.execute(
                    update(ADAPTERS)
                    .where(ADAPTERS.c.id == job.spec["adapter_id"])
                    .values(results=results, state="evaluated")
                )
        log_job(context, job, "job.start", Outcome.SUCCEEDED, result=digest_of(done.result))
        return done.result


def list_adapters(context: ServiceContext, caller: Caller) -> list[dict[str, Any]]:
    """Return the adapters, oldest first, with their figures."""
    context.look(caller, "adapter.list", ObjectRef("adapter", "all"))
    with context.database.begin() as connection:
        rows = connection.execute(select(ADAPTERS).order_by(ADAPTERS.c.created_us))
        return [with_sentences(_adapter(row)) for row in rows]


def show_adapter(context: ServiceContext, caller: Caller, adapter_id: str) -> dict[str, Any]:
    """Return what is known of one adapter to somebody who may see it. Raises `NotFoundError`."""
    context.look(caller, "adapter.list", ObjectRef("adapter", adapter_id))
    shown: dict[str, Any] = with_sentences(describe_adapter(context, adapter_id))
    return shown


def describe_adapter(context: ServiceContext, adapter_id: str) -> dict[str, Any]:
    """Return what is known of one adapter, with messages as they are stored. Raises `NotFoundError`."""
    with context.database.begin() as connection:
        row = connection.execute(select(ADAPTERS).where(ADAPTERS.c.id == adapter_id)).first()
    if row is None:
        raise NotFoundError("not-found:adapter")
    return _adapter(row)


def verify_in_use(adapter: dict[str, Any]) -> None:
    """Raise `ConflictError` when the adapter was retired."""
    if adapter["state"] == RETIRED:
        raise ConflictError("adapter.retired")


def show_answers(context: ServiceContext, caller: Caller, adapter_id: str, *, limit: int = 200) -> list[dict[str, Any]]:
    """Return the held-out questions with both answers: reading data, and logged as such.

    Raises `NotFoundError` before an evaluation.
    """
    adapter = describe_adapter(context, adapter_id)
    job_id = adapter["results"].get("job_id")
    if not job_id:
        raise NotFoundError("not-found:adapter-evaluated-yet")
    with context.act(caller, "adapter.read", ObjectRef("adapter", adapter_id)):
        sealed = job_folder(context, job_id) / RESULTS_NAME
        data = unseal_file(sealed, context.vault.data_key("job", job_id), SealContext("job", job_id, 1, RESULTS_NAME))
    answers: list[dict[str, Any]] = json.loads(data)["answers"]
    return answers[:limit]


def _adapter(row: Any) -> dict[str, Any]:
    return {**dict(row._mapping), "config": json.loads(row.config), "results": json.loads(row.results)}
