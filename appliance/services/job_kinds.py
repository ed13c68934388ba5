"""The kinds of jobs: one row each says what is asked for, what comes of it, which data it reads, and who does the work.

A kind is made with `job_kind` in the file of its use case, beside the operation that queues it. What a job was asked
for and what its worker found are decoded here, once; use cases work with their own types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from appliance.audit import Outcome, Stage
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.json_records import read, stored
from appliance.foundation.messages import Message, message
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import Done
from appliance.jobs.runner import JobHandler
from appliance.jobs.states import Job
from appliance.services.context import Caller, ServiceContext

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
