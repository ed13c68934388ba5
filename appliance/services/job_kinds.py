"""The kinds of jobs: one row each says what is asked for, what comes of it, which data it reads, and who does the work.

A kind is made with `job_kind` in the file of its use case, beside the operation that queues it. What a job was asked
for and what its worker found are decoded here; use cases work with their own types. `queue_job` puts a job into the
queue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from appliance.audit import ObjectRef, Outcome, Stage
from appliance.datasets.records import get_dataset, verify_version
from appliance.foundation.atomic_files import make_private_folder
from appliance.foundation.errors import ApplianceError, ConflictError, InputError
from appliance.foundation.identifiers import new_id
from appliance.foundation.json_records import read, stored
from appliance.foundation.messages import Message, message
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import Done
from appliance.jobs.runner import JobHandler
from appliance.jobs.states import ACTIVE, Job, add_job, list_jobs
from appliance.services.context import Caller, ServiceContext
from appliance.services.grants import job_folder

S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True)
class DatasetUse:
    """Whose data a job works with.

    `reads`: it opens the data; otherwise it works with what was learned from it, which outlives the data, and only what
    it finds is erased together with the data. `trains`: it learns from it, so it may not begin once the use has ended.
    """

    dataset_id: str
    version: int
    reads: bool = True
    trains: bool = False


@dataclass(frozen=True)
class Task(Generic[S]):
    """A job with what was asked for, decoded."""

    job: Job
    spec: S


@dataclass(frozen=True)
class JobKind(Generic[S, R]):
    """One kind of job. Its label is the message `job-kind-<name>`.

    `spec` and `result` are dataclasses, stored as JSON. `prepare` says what to start, once the log has it, `finish`
    keeps what the worker made and returns the job's result (the flag: it was stopped before its end). `reads` says
    which data it reads, `makes` the ids of the adapters that it writes, `stage` its stage in the life of what it is
    about.
    Optional: `step_down` makes it need less memory, `clean_up` removes what only going on would need, `resume` returns
    what it is to do when it goes on (at a lower learning rate, when one is given).
    """

    name: str
    spec: type[S]
    result: type[R]
    stage: Stage
    prepare: Callable[[ServiceContext, Task[S]], WorkerOrder]
    finish: Callable[[ServiceContext, Task[S], R, bool], R]
    reads: Callable[[Connection, S], DatasetUse]
    makes: Callable[[S], tuple[str, ...]] = lambda _spec: ()
    step_down: Callable[[ServiceContext, Task[S], ApplianceError], Job] | None = None
    clean_up: Callable[[ServiceContext, Task[S]], None] | None = None
    resume: Callable[[ServiceContext, Task[S], R, float | None], S] | None = None

    @property
    def label(self) -> Message:
        """Return what such a job is called."""
        return message(f"job-kind-{self.name}")

    def task(self, job: Job) -> Task[S]:
        """Return a job of this kind with its spec. Raises `IntegrityError` when that cannot be read."""
        return Task(job, read(self.spec, job.spec))

    def result_of(self, job: Job) -> R:
        """Return what came of a job of this kind, with the defaults where nothing did yet."""
        return read(self.result, job.result)


_KINDS: dict[str, JobKind[Any, Any]] = {}


def job_kind(kind: JobKind[S, R]) -> JobKind[S, R]:
    """Add a row to the table of kinds."""
    if kind.name in _KINDS:
        raise ValueError(f"two kinds of jobs are called {kind.name}")
    _KINDS[kind.name] = kind
    return kind


def job_kinds() -> Mapping[str, JobKind[Any, Any]]:
    """Return every kind by name."""
    return _KINDS


def kind_of(job: Job) -> JobKind[Any, Any]:
    """Return the kind of a job. Raises `InputError` for one that this version does not know."""
    if job.kind not in _KINDS:
        raise InputError("job.kind", kind=job.kind)
    return _KINDS[job.kind]


def dataset_use(connection: Connection, job: Job) -> DatasetUse:
    """Return which data a job reads. Raises `InputError` for a kind that this version does not know."""
    kind = kind_of(job)
    return kind.reads(connection, kind.task(job).spec)


def log_job(context: ServiceContext, job: Job, outcome: Outcome, reason: str = "", **details: str) -> None:
    """Log how the work of a job begins or ends, in the name of who submitted it."""
    context.log.append(
        Caller(job.created_by, "system").actor,
        "job.start",
        job.ref,
        outcome,
        reason=reason,
        request=job.id,
        details={"kind": job.kind, **details},
    )


def log_failure(context: ServiceContext, job: Job, error: ApplianceError) -> None:
    """Log that a job failed, and why."""
    log_job(context, job, Outcome.FAILED, error.code)


class KindHandler(JobHandler):
    """A kind as the runner works with it: decodes on the way in, encodes on the way out."""

    def __init__(self, context: ServiceContext, kind: JobKind[Any, Any]) -> None:
        self._context, self._kind = context, kind

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, and say what to start."""
        log_job(self._context, job, Outcome.REQUESTED)
        return self._kind.prepare(self._context, self._kind.task(job))

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Keep what the worker made, and return the job's result as it is stored. Raises `WorkerError` for garbage."""
        kind = self._kind
        made = kind.finish(self._context, kind.task(job), done.found(kind.result), done.stopped)
        result: dict[str, Any] = stored(made)
        return result

    def step_down(self, job: Job, error: ApplianceError) -> Job:
        """Make the job need less memory. Raises the error where there is no way to."""
        if self._kind.step_down is None:
            raise error
        return self._kind.step_down(self._context, self._kind.task(job), error)

    def clean_up(self, job: Job) -> None:
        """Remove what only going on would need."""
        if self._kind.clean_up is not None:
            self._kind.clean_up(self._context, self._kind.task(job))


