"""A job goes only where the drawing in the module lets it, one step at a time, whoever asks at the same moment."""

import itertools
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from appliance.foundation.errors import ConflictError, NotFoundError
from appliance.foundation.messages import verbatim
from appliance.jobs import states
from appliance.jobs.states import (
    ENDED,
    RESUMABLE,
    TRANSITIONS,
    Job,
    JobState,
    add_job,
    add_progress,
    get_job,
    list_jobs,
    list_progress,
    move_job,
)
from appliance.vault.database import Database


class StepClock:
    """Each look is a microsecond later."""

    def __init__(self) -> None:
        self.now = 0

    def now_us(self) -> int:
        """Return one more than before."""
        self.now += 1
        return self.now

    def monotonic_us(self) -> int:
        """Return the same."""
        return self.now

    def boot_id(self) -> str:
        """Return a name."""
        return "boot"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One encrypted database for all."""
    database = Database(tmp_path_factory.mktemp("jobs") / "x.db", bytes(32))
    yield database
    database.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Any]:
    """A transaction in which there are no jobs yet, and which is rolled back."""
    with database.begin() as connection:
        connection.execute(states.JOBS.delete())
        connection.execute(states.JOB_PROGRESS.delete())
        yield connection


CLOCK = StepClock()
FAILED = verbatim("It failed.")


def put(connection: Any, job_id: str = "jb_1", state: JobState | None = None, kind: str = "train") -> Job:
    """Insert a job, in a given state."""
    job = add_job(connection, CLOCK, job_id=job_id, project_id="pr_1", kind=kind, spec={"rank": 8}, created_by="us_1")
    if state is None:
        return job
    connection.execute(states.JOBS.update().where(states.JOBS.c.id == job_id).values(state=state))
    return get_job(connection, job_id)


def test_the_drawing_in_the_docstring_is_the_table_of_steps() -> None:
    """Each arrow is a step that is allowed, and each allowed step is an arrow."""
    drawn = set()
    for line in (states.__doc__ or "").splitlines():
        words = re.split(r" -> ", line.strip().partition("   ")[0])
        for left, right in itertools.pairwise(words):
            drawn |= {(JobState(a), JobState(b)) for a in left.split(" | ") for b in right.split(" | ")}
    assert drawn == {(source, target) for source, targets in TRANSITIONS.items() for target in targets}


def test_every_state_has_its_steps_and_only_an_ended_job_can_be_resumed() -> None:
    """No state is forgotten; success is final."""
    assert set(TRANSITIONS) == set(JobState)
    assert RESUMABLE < ENDED
    assert TRANSITIONS[JobState.SUCCEEDED] == frozenset()
    assert all(targets == {JobState.QUEUED} for source, targets in TRANSITIONS.items() if source in RESUMABLE)


@pytest.mark.parametrize("source", JobState)
@pytest.mark.parametrize("target", JobState)
def test_a_job_moves_exactly_where_it_may(connection: Any, source: JobState, target: JobState) -> None:
    """Any other step is a conflict that names both states, and changes nothing."""
    before = put(connection, state=source)
    if target in TRANSITIONS[source]:
        assert move_job(connection, CLOCK, "jb_1", target).state is target
    else:
        with pytest.raises(ConflictError, match=f"is {source.label} and cannot become {target.label}"):
            move_job(connection, CLOCK, "jb_1", target)
        assert get_job(connection, "jb_1") == before


def test_times_reason_and_result_follow_the_state(connection: Any) -> None:
    """Started when it runs, ended when it is over, and no end any more once it is resumed."""
    job = put(connection)
    assert (job.state, job.started_us, job.ended_us, job.reason, job.result) == (JobState.QUEUED, None, None, None, {})
    running = move_job(connection, CLOCK, job.id, JobState.RUNNING)
    assert running.started_us is not None
    assert running.started_us > job.created_us
    failed = move_job(connection, CLOCK, job.id, JobState.FAILED, reason=FAILED, result={"loss": 1.5})
    assert failed.ended_us is not None
    assert (failed.ended_us > running.started_us, failed.reason, failed.result) == (True, FAILED, {"loss": 1.5})
    resumed = move_job(connection, CLOCK, job.id, JobState.QUEUED)
    assert (resumed.ended_us, resumed.reason, resumed.result) == (None, None, {"loss": 1.5})
    assert resumed.spec == {"rank": 8}


def test_a_job_that_is_not_there_is_not_found(connection: Any) -> None:
    """To look at, and to move."""
    with pytest.raises(NotFoundError, match="no such job"):
        get_job(connection, "jb_0")
    with pytest.raises(NotFoundError, match="no such job"):
        move_job(connection, CLOCK, "jb_0", JobState.RUNNING)


def test_jobs_are_listed_oldest_first_and_by_state(connection: Any) -> None:
    """The queue's order is that of submission."""
    for number in (3, 1, 2):
        put(connection, f"jb_{number}")
    move_job(connection, CLOCK, "jb_2", JobState.RUNNING)
    assert [job.id for job in list_jobs(connection)] == ["jb_3", "jb_1", "jb_2"]
    assert [job.id for job in list_jobs(connection, states=frozenset({JobState.QUEUED}))] == ["jb_3", "jb_1"]
    assert list_jobs(connection, states=frozenset()) == []


