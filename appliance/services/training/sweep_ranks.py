"""Try several ranks as one job: the hopeless stop early, the adapter of the best is kept (see `planning.halving`)."""

from collections.abc import Sequence
from dataclasses import fields, replace

from appliance.audit import Outcome, Stage
from appliance.foundation.errors import InputError
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.starts.train import RankCandidate, SweepResult, SweepStart
from appliance.jobs.states import Job
from appliance.planning import ADAPTER_METHODS, AUTOMATIC
from appliance.planning.training_record import (
    AdapterSpec,
    RankCandidateSpec,
    SweepOutcome,
    SweepSpec,
    TrainingSpec,
)
from appliance.planning.training_settings import TrainingChoice
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import job_order
from appliance.services.job_kinds import JobKind, Task, job_kind, log_job
from appliance.services.job_queue import authorise_submit, queue_job
from appliance.services.kept_adapters import keep_adapter, remove_checkpoints
from appliance.services.machine import measured_machine
from appliance.services.operations import DatasetId, ModelId, operation
from appliance.services.training.plan_training import BY_PRESET, plan_training
from appliance.services.training.subject import Subject
from appliance.services.training.train_adapter import (
    step_training_down,
    trained_data,
    training_spec,
    training_start,
    with_new_adapter,
)

MIN_RANKS, MAX_RANKS = 2, 8
DEFAULT_RANKS = (4, 8, 16, 32)


@operation("sweep", action="job.submit", on="job")
def submit_sweep(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: DatasetId,
    model_id: ModelId,
    choice: TrainingChoice = BY_PRESET,
    ranks: Sequence[int] = DEFAULT_RANKS,
) -> Job:
    """Queue it. The ranks train by the same `choice`, whose rank is ignored. Raises `InputError`, `NotFoundError`."""
    authorise_submit(context, caller)
    chosen = sorted(set(ranks))
    if not MIN_RANKS <= len(chosen) <= MAX_RANKS:
        raise InputError("sweep.ranks", least=MIN_RANKS, most=MAX_RANKS, count=len(chosen))
    with context.database.begin() as connection:
        subject = Subject.of(connection, dataset_id, model_id)
    machine = measured_machine(context)
    if choice.method == AUTOMATIC:  # as the largest of them fits the machine, so that all are compared in one way
        largest = plan_training(subject, replace(choice, rank=chosen[-1]), machine)
        choice = replace(choice, method=largest.settings.method)
    if choice.method not in ADAPTER_METHODS:
        raise InputError("rank.method:compare", method=choice.method)
    specs = [training_spec(subject, replace(choice, rank=rank), machine) for rank in chosen]
    if subject.dataset.validation_rows == 0:
        raise InputError("sweep.validation")
    names = [each.name for each in fields(RankCandidateSpec)]
    candidates = tuple(RankCandidateSpec(**{name: getattr(spec, name) for name in names}) for spec in specs)
    # All are computed as the largest is, which needs the most memory.
    spec = SweepSpec(
        **{each.name: getattr(specs[-1], each.name) for each in fields(TrainingSpec)}, candidates=candidates
    )
    details = {"dataset": dataset_id, "model": model_id, "ranks": ",".join(map(str, chosen))}
    return queue_job(context, caller, SWEEP, spec, project_id=subject.dataset.project_id, details=details)


def _prepare(context: ServiceContext, task: Task[SweepSpec]) -> WorkerOrder:
    """Give the worker what a training gets, once, and the candidates."""
    training = training_start(context, task.job, task.spec)
    ranks = [RankCandidate(rank=each.rank, lora_alpha=each.lora_alpha) for each in task.spec.candidates]
    start = SweepStart(training=training, candidates=ranks)
    return job_order(context, start, training.job, training.model, training.dataset)


def _finish(context: ServiceContext, task: Task[SweepSpec], result: SweepResult, stopped: bool) -> SweepResult:
    """Keep the winner's adapter, with the table of all, and log the outcome."""
    del stopped
    job, spec = task.job, task.spec
    if result.adapter_written:
        won = next(each for each in spec.candidates if each.rank == result.rank)
        training = {each.name: getattr(spec, each.name) for each in fields(TrainingSpec)}
        decided = {each.name: getattr(won, each.name) for each in fields(won)}
        outcome = SweepOutcome(trials=result.trials, sentence=result.sentence)
        keep_adapter(context, job, AdapterSpec(**{**training, **decided}, sweep=outcome), result.adapter_sha256, result)
        result = replace(result, adapter=spec.adapter_id)
    log_job(context, job, Outcome.SUCCEEDED)
    return result


def _resume(
    context: ServiceContext, task: Task[SweepSpec], result: SweepResult, learning_rate: float | None
) -> SweepSpec:
    if learning_rate is not None:  # the ranks are compared at one rate
        raise InputError("job.learning-rate:none")
    return with_new_adapter(context, task.spec, result.adapter)


SWEEP: JobKind[SweepSpec, SweepResult] = job_kind(
    JobKind(
        name="sweep",
        spec=SweepSpec,
        result=SweepResult,
        stage=Stage.TRAINING,
        prepare=_prepare,
        finish=_finish,
        reads=trained_data,
        makes=lambda spec: (spec.adapter_id,),
        step_down=step_training_down,
        clean_up=lambda context, task: remove_checkpoints(context, task.job.id),
        resume=_resume,
    )
)
