"""Make an adapter smaller: a new one of a lower rank, with the measured loss of both on rows that were set aside."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from sqlalchemy import Connection

from appliance.audit import Outcome, Stage
from appliance.datasets.records import get_dataset
from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.starts.shrink import ShrinkResult, ShrinkStart
from appliance.jobs.states import Job
from appliance.models.records import RANK, Adapter, get_adapter, get_model
from appliance.planning.spectrum import RankSummary
from appliance.planning.training_record import ShrinkOutcome
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import (
    MADE,
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
from appliance.services.kept_adapters import keep_adapter
from appliance.services.models.explain_rank import verify_explained
from appliance.services.operations import AdapterId, operation

MAX_NAME = 120  # characters


@dataclass(frozen=True)
class ShrinkSpec:
    """Which adapter becomes which smaller one, of which rank."""

    adapter_id: str
    rank: int
    smaller_id: str


@operation("adapter.shrink", action="job.submit", on="job")
def submit_shrink(
    context: ServiceContext,
    caller: Caller,
    *,
    adapter_id: AdapterId,
    rank: int | None = None,
    share: float | None = None,
) -> Job:
    """Queue it, with the new `rank`, or the `share` of what was learned to keep (0 to 1), once the rank was explained.

    Raises `InputError`, `NotFoundError`, `ConflictError` when the dataset cannot be read any more: then nothing could
    be measured.
    """
    authorise_submit(context, caller)
    with context.database.begin() as connection:
        adapter = get_adapter(connection, adapter_id)
        dataset = get_dataset(connection, adapter.dataset_id)
    verify_explained(adapter)
    chosen = _chosen_rank(adapter, rank, share)
    if not 1 <= chosen < adapter.rank:
        raise InputError("rank.shrink", rank=adapter.rank, most=adapter.rank - 1, chosen=chosen)
    if dataset.validation_rows == 0:
        raise InputError("rank.validation")
    spec = ShrinkSpec(adapter_id, chosen, new_id("ad"))
    details: dict[str, str | int | bool] = {"adapter": adapter_id, "rank": chosen}
    return queue_job(context, caller, SHRINK, spec, project_id=adapter.project_id, details=details)


def _chosen_rank(adapter: Adapter, rank: int | None, share: float | None) -> int:
    if (rank is None) == (share is None):
        raise InputError("rank.which")
    if rank is not None:
        return rank
    assert share is not None
    if not 0 < share <= 1:
        raise InputError("rank.share")
    found = adapter.found(RANK, RankSummary)
    if found is None:
        raise InputError("rank.unknown", adapter=adapter.id)
    return next((number for number, part in enumerate(found.kept, 1) if part >= share), len(found.kept))


def _prepare(context: ServiceContext, task: Task[ShrinkSpec]) -> WorkerOrder:
    """Log the start, and give the worker the keys of both adapters and of the validation part."""
    job, spec = task.job, task.spec
    with context.database.begin() as connection:
        adapter = get_adapter(connection, spec.adapter_id)
        model = get_model(connection, adapter.model_id)
        prompt = get_dataset(connection, adapter.dataset_id).system_prompt
    log_job(context, job, Outcome.REQUESTED)
    start = ShrinkStart(
        job=job_access(context, job.id),
        model=model_access(context, model),
        dataset=dataset_access(context, adapter.dataset_id, adapter.dataset_version, ("validation",), prompt),
        adapter=adapter_access(context, adapter.id),
        smaller=adapter_access(context, spec.smaller_id, job_folder(context, job.id) / MADE),
        rank=spec.rank,
        quantised=adapter.quantised,
        max_length=adapter.spec.max_length,
    )
    read = (Path(start.model.folder), dataset_folder(context, adapter.dataset_id), adapter_folder(context, adapter.id))
    write = (job_folder(context, job.id),)
    return WorkerOrder(start, read=read, write=write, memory_bytes=model_memory(context))


def _finish(context: ServiceContext, task: Task[ShrinkSpec], result: ShrinkResult, stopped: bool) -> ShrinkResult:
    """Keep the smaller adapter, with where it comes from, and log the outcome."""
    del stopped
    job, spec = task.job, task.spec
    if result.adapter_written:
        adapter = context.query(get_adapter, spec.adapter_id)
        ending = f" (rank {spec.rank})"
        smaller = replace(
            adapter.spec,
            adapter_id=spec.smaller_id,
            name=adapter.name[: MAX_NAME - len(ending)] + ending,
            rank=spec.rank,
            made_from=adapter.id,
            shrink=ShrinkOutcome(**{each.name: getattr(result, each.name) for each in fields(ShrinkOutcome)}),
        )
        keep_adapter(context, job, smaller, result.adapter_sha256, result)
        result = replace(result, adapter=spec.smaller_id)
    log_job(context, job, Outcome.SUCCEEDED)
    return result


def _reads(connection: Connection, spec: ShrinkSpec) -> DatasetUse:
    adapter = get_adapter(connection, spec.adapter_id)
    return DatasetUse(adapter.dataset_id, adapter.dataset_version)


SHRINK: JobKind[ShrinkSpec, ShrinkResult] = job_kind(
    JobKind(
        name="shrink",
        spec=ShrinkSpec,
        result=ShrinkResult,
        stage=Stage.TRAINING,
        prepare=_prepare,
        finish=_finish,
        reads=_reads,
        makes=lambda spec: (spec.smaller_id,),
    )
)