class QueueBell:
    """Tells whoever runs the queue that there is something in it."""

    def __init__(self, context: ServiceContext) -> None:
        del context
        self.ring: Callable[[], None] = lambda: None


def authorise_submit(context: ServiceContext, caller: Caller) -> None:
    """Authorise the queueing of a job before anything that it is about is looked up.

    Somebody who may not train must not learn from what a plan says, or from which sentence refuses it. Raises
    `AuthorizationError`; the denial is logged.
    """
    context.verify_allowed(caller, "job.submit", ObjectRef("job", new_id("jb")))


def queue_job(
    context: ServiceContext,
    caller: Caller,
    kind: JobKind[S, Any],
    spec: S,
    *,
    project_id: str,
    details: Mapping[str, str | int | bool],
) -> Job:
    """Queue a job that does what `spec` says, with a folder, a key, and a key for each adapter that it writes.

    Raises `ConflictError` for data that may not be used (any more): looked at before the keys are made, and again in
    the transaction that queues the job.
    """
    job_id = new_id("jb")
    with context.act(caller, "job.submit", ObjectRef("job", job_id), {"kind": kind.name, **details}):
        with context.database.begin() as connection:
            verify_readable(context, connection, kind.reads(connection, spec))
        make_private_folder(job_folder(context, job_id))
        context.vault.new_data_key("job", job_id)
        for adapter_id in kind.makes(spec):
            context.vault.new_data_key("adapter", adapter_id)
        with context.database.begin() as connection:
            verify_readable(context, connection, kind.reads(connection, spec))
            job = add_job(
                connection,
                context.clock,
                job_id=job_id,
                project_id=project_id,
                kind=kind.name,
                spec=stored(spec),
                created_by=caller.user_id,
            )
    context.part(QueueBell).ring()
    return job


def verify_readable(context: ServiceContext, connection: Connection, use: DatasetUse) -> None:
    """Raise `ConflictError` when a job may not read the data that it needs."""
    if use.trains:
        get_dataset(connection, use.dataset_id).verify_trainable(context.today())
    elif use.reads:
        verify_version(connection, use.dataset_id, use.version)


def jobs_using(connection: Connection, dataset_id: str, versions: frozenset[int] | None = None) -> list[Job]:
    """Return the jobs that read the dataset (only these versions of it, when given), oldest first."""
    jobs = []
    for job in list_jobs(connection):
        use = dataset_use(connection, job)
        if use.dataset_id == dataset_id and (versions is None or use.version in versions):
            jobs.append(job)
    return jobs


def verify_unused(connection: Connection, dataset_id: str, versions: frozenset[int] | None = None) -> None:
    """Raise `ConflictError` while a job that reads the dataset (one of these versions, when given) waits or runs."""
    busy = [job.id for job in jobs_using(connection, dataset_id, versions) if job.state in ACTIVE]
    if busy:
        raise ConflictError("dataset.in-use", busy=busy[0])
