"""What jobs find out about an adapter: how well it answers questions that training never saw, and which rank it needs.

Every contender of an evaluation is asked on one code path. The singular values of a rank's analysis are found by a
confined worker. Answers and singular values stay sealed in the job's folder; what they amount to is kept with the
adapter, bound by the log.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from appliance.audit import Stage
from appliance.datasets.records import get_dataset, get_version, verify_version
from appliance.evaluation import AnsweredQuestion, Comparison
from appliance.foundation.errors import InputError, NotFoundError, WorkerError
from appliance.foundation.json_records import read
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.starts.adapters import ORIGINAL, TUNED, Contender, EvaluateStart, RanksStart
from appliance.jobs.states import Job
from appliance.models.records import EVALUATION, RANK, Adapter, Finding, get_adapter
from appliance.planning.spectrum import LayerSummary, RankSummary, rank_sentence
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import adapter_access, dataset_access, job_access, job_folder, job_order, model_access
from appliance.services.job_kinds import JobKind, Task, authorise_submit, job_kind, queue_job
from appliance.services.kept_adapters import AboutAdapter, adapter_parts, keep_finding, learned_data
from appliance.services.operations import AdapterId, operation
from appliance.vault.stream import SealContext, unseal_file

MAX_NEW_TOKENS = 512  # the worker takes less when all references are shorter
RESULTS_NAME, SPECTRUM_NAME = "results.sealed", "spectrum.sealed"
MAX_ANSWERS = 200
# Their names are keys of the results, which are stored.
CONTENDERS = (Contender(name=ORIGINAL, tuned=False), Contender(name=TUNED, tuned=True))
_EXPLAINED = {"lora", "qlora"}


@dataclass(frozen=True, kw_only=True)
class RankAnalysis(RankSummary):
    """The summary with each matrix, and the job that found it."""

    job_id: str
    layers: tuple[LayerSummary, ...]


@operation("evaluate", action="job.submit", on="job")
def submit_evaluation(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> Job:
    """Queue an evaluation. Raises `NotFoundError`, `ConflictError`, `InputError` when there is nothing to ask."""
    authorise_submit(context, caller)
    adapter = context.query(get_adapter, adapter_id)
    adapter.verify_in_use()
    if context.query(get_dataset, adapter.dataset_id).test_rows == 0:
        raise InputError("evaluation.empty")
    return _queue(context, caller, EVALUATE, adapter)


@operation("rank.explain", action="job.submit", on="job")
def submit_explanation(context: ServiceContext, caller: Caller, *, adapter_id: AdapterId) -> Job:
    """Queue the analysis of an adapter.

    Raises `InputError` when its update is not B A, `NotFoundError`, `ConflictError`.
    """
    authorise_submit(context, caller)
    adapter = context.query(get_adapter, adapter_id)
    verify_explained(adapter)
    return _queue(context, caller, RANKS, adapter)


def _queue(context: ServiceContext, caller: Caller, kind: JobKind[AboutAdapter, Any], adapter: Adapter) -> Job:
    spec, details = AboutAdapter(adapter.id), {"adapter": adapter.id}
    return queue_job(context, caller, kind, spec, project_id=adapter.project_id, details=details)


def verify_explained(adapter: Adapter) -> None:
    """Raise `InputError` unless the adapter is a plain low-rank one, `ConflictError` when it was retired."""
    adapter.verify_in_use()
    if adapter.method not in _EXPLAINED:
        raise InputError("rank.method:no-rank", method=adapter.method)
    if adapter.spec.use_dora:
        raise InputError("rank.method:dora")


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
        body = _unsealed(context, found, RESULTS_NAME)
        if body is None:
            context.query(verify_version, adapter.dataset_id, adapter.dataset_version)
            raise NotFoundError("not-found:answers")
        return [read(AnsweredQuestion, answer) for answer in read(list[Any], body.get("answers"))[:limit]]


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
        body = _unsealed(context, found, SPECTRUM_NAME)
        if body is None:
            raise NotFoundError("rank.gone", adapter=adapter_id)
        return read(RankAnalysis, {**found.body, "job_id": found.job_id, "layers": body.get("layers")})


def _unsealed(context: ServiceContext, found: Finding, name: str) -> dict[str, Any] | None:
    """Return what a job's worker sealed in its folder by name, None when it is gone. Raises `IntegrityError`."""
    sealed = job_folder(context, found.job_id) / name
    if not sealed.exists():
        return None
    key = context.vault.data_key("job", found.job_id)
    return read(dict[str, Any], json.loads(unseal_file(sealed, key, SealContext("job", found.job_id, 1, name))))


def _prepare_evaluation(context: ServiceContext, task: Task[AboutAdapter]) -> WorkerOrder:
    """Give the worker the key of the test part alone."""
    adapter, model, prompt = context.query(adapter_parts, task.spec.adapter_id)
    start = EvaluateStart(
        job=job_access(context, task.job.id),
        model=model_access(context, model),
        dataset=dataset_access(context, adapter.dataset_id, adapter.dataset_version, ("test",), prompt),
        adapter=adapter_access(context, adapter.id),
        contenders=CONTENDERS,
        quantised=adapter.quantised,
        max_new_tokens=MAX_NEW_TOKENS,
    )
    return job_order(context, start, start.job, start.model, start.dataset, start.adapter)


def _prepare_ranks(context: ServiceContext, task: Task[AboutAdapter]) -> WorkerOrder:
    """Give the worker the key of the adapter: no dataset and no model."""
    adapter = adapter_access(context, task.spec.adapter_id)
    start = RanksStart(job=job_access(context, task.job.id), adapter=adapter)
    return job_order(context, start, start.job, start.adapter)


def _finish_evaluation(
    context: ServiceContext, task: Task[AboutAdapter], result: Comparison, stopped: bool
) -> Comparison:
    if not stopped:
        adapter = context.query(get_adapter, task.spec.adapter_id)
        asked = context.query(get_version, adapter.dataset_id, adapter.dataset_version).test_rows
        counted = {name: tally.right.total + tally.declined.total for name, tally in result.tallies.items()}
        if counted != {contender.name: asked for contender in CONTENDERS}:
            raise WorkerError("worker.message:fields", value="contenders")
    keep_finding(context, task, EVALUATION, result, stopped=stopped)
    return result


def _finish_ranks(context: ServiceContext, task: Task[AboutAdapter], result: RankSummary, stopped: bool) -> RankSummary:
    if not stopped:
        if result.rank != context.query(get_adapter, task.spec.adapter_id).rank or len(result.kept) != result.rank:
            raise WorkerError("worker.message:fields", value="rank")
        result = replace(result, sentence=rank_sentence(result))
    keep_finding(context, task, RANK, result, stopped=stopped)
    return result


EVALUATE: JobKind[AboutAdapter, Comparison] = job_kind(
    JobKind(
        name="evaluate",
        spec=AboutAdapter,
        result=Comparison,
        stage=Stage.EVALUATION,
        prepare=_prepare_evaluation,
        finish=_finish_evaluation,
        reads=learned_data,
    )
)
RANKS: JobKind[AboutAdapter, RankSummary] = job_kind(
    JobKind(
        name="ranks",
        spec=AboutAdapter,
        result=RankSummary,
        stage=Stage.EVALUATION,
        prepare=_prepare_ranks,
        finish=_finish_ranks,
        reads=lambda connection, spec: replace(learned_data(connection, spec), reads=False),
    )
)
