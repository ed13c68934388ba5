"""Train an adapter, or try several ranks as one job: queue it, and do what comes before and after its worker runs.

Of a sweep, the hopeless ranks stop early, and the adapter of the best is kept (see `planning.halving`).
"""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from sqlalchemy import Connection

from appliance.audit import Outcome, Stage
from appliance.datasets.records import get_dataset
from appliance.foundation.errors import ApplianceError, InputError, WorkerError
from appliance.foundation.identifiers import new_id
from appliance.foundation.json_records import stored
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import DIVERGED
from appliance.jobs.starts.train import RankCandidate, SweepResult, SweepStart, TrainingResult, TrainStart
from appliance.jobs.states import Job, change_spec, note_on_job
from appliance.models.records import get_model
from appliance.planning import ADAPTER_METHODS, AUTOMATIC, Footprint, Machine, step_down
from appliance.planning.training_record import (
    AdapterSpec,
    RankCandidateSpec,
    SweepOutcome,
    SweepSpec,
    TrainingSpec,
    sweep_sentence,
)
from appliance.planning.training_settings import TrainingChoice, TrainingSettings
from appliance.services.context import APPLIANCE, Caller, ServiceContext
from appliance.services.grants import (
    MADE,
    adapter_access,
    dataset_access,
    job_access,
    job_folder,
    job_order,
    model_access,
)
from appliance.services.job_kinds import (
    DatasetUse,
    JobKind,
    Task,
    authorise_submit,
    job_kind,
    log_failure,
    log_job,
    queue_job,
)
from appliance.services.kept_adapters import keep_adapter, remove_checkpoints
from appliance.services.machine import measured_machine, note_training
from appliance.services.operations import DatasetId, ModelId, operation
from appliance.services.training.advise_rank import Subject
from appliance.services.training.plan_training import BY_PRESET, plan_training

CHECKPOINT_STEPS = 20
PATIENCE = 3  # validations in a row that bring nothing better; the presets' pass over the data ends with one
MAX_NAME = 120

T = TypeVar("T", bound=TrainingSpec)
MIN_RANKS, MAX_RANKS = 2, 8
DEFAULT_RANKS = (4, 8, 16, 32)


@operation("train", action="job.submit", on="job")
def submit_training(
    context: ServiceContext,
    caller: Caller,
    *,
    dataset_id: DatasetId,
    model_id: ModelId,
    choice: TrainingChoice = BY_PRESET,
) -> Job:
    """Queue a training. Raises `InputError` for a choice that cannot be, `NotFoundError`."""
    authorise_submit(context, caller)
    subject = context.query(Subject.of, dataset_id, model_id)
    spec = training_spec(subject, choice, measured_machine(context))
    details = {"dataset": dataset_id, "model": model_id}
    return queue_job(context, caller, TRAIN, spec, project_id=subject.dataset.project_id, details=details)


def training_spec(subject: Subject, choice: TrainingChoice, machine: Machine) -> TrainingSpec:
    """Return the whole plan of a training, checked. Raises `InputError` for a choice that cannot be."""
    dataset, model = subject.dataset, subject.model
    planned = plan_training(subject, choice, machine)
    return TrainingSpec(
        **asdict(planned.settings),
        dataset_id=dataset.id,
        dataset_version=dataset.version,
        model_id=model.id,
        adapter_id=new_id("ad"),
        name=(choice.name or f"{dataset.name} on {model.name}")[:MAX_NAME],
        seed=choice.seed,
        preset=choice.preset,
        trained_parameters=planned.fitted.trained,
        flop=float(planned.fitted.flop.total),
        flop_base_share=planned.fitted.flop.base_share,
    )


def training_start(context: ServiceContext, job: Job, spec: TrainingSpec) -> TrainStart:
    """Return the order to train by `spec`: the keys of the training and the validation part, never of the test part."""
    with context.database.begin() as connection:
        model = get_model(connection, spec.model_id)
        prompt = get_dataset(connection, spec.dataset_id).system_prompt
    return TrainStart(
        job=job_access(context, job.id),
        adapter=adapter_access(context, spec.adapter_id, job_folder(context, job.id) / MADE),
        model=model_access(context, model),
        dataset=dataset_access(context, spec.dataset_id, spec.dataset_version, ("training", "validation"), prompt),
        settings=TrainingSettings(**{each.name: getattr(spec, each.name) for each in fields(TrainingSettings)}),
        seed=spec.seed,
        checkpoint_steps=CHECKPOINT_STEPS,
        max_length=spec.max_length,
        patience=PATIENCE,
        pass_tokens=spec.pass_tokens,
        activation_checkpointing=spec.activation_checkpointing,
    )


def step_training_down(context: ServiceContext, task: Task[Any], error: ApplianceError) -> Job:
    """Make a job that trains need less memory: take the next smaller way, and say so in the job and in the log.

    Raises `WorkerError` when there is nothing left to give up.
    """
    job, spec = task.job, task.spec
    lower = step_down(Footprint(spec.pass_tokens, spec.activation_checkpointing))
    if lower is None:
        raise WorkerError("worker.out-of-memory:nothing-left") from error
    log_failure(context, job, error)
    footprint, told = asdict(lower.footprint), lower.sentence
    context.log.append(APPLIANCE, "job.step-down", job.ref, Outcome.SUCCEEDED, reason=error.code, details=footprint)
    with context.database.begin() as connection:
        note_on_job(connection, job.id, told)
        return change_spec(connection, job.id, {**footprint, "stepped_down": stored((*spec.stepped_down, told))})


