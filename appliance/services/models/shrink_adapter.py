"""Make an adapter smaller: a new one of a lower rank, with the measured loss of both on rows that were set aside."""

from dataclasses import dataclass, fields, replace

from appliance.audit import Outcome, Stage
from appliance.datasets.records import get_dataset
from appliance.foundation.errors import InputError
from appliance.foundation.identifiers import new_id
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.starts.adapters import ShrinkResult, ShrinkStart
from appliance.jobs.states import Job
from appliance.models.records import RANK, Adapter, get_adapter
from appliance.planning.spectrum import RankSummary
from appliance.planning.training_record import ShrinkOutcome, shrink_sentence
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import (
    MADE,
    adapter_access,
    dataset_access,
    job_access,
    job_folder,
    job_order,
    model_access,
)
from appliance.services.job_kinds import JobKind, Task, authorise_submit, job_kind, log_job, queue_job
from appliance.services.kept_adapters import AboutAdapter, adapter_parts, keep_adapter, learned_data
from appliance.services.models.findings import verify_explained
from appliance.services.operations import AdapterId, operation

MAX_NAME = 120  # characters


@dataclass(frozen=True)
class ShrinkSpec(AboutAdapter):
    """Which adapter becomes which smaller one, of which rank."""

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
    """Give the worker the keys of both adapters and of the validation part."""
    job, spec = task.job, task.spec
    adapter, model, prompt = context.query(adapter_parts, spec.adapter_id)
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
    return job_order(context, start, start.job, start.model, start.dataset, start.adapter)


def _finish(context: ServiceContext, task: Task[ShrinkSpec], result: ShrinkResult, stopped: bool) -> ShrinkResult:
    """Keep the smaller adapter, with where it comes from, and log the outcome."""
    del stopped
    job, spec = task.job, task.spec
    adapter = context.query(get_adapter, spec.adapter_id)
    result = replace(result, rank_before=adapter.rank, rank=spec.rank, sentence=None, adapter="")
    if result.adapter_written:
        result = replace(result, sentence=shrink_sentence(result, spec.rank))
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


SHRINK: JobKind[ShrinkSpec, ShrinkResult] = job_kind(
    JobKind(
        name="shrink",
        spec=ShrinkSpec,
        result=ShrinkResult,
        stage=Stage.TRAINING,
        prepare=_prepare,
        finish=_finish,
        reads=learned_data,
        makes=lambda spec: (spec.smaller_id,),
    )
)
