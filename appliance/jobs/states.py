"""The states of a job, the steps between them, and the table that holds them.

    queued -> running -> succeeded | failed
    running -> stopping -> stopped        somebody asked; the best so far is kept
    stopping -> succeeded | failed        it was over before it heard of it
    running -> queued                     the server stopped or died; goes on from the checkpoint
    running -> stopped                    the worker ended by itself before its work was done, and says why
    stopped | failed -> queued            resumed
    queued -> stopped                     stopped before it began

Each step is one compare-and-set in the database, so two of them cannot both succeed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from appliance.audit import ObjectRef
from appliance.foundation.clock import Clock
from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.foundation.json_records import SENTENCE, SPOKEN
from appliance.foundation.messages import Message, message
from appliance.jobs.tables import JOB_PROGRESS, JOBS


class JobState(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    SUCCEEDED = "succeeded"

    @property
    def label(self) -> Message:
        """Return what people call it."""
        return message(f"state-{self.value}")


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.STOPPED}),
    JobState.RUNNING: frozenset(
        {JobState.SUCCEEDED, JobState.FAILED, JobState.STOPPING, JobState.QUEUED, JobState.STOPPED}
    ),
    JobState.STOPPING: frozenset({JobState.STOPPED, JobState.FAILED, JobState.SUCCEEDED}),
    JobState.STOPPED: frozenset({JobState.QUEUED}),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.SUCCEEDED: frozenset(),
}
RESUMABLE = frozenset({JobState.STOPPED, JobState.FAILED})
ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.STOPPING})
ENDED = frozenset({JobState.STOPPED, JobState.FAILED, JobState.SUCCEEDED})


@dataclass(frozen=True)
class Job:
    """One row of the jobs table. Times are microseconds since 1970, UTC.

    `spec` and `result` are JSON as it is stored; their types are those of the job's kind (`services/job_kinds.py`).
    """

    id: str
    project_id: str
    kind: str
    state: JobState
    spec: dict[str, Any] = field(metadata=SPOKEN)
    result: dict[str, Any] = field(metadata=SPOKEN)
    reason: Message | None = field(metadata=SENTENCE)
    created_by: str
    created_us: int
    started_us: int | None
    ended_us: int | None

    @property
    def ref(self) -> ObjectRef:
        """Return the job as the log names it."""
        return ObjectRef("job", self.id)


@dataclass(frozen=True)
class ProgressPoint:
    """What a worker said of one step of `steps`. `figures` hold losses, tokens and seconds."""

    step: int
    at_us: int
    steps: int = 0
    sentence: Message | None = None
    figures: Mapping[str, float | None] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is shown."""
        sentence = str(self.sentence or "")
        body = {"step": self.step, "steps": self.steps, "sentence": sentence, "figures": dict(self.figures)}
        return {"step": self.step, "at_us": self.at_us, "body": body}


def add_job(
    connection: Connection,
    clock: Clock,
    *,
    job_id: str,
    project_id: str,
    kind: str,
    spec: dict[str, Any],
    created_by: str,
) -> Job:
    """Insert a queued job and return it."""
    connection.execute(
        insert(JOBS).values(
            id=job_id,
            project_id=project_id,
            kind=kind,
            state=JobState.QUEUED,
            spec=json.dumps(spec),
            result="{}",
            reason="",
            created_by=created_by,
            created_us=clock.now_us(),
        )
    )
    return get_job(connection, job_id)


def get_job(connection: Connection, job_id: str) -> Job:
    """Return the job. Raises `NotFoundError`."""
    row = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).first()
    if row is None:
        raise NotFoundError("not-found:job")
    return _job(row)


def jobs_mark(connection: Connection) -> str:
    """Return a text that differs whenever a job is added, changes its state or reports progress."""
    states = connection.execute(select(JOBS.c.state, func.count()).group_by(JOBS.c.state).order_by(JOBS.c.state))
    newest = connection.execute(select(func.max(JOBS.c.created_us), func.max(JOBS.c.ended_us))).one()
    progress = connection.execute(select(func.max(JOB_PROGRESS.c.at_us))).scalar()
    return repr((list(map(tuple, states)), tuple(newest), progress))


