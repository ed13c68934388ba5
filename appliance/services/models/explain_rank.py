"""After training: which rank an adapter would have needed.

A confined worker finds the singular values; they stay sealed in its job's folder, and a summary is kept with the
adapter.
"""

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from appliance.audit import Outcome, Stage
from appliance.foundation.errors import InputError, NotFoundError, WorkerError
from appliance.foundation.json_records import read, stored
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.starts.ranks import RanksStart
from appliance.jobs.states import Job
from appliance.models.records import RANK, Adapter, add_finding, get_adapter
from appliance.planning.spectrum import LayerSummary, RankSummary
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import adapter_access, adapter_folder, job_access, job_folder, model_memory
from appliance.services.job_kinds import DatasetUse, JobKind, Task, job_kind
from appliance.services.job_queue import authorise_submit, log_job, queue_job
from appliance.services.operations import AdapterId, operation
from appliance.vault.stream import SealContext, unseal_file

SPECTRUM_NAME = "spectrum.sealed"
_EXPLAINED = {"lora", "qlora"}


@dataclass(frozen=True)
class RankSpec:
    """Which adapter is looked into."""

    adapter_id: str


@dataclass(frozen=True, kw_only=True)
class RankAnalysis(RankSummary):
    """The summary with each matrix, and the job that found it."""

    job_id: str
    layers: tuple[LayerSummary, ...]


@operation("rank.explain", action="job.submit", on="job")
def submit_explanation(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> Job:
    """Queue the analysis of an adapter.

    Raises `InputError` when its update is not B A, `NotFoundError`, `ConflictError`.
    """
    authorise_submit(context, caller)
    adapter = context.query(get_adapter, adapter_id)
    verify_explained(adapter)
    spec, details = RankSpec(adapter_id), {"adapter": adapter_id}
    return queue_job(context, caller, RANKS, spec, project_id=adapter.project_id, details=details)


def verify_explained(adapter: Adapter) -> None:
    """Raise `InputError` unless the adapter is a plain low-rank one, `ConflictError` when it was retired."""
    adapter.verify_in_use()
    if adapter.method not in _EXPLAINED:
        raise InputError("rank.method:no-rank", method=adapter.method)
    if adapter.spec.use_dora:
        raise InputError("rank.method:dora")


@operation("rank.show", action="adapter.read", on="adapter")
def show_ranks(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> RankAnalysis:
    """Return what the analysis found, with each matrix and its singular values.

    Logged, since they are made of what was learned. Raises `NotFoundError` before an analysis.
    """
    adapter = context.query(get_adapter, adapter_id)
    found = adapter.findings.get(RANK)
    if found is None:
        raise NotFoundError("not-found:rank", adapter=adapter_id)
    with context.act(caller, "adapter.read", adapter.ref):
        sealed = job_folder(context, found.job_id) / SPECTRUM_NAME
        if not sealed.exists():
            raise NotFoundError("rank.gone", adapter=adapter_id)
        key = context.vault.data_key("job", found.job_id)
        data = unseal_file(sealed, key, SealContext("job", found.job_id, 1, SPECTRUM_NAME))
    return read(RankAnalysis, {**found.body, "job_id": found.job_id, "layers": json.loads(data)["layers"]})


def _prepare(context: ServiceContext, task: Task[RankSpec]) -> WorkerOrder:
    """Log the start, and give the worker the key of the adapter: no dataset and no model."""
    job, adapter_id = task.job, task.spec.adapter_id
    log_job(context, job, Outcome.REQUESTED)
    start = RanksStart(job=job_access(context, job.id), adapter=adapter_access(context, adapter_id))
    read, write = (adapter_folder(context, adapter_id),), (job_folder(context, job.id),)
    return WorkerOrder(start, read=read, write=write, memory_bytes=model_memory(context))


def _finish(context: ServiceContext, task: Task[RankSpec], result: RankSummary, stopped: bool) -> RankSummary:
    """Keep the summary with the adapter, bound by the log."""
    digest = ""
    if not stopped:
        if result.sentence is None:
            raise WorkerError("worker.message:fields", value="sentence")
        now = context.clock.now_us()
        digest = context.query(add_finding, task.spec.adapter_id, RANK, task.job.id, stored(result), now)
    log_job(context, task.job, Outcome.SUCCEEDED, result=digest)
    return result


def _reads(connection: Connection, spec: RankSpec) -> DatasetUse:
    adapter = get_adapter(connection, spec.adapter_id)
    return DatasetUse(adapter.dataset_id, adapter.dataset_version, reads=False)


RANKS: JobKind[RankSpec, RankSummary] = job_kind(
    JobKind(
        name="ranks",
        spec=RankSpec,
        result=RankSummary,
        stage=Stage.EVALUATION,
        prepare=_prepare,
        finish=_finish,
        reads=_reads,
    )
)