def test_progress_said_again_replaces_what_was_said(connection: Any) -> None:
    """After a resume the same steps come again."""
    for step, loss in ((1, 3.0), (2, 2.0), (3, 1.0), (2, 1.5)):
        add_progress(connection, CLOCK, "jb_1", step=step, steps=9, figures={"loss": loss}, sentence=None)
    add_progress(connection, CLOCK, "jb_2", step=9, steps=9, figures={}, sentence=None)
    assert [(point.step, point.figures["loss"]) for point in list_progress(connection, "jb_1")] == [
        (1, 3.0),
        (2, 1.5),
        (3, 1.0),
    ]
    assert [point.step for point in list_progress(connection, "jb_1", after_step=2)] == [3]
    assert list_progress(connection, "jb_3") == []


def test_an_unknown_state_in_the_database_is_an_error(connection: Any) -> None:
    """It is not taken for any of ours."""
    put(connection)
    connection.execute(states.JOBS.update().values(state="paused"))
    with pytest.raises(ValueError, match="paused"):
        get_job(connection, "jb_1")


def test_of_many_who_move_a_job_at_once_one_succeeds(tmp_path: Path) -> None:
    """Each step is one compare-and-set in the database."""
    database = Database(tmp_path / "x.db", bytes(32))
    with database.begin() as connection:
        put(connection)
    outcomes: list[str] = []

    def take() -> None:
        try:
            with database.begin() as mine:
                move_job(mine, CLOCK, "jb_1", JobState.RUNNING)
            outcomes.append("moved")
        except ConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert sorted(outcomes) == ["moved"] + ["refused"] * 5


class JobsMachine(RuleBasedStateMachine):
    """Any sequence of moves of several jobs, beside a model that knows only the table of steps."""

    database: Database
    jobs = Bundle("jobs")
    ended = Bundle("ended")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, JobState] = {}
        self.starts: dict[str, int] = {}

    @initialize()
    def begin(self) -> None:
        """Begin without jobs."""
        with self.database.begin() as connection:
            connection.execute(states.JOBS.delete())

    @rule(target=jobs)
    def submit(self) -> str:
        """A new job is queued."""
        job_id = f"jb_{len(self.model)}"
        with self.database.begin() as connection:
            assert put(connection, job_id).state is JobState.QUEUED
        self.model[job_id] = JobState.QUEUED
        return job_id

    @rule(job_id=jobs, target_state=st.sampled_from(JobState))
    def move(self, job_id: str, target_state: JobState) -> None:
        """A move does what the table says, and otherwise nothing."""
        allowed = target_state in TRANSITIONS[self.model[job_id]]
        with self.database.begin() as connection:
            try:
                job = move_job(connection, CLOCK, job_id, target_state, reason=verbatim(f"to {target_state}"))
            except ConflictError:
                assert not allowed
                return
        assert allowed
        assert job.reason == verbatim(f"to {target_state}")
        self.model[job_id] = target_state

    @rule(target=ended, job_id=consumes(jobs))
    def finish(self, job_id: str) -> str:
        """Run a job to its end, from wherever it is; it is finished, and no more moved."""
        way = {JobState.STOPPED: [JobState.QUEUED], JobState.FAILED: [JobState.QUEUED]}.get(self.model[job_id], [])
        if self.model[job_id] in {JobState.QUEUED, *RESUMABLE}:
            way = [*way, JobState.RUNNING]
        if self.model[job_id] is not JobState.SUCCEEDED:
            way = [*way, JobState.SUCCEEDED]
        with self.database.begin() as connection:
            for step in way:
                move_job(connection, CLOCK, job_id, step)
        self.model[job_id] = JobState.SUCCEEDED
        return job_id

    @rule(job_id=ended, target_state=st.sampled_from(JobState))
    def nothing_moves_what_succeeded(self, job_id: str, target_state: JobState) -> None:
        """Success is final."""
        with self.database.begin() as connection, pytest.raises(ConflictError):
            move_job(connection, CLOCK, job_id, target_state)

    @invariant()
    def the_database_agrees(self) -> None:
        """States are the model's; a job has an end exactly when it has ended, and a start once it ran."""
        with self.database.begin() as connection:
            found = {job.id: job for job in list_jobs(connection)}
        assert {job_id: job.state for job_id, job in found.items()} == self.model
        for job in found.values():
            assert (job.ended_us is not None) == (job.state in ENDED)
            assert job.started_us is not None or job.state in {JobState.QUEUED, JobState.STOPPED}


@pytest.mark.slow
def test_no_sequence_of_moves_leaves_the_drawing(database: Database) -> None:
    """Hypothesis looks for one."""

    class Machine(JobsMachine):
        pass

    Machine.database = database
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