def list_jobs(connection: Connection, *, states: frozenset[JobState] | None = None) -> list[Job]:
    """Return jobs, oldest first."""
    query = select(JOBS).order_by(JOBS.c.created_us, JOBS.c.id)
    if states is not None:
        query = query.where(JOBS.c.state.in_([str(state) for state in states]))
    return [_job(row) for row in connection.execute(query)]


def move_job(
    connection: Connection,
    clock: Clock,
    job_id: str,
    target: JobState,
    *,
    reason: Message | None = None,
    result: dict[str, Any] | None = None,
) -> Job:
    """Move the job to `target`. Raises `ConflictError` when it may not go there, `NotFoundError` when there is none."""
    allowed = [str(state) for state, targets in TRANSITIONS.items() if target in targets]
    values: dict[str, Any] = {"state": target, "reason": "" if reason is None else reason.to_text()}
    if target is JobState.RUNNING:
        values["started_us"] = clock.now_us()
    values["ended_us"] = clock.now_us() if target in ENDED else None
    if result is not None:
        values["result"] = json.dumps(result)
    changed = connection.execute(update(JOBS).where(JOBS.c.id == job_id, JOBS.c.state.in_(allowed)).values(**values))
    job = get_job(connection, job_id)
    if changed.rowcount != 1:
        raise ConflictError("job.state", state=job.state.label, target=target.label)
    return job


def change_spec(connection: Connection, job_id: str, changes: dict[str, Any]) -> Job:
    """Change what the job is to do (`changes` replace entries of its `spec`) and return it. Raises `NotFoundError`."""
    spec = {**get_job(connection, job_id).spec, **changes}
    connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(spec=json.dumps(spec)))
    return get_job(connection, job_id)


def note_on_job(connection: Connection, job_id: str, note: Message | None) -> None:
    """Say something of a job while it runs; its state stays as it is."""
    running = JOBS.c.state.in_([str(JobState.RUNNING), str(JobState.STOPPING)])
    connection.execute(
        update(JOBS).where(JOBS.c.id == job_id, running).values(reason="" if note is None else note.to_text())
    )


def add_progress(
    connection: Connection,
    clock: Clock,
    job_id: str,
    *,
    step: int,
    steps: int,
    figures: Mapping[str, float | None],
    sentence: Message | None = None,
) -> None:
    """Keep what the worker said of `step`; said again after a resume, it replaces what was said before."""
    connection.execute(JOB_PROGRESS.delete().where(JOB_PROGRESS.c.job_id == job_id, JOB_PROGRESS.c.step == step))
    told = "" if sentence is None else sentence.to_json()
    body = json.dumps({"step": step, "steps": steps, "sentence": told, "figures": dict(figures)})
    connection.execute(insert(JOB_PROGRESS).values(job_id=job_id, step=step, at_us=clock.now_us(), body=body))


def list_progress(connection: Connection, job_id: str, *, after_step: int = -1) -> list[ProgressPoint]:
    """Return the points after `after_step`, in the order of steps."""
    query = (
        select(JOB_PROGRESS)
        .where(JOB_PROGRESS.c.job_id == job_id, JOB_PROGRESS.c.step > after_step)
        .order_by(JOB_PROGRESS.c.step)
    )
    return [_point(row) for row in connection.execute(query)]


def _point(row: Row[Any]) -> ProgressPoint:
    body = json.loads(row.body)
    said = body.get("sentence") or None
    return ProgressPoint(
        step=row.step,
        at_us=row.at_us,
        steps=int(body.get("steps", 0)),
        sentence=None if said is None else Message.from_json(said),
        figures=body.get("figures", {}),
    )


def _job(row: Row[Any]) -> Job:
    values = dict(row._mapping)
    values |= {name: json.loads(values[name]) for name in ("spec", "result")}
    return Job(**{**values, "state": JobState(row.state), "reason": Message.from_text(row.reason)})