def trained_data(_connection: Connection, spec: TrainingSpec) -> DatasetUse:
    """Return which data a training reads."""
    return DatasetUse(spec.dataset_id, spec.dataset_version, trains=True)


def with_new_adapter(context: ServiceContext, spec: T, adapter: str) -> T:
    """Return the spec with another adapter where the job left one, which stays as it is."""
    if not adapter:
        return spec
    adapter_id = new_id("ad")
    context.vault.new_data_key("adapter", adapter_id)
    return replace(spec, adapter_id=adapter_id)


def _prepare(context: ServiceContext, task: Task[TrainingSpec]) -> WorkerOrder:
    start = training_start(context, task.job, task.spec)
    return job_order(context, start, start.job, start.model, start.dataset)


def _finish(context: ServiceContext, task: Task[TrainingSpec], result: TrainingResult, stopped: bool) -> TrainingResult:
    """Keep the adapter, when there is one, and log the outcome."""
    job, spec = task.job, task.spec
    adapter = spec.adapter_id if result.adapter_written else ""
    result = replace(result, adapter=adapter, stepped_down=spec.stepped_down)
    if result.adapter_written:
        name = f"{spec.name} (step {result.best_step})" if stopped else spec.name
        made = AdapterSpec(**{**{each.name: getattr(spec, each.name) for each in fields(spec)}, "name": name})
        keep_adapter(context, job, made, result.adapter_sha256, result)
    if not stopped and not spec.stepped_down:  # one that stepped down did not run as it was estimated
        note_training(
            context,
            estimated=spec.estimated_seconds,
            planned_steps=spec.estimated_steps,
            steps=result.steps,
            seconds=result.seconds,
        )
    log_job(context, job, Outcome.SUCCEEDED)
    return result


def _resume(
    context: ServiceContext, task: Task[TrainingSpec], result: TrainingResult, learning_rate: float | None
) -> TrainingSpec:
    """Lower the learning rate: to half of it for a training that diverged when none is given."""
    now = task.spec.learning_rate
    rate = now / 2 if learning_rate is None and result.ending == DIVERGED else learning_rate
    if rate is not None and not 0 < rate < now:
        raise InputError("job.learning-rate", now=now)
    spec = with_new_adapter(context, task.spec, result.adapter)
    return spec if rate is None else replace(spec, learning_rate=float(rate))


TRAIN: JobKind[TrainingSpec, TrainingResult] = job_kind(
    JobKind(
        name="train",
        spec=TrainingSpec,
        result=TrainingResult,
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
    subject = context.query(Subject.of, dataset_id, model_id)
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


def _prepare_sweep(context: ServiceContext, task: Task[SweepSpec]) -> WorkerOrder:
    """Give the worker what a training gets, once, and the candidates."""
    training = training_start(context, task.job, task.spec)
    ranks = [RankCandidate(rank=each.rank, lora_alpha=each.lora_alpha) for each in task.spec.candidates]
    start = SweepStart(training=training, candidates=ranks)
    return job_order(context, start, training.job, training.model, training.dataset)


def _finish_sweep(context: ServiceContext, task: Task[SweepSpec], result: SweepResult, stopped: bool) -> SweepResult:
    """Keep the winner's adapter, with the table of all, and log the outcome."""
    del stopped
    job, spec, ranks = task.job, task.spec, {each.rank for each in task.spec.candidates}
    result = replace(result, sentence=None, adapter="")
    if not {trial.rank for trial in result.trials} <= ranks:
        raise WorkerError("worker.message:fields", value="trials")
    if result.adapter_written:
        if result.rank not in {trial.rank for trial in result.trials}:
            raise WorkerError("worker.message:fields", value="rank")
        result = replace(result, sentence=sweep_sentence(result.trials, result.rank, len(ranks)))
        won = next(each for each in spec.candidates if each.rank == result.rank)
        training = {each.name: getattr(spec, each.name) for each in fields(TrainingSpec)}
        decided = {each.name: getattr(won, each.name) for each in fields(won)}
        outcome = SweepOutcome(trials=result.trials, sentence=result.sentence)
        keep_adapter(context, job, AdapterSpec(**{**training, **decided}, sweep=outcome), result.adapter_sha256, result)
        result = replace(result, adapter=spec.adapter_id)
    log_job(context, job, Outcome.SUCCEEDED)
    return result


def _resume_sweep(
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
        prepare=_prepare_sweep,
        finish=_finish_sweep,
        reads=trained_data,
        makes=lambda spec: (spec.adapter_id,),
        step_down=step_training_down,
        clean_up=lambda context, task: remove_checkpoints(context, task.job.id),
        resume=_resume_sweep,
    )
)
