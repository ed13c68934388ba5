"""Measure an adapter on questions that training never saw: every contender on one code path."""

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from appliance.audit import Outcome, Stage
from appliance.datasets.records import get_dataset, verify_version
from appliance.evaluation import AnsweredQuestion, Comparison
from appliance.foundation.errors import InputError, NotFoundError, WorkerError
from appliance.foundation.json_records import read, stored
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.starts.evaluate import Contender, EvaluateStart
from appliance.jobs.starts.serve import ORIGINAL, TUNED
from appliance.jobs.states import Job
from appliance.models.records import EVALUATION, add_finding, get_adapter, get_model
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import (
    adapter_access,
    adapter_folder,
    dataset_access,
    dataset_folder,
    job_access,
    job_folder,
    model_access,
    model_memory,
)
from appliance.services.job_kinds import DatasetUse, JobKind, Task, job_kind
from appliance.services.job_queue import authorise_submit, log_job, queue_job
from appliance.services.operations import AdapterId, operation
from appliance.vault.stream import SealContext, unseal_file

MAX_NEW_TOKENS = 512  # the worker takes less when all references are shorter
RESULTS_NAME = "results.sealed"
MAX_ANSWERS = 200
# Their names are keys of the results, which are stored.
CONTENDERS = (Contender(name=ORIGINAL, tuned=False), Contender(name=TUNED, tuned=True))


@dataclass(frozen=True)
class EvaluationSpec:
    """Which adapter is measured."""

    adapter_id: str


@operation("evaluate", action="job.submit", on="job")
def submit_evaluation(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> Job:
    """Queue an evaluation. Raises `NotFoundError`, `ConflictError`, `InputError` when there is nothing to ask."""
    authorise_submit(context, caller)
    with context.database.begin() as connection:
        adapter = get_adapter(connection, adapter_id)
        adapter.verify_in_use()
        dataset = get_dataset(connection, adapter.dataset_id)
    if dataset.test_rows == 0:
        raise InputError("evaluation.empty")
    spec, details = EvaluationSpec(adapter_id), {"adapter": adapter_id}
    return queue_job(context, caller, EVALUATE, spec, project_id=adapter.project_id, details=details)


@operation("adapter.answers", action="adapter.read", on="adapter")
def show_answers(
    context: ServiceContext, caller: Caller, *, adapter_id: AdapterId, limit: int = MAX_ANSWERS
) -> list[AnsweredQuestion]:
    """Return the held-out questions with every answer: reading data, and logged as such.

    Raises `NotFoundError` before an evaluation, `ConflictError` when the dataset was shredded, and they with it.
    """
    adapter = context.query(get_adapter, adapter_id)
    found = adapter.findings.get(EVALUATION)
    if found is None:
        raise NotFoundError("not-found:evaluation")
    with context.act(caller, "adapter.read", adapter.ref):
        sealed = job_folder(context, found.job_id) / RESULTS_NAME
        if not sealed.exists():
            context.query(verify_version, adapter.dataset_id, adapter.dataset_version)
            raise NotFoundError("not-found:answers")
        key = context.vault.data_key("job", found.job_id)
        data = unseal_file(sealed, key, SealContext("job", found.job_id, 1, RESULTS_NAME))
    return [read(AnsweredQuestion, answer) for answer in json.loads(data)["answers"][:limit]]


def _prepare(context: ServiceContext, task: Task[EvaluationSpec]) -> WorkerOrder:
    """Log the start, and give the worker the key of the test part alone."""
    job = task.job
    with context.database.begin() as connection:
        adapter = get_adapter(connection, task.spec.adapter_id)
        model = get_model(connection, adapter.model_id)
        prompt = get_dataset(connection, adapter.dataset_id).system_prompt
    log_job(context, job, Outcome.REQUESTED)
    start = EvaluateStart(
        job=job_access(context, job.id),
        model=model_access(context, model),
        dataset=dataset_access(context, adapter.dataset_id, adapter.dataset_version, ("test",), prompt),
        adapter=adapter_access(context, adapter.id),
        contenders=CONTENDERS,
        quantised=adapter.quantised,
        max_new_tokens=MAX_NEW_TOKENS,
    )
    read = (Path(start.model.folder), dataset_folder(context, adapter.dataset_id), adapter_folder(context, adapter.id))
    write = (job_folder(context, job.id),)
    return WorkerOrder(start, read=read, write=write, memory_bytes=model_memory(context))


def _finish(context: ServiceContext, task: Task[EvaluationSpec], result: Comparison, stopped: bool) -> Comparison:
    """Keep the figures with the adapter, bound by the log; the answers stay sealed in the job's folder."""
    digest = ""
    if not stopped:
        if set(result.tallies) != {contender.name for contender in CONTENDERS}:
            raise WorkerError("worker.message:fields", value="contenders")
        now = context.clock.now_us()
        digest = context.query(add_finding, task.spec.adapter_id, EVALUATION, task.job.id, stored(result), now)
    log_job(context, task.job, Outcome.SUCCEEDED, result=digest)
    return result


def _reads(connection: Connection, spec: EvaluationSpec) -> DatasetUse:
    adapter = get_adapter(connection, spec.adapter_id)
    return DatasetUse(adapter.dataset_id, adapter.dataset_version)


EVALUATE: JobKind[EvaluationSpec, Comparison] = job_kind(
    JobKind(
        name="evaluate",
        spec=EvaluationSpec,
        result=Comparison,
        stage=Stage.EVALUATION,
        prepare=_prepare,
        finish=_finish,
        reads=_reads,
    )
)
