"""One job at a time, oldest first; whatever ends a job ends in a sentence; nothing is lost when the appliance stops or
dies.
"""

import contextlib
import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ApplianceError, InputError, SealedError, StorageError, WorkerError
from appliance.foundation.messages import message, verbatim
from appliance.jobs.conversation import WorkerOrder
from appliance.jobs.messages import OUT_OF_MEMORY, Done, Notice, Progress, Stop
from appliance.jobs.runner import JobRunner
from appliance.jobs.starts.machine import ConvertStart
from appliance.jobs.states import Job, JobState, add_job, change_spec, get_job, list_progress, move_job, note_on_job
from appliance.vault.database import Database

CLOCK = SystemClock()
SOON_S = 20.0
LESS, FULL = verbatim("It needs less now."), verbatim("The disk is full.")


class NotingHandler:
    """Notes what it is asked for; refuses where told to."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.notes: list[tuple[str, str]] = []
        self.refusals: dict[str, Exception] = {}

    def _note(self, step: str, job: Job) -> None:
        self.notes.append((step, job.id))
        if step in self.refusals:
            raise self.refusals[step]

    def prepare(self, job: Job) -> WorkerOrder:
        """Order a worker that gets the job's id as a path."""
        self._note("prepare", job)
        return WorkerOrder(ConvertStart(gguf_path=job.id, output_folder="/o"), read=(), write=(), memory_bytes=2**30)

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Return what the worker found."""
        self._note("finish", job)
        return {**done.result, "finished": True}

    def clean_up(self, job: Job) -> None:
        """Note it."""
        self._note("clean up", job)

    def fail(self, job: Job, error: ApplianceError) -> None:
        """Note the code."""
        self._note(f"fail {error.code}", job)

    def step_down(self, job: Job, error: ApplianceError) -> Job:
        """Make it a smaller job, twice; then refuse."""
        self._note(f"step down {error.code}", job)
        size = job.spec.get("size", 2)
        if size == 0:
            raise WorkerError(verbatim("Nothing is left to give up."), code="nothing-left")
        with self.database.begin() as connection:
            note_on_job(connection, job.id, LESS)
            return change_spec(connection, job.id, {"size": size - 1})


class Bench:
    """A database with a queue, and a runner over simulated workers."""

    def __init__(self, database: Database, launcher: Any, vmstat: Path) -> None:
        self.database = database
        self.launcher = launcher
        self.vmstat = vmstat
        vmstat.write_text("nr_free_pages 1\noom_kill 7\n", encoding="ascii")
        self.sealed = False
        self.faults: list[Exception] = []
        self.handler = NotingHandler(database)
        self.runner = JobRunner(
            self._open, launcher, CLOCK, {"train": self.handler}, log_failure=self.handler.fail, vmstat=vmstat
        )

    def _open(self) -> Database:
        if self.faults:
            raise self.faults.pop()
        if self.sealed:
            raise SealedError(verbatim("The vault is sealed."))
        return self.database

    def submit(self, job_id: str, kind: str = "train") -> None:
        """Queue a job."""
        with self.database.begin() as connection:
            add_job(connection, CLOCK, job_id=job_id, project_id="pr_1", kind=kind, spec={}, created_by="us_1")

    def move(self, job_id: str, target: JobState) -> None:
        """Move a job."""
        with self.database.begin() as connection:
            move_job(connection, CLOCK, job_id, target)

    def job(self, job_id: str) -> Job:
        """Return a job as it is."""
        with self.database.begin() as connection:
            return get_job(connection, job_id)

    def await_state(self, job_id: str, state: JobState) -> Job:
        """Wait until the job is in the state; fail when it is not soon."""
        deadline = time.monotonic() + SOON_S
        while (job := self.job(job_id)).state is not state:
            assert time.monotonic() < deadline, f"the job is still {job.state}: {job.reason}"
            time.sleep(0.01)
        return job


@pytest.fixture
def bench(tmp_path: Path, simulate: Any) -> Iterator[Callable[[Any], Bench]]:
    """Return a function that makes a bench whose workers play as given."""
    made: list[Bench] = []

    def make(play: Any) -> Bench:
        made.append(
            Bench(Database(tmp_path / f"{len(made)}.db", bytes(32)), simulate(play), tmp_path / f"{len(made)}.vmstat")
        )
        return made[-1]

    yield make
    for each in made:
        each.runner.stop()
        each.database.close()


def finds(_channel: Any, start: Any) -> Done:
    """Work without ado."""
    return Done(result={"path": start.gguf_path})


def until_stopped(channel: Any, _start: Any) -> Done:
    """Work until asked to stop."""
    channel.send(Progress(step=1, steps=99))
    while not isinstance(channel.receive(), Stop):
        pass
    return Done(stopped=True, result={"kept": True})


def hungry(channel: Any, _start: Any) -> Done:
    """Run out of memory."""
    channel.send(Progress(step=1, steps=2))
    raise WorkerError(verbatim("Memory ran out."), code=OUT_OF_MEMORY)


def test_an_empty_queue_runs_nothing(bench: Any, worker_frame: Any) -> None:
    """And says so."""
    assert bench(worker_frame(finds)).runner.run_next() is None


def test_jobs_run_one_by_one_oldest_first(bench: Any, worker_frame: Any) -> None:
    """In the order of submission, each prepared and finished before the next."""
    made = bench(worker_frame(finds))
    for job_id in ("jb_c", "jb_a", "jb_b"):
        made.submit(job_id)
    ended = [made.runner.run_next() for _ in range(3)]
    assert [job.id for job in ended] == ["jb_c", "jb_a", "jb_b"]
    assert {job.state for job in ended} == {JobState.SUCCEEDED}
    assert ended[0].result == {"path": "jb_c", "finished": True}
    assert made.handler.notes == [
        (step, job_id) for job_id in ("jb_c", "jb_a", "jb_b") for step in ("prepare", "finish", "clean up")
    ]
    assert made.runner.run_next() is None


@pytest.mark.parametrize(("stopped", "state", "cleaned"), [(False, JobState.SUCCEEDED, 1), (True, JobState.STOPPED, 0)])
def test_what_only_going_on_would_need_goes_when_a_job_has_succeeded(
    bench: Any, worker_frame: Any, stopped: bool, state: JobState, cleaned: int
) -> None:
    """Not before the database says so: killed in between, the job would begin anew. A stopped one goes on from it."""
    made = bench(worker_frame(lambda _channel, _start: Done(stopped=stopped)))
    seen: list[tuple[str, JobState]] = []
    made.handler.clean_up = lambda job: seen.append((job.id, made.job(job.id).state))
    made.submit("jb_1")
    assert made.runner.run_next().state is state
    assert seen == [("jb_1", JobState.SUCCEEDED)] * cleaned


def test_progress_is_kept_and_told(bench: Any, worker_frame: Any) -> None:
    """Each step lands in the database, and with whoever listens."""

    def work(channel: Any, _start: Any) -> Done:
        for step in (1, 2):
            channel.send(Progress(step=step, steps=2, figures={"loss": 1.0 / step}))
        return Done()

    made, heard = bench(worker_frame(work)), list[Any]()
    made.submit("jb_1")
    made.runner.run_next(lambda job, message: heard.append((job.id, message.step)))
    assert heard == [("jb_1", 1), ("jb_1", 2)]
    with made.database.begin() as connection:
        assert [point.figures["loss"] for point in list_progress(connection, "jb_1")] == [1.0, 0.5]


def test_a_failure_is_a_sentence_on_the_job(bench: Any, worker_frame: Any) -> None:
    """What the worker says, the job says; the handler hears the code, and the next job runs."""

    def work(_channel: Any, start: Any) -> Done:
        if start.gguf_path == "jb_1":
            raise InputError(verbatim("No row fits."), code="training.length")
        return Done()

    made = bench(worker_frame(work))
    made.submit("jb_1")
    made.submit("jb_2")
    failed = made.runner.run_next()
    assert (failed.state, failed.reason) == (JobState.FAILED, verbatim("No row fits."))
    assert made.handler.notes == [("prepare", "jb_1"), ("fail training.length", "jb_1")]
    assert made.runner.run_next().state is JobState.SUCCEEDED


def test_a_worker_that_dies_fails_its_job(bench: Any) -> None:
    """The sentence says how it ended, and that the checkpoint is kept."""
    made = bench(lambda channel, _raw: channel.receive() and 9)
    made.submit("jb_1")
    failed = made.runner.run_next()
    assert failed.state is JobState.FAILED
    assert "exit status 9" in str(failed.reason)
    assert made.handler.notes[-1] == ("fail worker.died", "jb_1")


@pytest.mark.parametrize("step", ["prepare", "finish"])
@pytest.mark.parametrize(
    ("refusal", "reason", "code"),
    [
        (StorageError(verbatim("The disk is full."), code="storage.full"), "The disk is full.", "storage.full"),
        (
            ZeroDivisionError("canary in a message"),
            "The job failed because of a fault in the appliance (ZeroDivisionError).",
            "fault",
        ),
    ],
    ids=["refusal", "fault"],
)
def test_what_goes_wrong_before_or_after_the_worker_fails_the_job(
    bench: Any, worker_frame: Any, step: str, refusal: Exception, reason: str, code: str
) -> None:
    """An error's sentence, or the name of a fault without its text, which may hold data."""
    made = bench(worker_frame(finds))
    made.handler.refusals[step] = refusal
    made.submit("jb_1")
    failed = made.runner.run_next()
    assert (failed.state, str(failed.reason)) == (JobState.FAILED, reason)
    assert made.handler.notes[-1] == (f"fail {code}", "jb_1")


def test_a_job_ends_also_when_its_failure_cannot_be_logged(bench: Any) -> None:
    """It does not run forever in the list; that the log refused is told to whoever ran it."""
    made = bench(lambda channel, _raw: channel.receive() and 9)
    made.handler.refusals["fail worker.died"] = StorageError(verbatim("The log cannot be written."))
    made.submit("jb_1")
    with pytest.raises(StorageError, match="log"):
        made.runner.run_next()
    assert made.job("jb_1").state is JobState.FAILED


def test_a_job_of_an_unknown_kind_fails_and_holds_nobody_up(bench: Any, worker_frame: Any) -> None:
    """A home that a newer version wrote may have one."""
    made = bench(worker_frame(finds))
    made.submit("jb_1", kind="distil")
    made.submit("jb_2")
    assert made.runner.run_next().reason == message("job.kind", kind="distil")
    assert made.runner.run_next().state is JobState.SUCCEEDED


def test_a_job_that_somebody_stops_keeps_its_best_and_is_stopped(bench: Any, worker_frame: Any) -> None:
    """The worker is asked, the handler finishes, the job can be resumed."""
    made = bench(worker_frame(until_stopped))
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.RUNNING)
    made.move("jb_1", JobState.STOPPING)
    stopped = made.await_state("jb_1", JobState.STOPPED)
    assert (stopped.reason, stopped.result) == (message("job.stopped"), {"kept": True, "finished": True})
    assert ("finish", "jb_1") in made.handler.notes


def test_a_job_that_succeeds_while_it_is_being_stopped_has_succeeded(bench: Any) -> None:
    """Whoever asked came too late."""
    go = threading.Event()

    def play(channel: Any, _raw: Any) -> None:
        channel.receive()
        assert go.wait(SOON_S)
        channel.send(Done())

    made = bench(play)
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.RUNNING)
    made.move("jb_1", JobState.STOPPING)
    go.set()
    made.await_state("jb_1", JobState.SUCCEEDED)


def test_stopping_the_appliance_leaves_its_job_queued(bench: Any, worker_frame: Any) -> None:
    """The worker checkpoints and ends; nothing is finished or failed; the next start goes on with it."""
    made = bench(worker_frame(until_stopped))
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.RUNNING)
    made.runner.stop()
    job = made.job("jb_1")
    assert (job.state, job.ended_us) == (JobState.QUEUED, None)
    assert job.reason == message("job.goes-on")
    assert made.handler.notes == [("prepare", "jb_1")]
    made.runner.start()
    made.await_state("jb_1", JobState.RUNNING)


def test_a_worker_that_dies_while_the_appliance_stops_does_not_fail_its_job(bench: Any) -> None:
    """A signal to the whole group, or a shutdown of the machine, reaches the worker first."""

    def play(channel: Any, _raw: Any) -> int:
        channel.receive()
        while not isinstance(channel.receive(), Stop):
            pass
        return 143

    made = bench(play)
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.RUNNING)
    made.runner.stop()
    assert made.job("jb_1").state is JobState.QUEUED
    assert made.handler.notes == [("prepare", "jb_1")]


def test_a_job_that_was_asked_to_stop_stays_stopped_when_the_appliance_stops_too(bench: Any, worker_frame: Any) -> None:
    """It does not come back by itself."""
    made = bench(worker_frame(until_stopped))
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.RUNNING)
    made.move("jb_1", JobState.STOPPING)
    made.runner.stop()
    assert made.job("jb_1").state is JobState.STOPPED


def test_a_crash_leaves_nothing_running_after_recovery(bench: Any, worker_frame: Any) -> None:
    """What ran goes on, what was being stopped is stopped, what waited or was over stays as it was."""
    made = bench(worker_frame(finds))
    for job_id, way in {
        "jb_queued": [],
        "jb_running": [JobState.RUNNING],
        "jb_stopping": [JobState.RUNNING, JobState.STOPPING],
        "jb_failed": [JobState.RUNNING, JobState.FAILED],
        "jb_succeeded": [JobState.RUNNING, JobState.SUCCEEDED],
    }.items():
        made.submit(job_id)
        for state in way:
            made.move(job_id, state)
    assert {job.id: job.state for job in made.runner.recover()} == {
        "jb_running": JobState.QUEUED,
        "jb_stopping": JobState.STOPPED,
    }
    assert made.job("jb_running").reason == message("job.interrupted")
    assert made.job("jb_queued").state is JobState.QUEUED
    assert made.job("jb_failed").state is JobState.FAILED
    assert made.job("jb_succeeded").state is JobState.SUCCEEDED
    assert made.runner.recover() == []
    assert [made.runner.run_next().id for _ in range(2)] == ["jb_queued", "jb_running"]


def test_the_queue_waits_while_the_vault_is_sealed_and_goes_on_after(bench: Any, worker_frame: Any) -> None:
    """Its thread survives the refusal."""
    made = bench(worker_frame(finds))
    made.submit("jb_1")
    made.sealed = True
    made.runner.start()
    with pytest.raises(SealedError):
        made.runner.run_next()
    assert made.job("jb_1").state is JobState.QUEUED
    made.sealed = False
    made.runner.wake()
    made.await_state("jb_1", JobState.SUCCEEDED)


def test_the_queue_survives_a_fault_that_nobody_foresaw(bench: Any, worker_frame: Any) -> None:
    """A database that fails once does not silently end the queue for good."""
    made = bench(worker_frame(finds))
    made.faults.append(ZeroDivisionError("once"))
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.SUCCEEDED)
    assert made.faults == []


def test_starting_twice_starts_once_and_stopping_twice_is_allowed(bench: Any, worker_frame: Any) -> None:
    """One thread, so one job at a time."""
    made = bench(worker_frame(finds))
    before = threading.active_count()
    made.runner.start()
    made.runner.start()
    assert threading.active_count() == before + 1
    made.runner.stop()
    made.runner.stop()
    assert threading.active_count() == before


def test_a_job_whose_memory_runs_out_is_tried_again_with_less(bench: Any, worker_frame: Any) -> None:
    """As often as its handler finds something to give up; meanwhile the job says so."""
    tries: list[Any] = []

    def work(channel: Any, start: Any) -> Done:
        tries.append(made.job("jb_1").reason)
        return finds(channel, start) if len(tries) == 3 else hungry(channel, start)

    made = bench(worker_frame(work))
    made.submit("jb_1")
    ended = made.runner.run_next()
    assert (ended.state, ended.spec) == (JobState.SUCCEEDED, {"size": 0})
    assert tries == [None, LESS, LESS]
    assert [step for step, _ in made.handler.notes] == [
        "prepare",
        *[f"step down {OUT_OF_MEMORY}", "prepare"] * 2,
        "finish",
        "clean up",
    ]


def test_a_job_that_has_nothing_left_to_give_up_fails_with_that_sentence(bench: Any, worker_frame: Any) -> None:
    """It can be resumed when the machine has more memory."""
    made = bench(worker_frame(hungry))
    made.submit("jb_1")
    failed = made.runner.run_next()
    assert (failed.state, failed.reason) == (JobState.FAILED, verbatim("Nothing is left to give up."))
    assert made.handler.notes[-1] == ("fail nothing-left", "jb_1")


def test_a_job_that_cannot_be_done_with_less_fails_with_the_workers_sentence(bench: Any, worker_frame: Any) -> None:
    """Its handler raises the error again: an evaluation, say, which asks one question at a time already."""
    made = bench(worker_frame(hungry))

    def cannot(_job: Job, error: ApplianceError) -> Job:
        raise error

    made.handler.step_down = cannot
    made.submit("jb_1")
    failed = made.runner.run_next()
    assert (failed.state, failed.reason) == (JobState.FAILED, verbatim("Memory ran out."))
    assert made.handler.notes[-1] == (f"fail {OUT_OF_MEMORY}", "jb_1")


@pytest.mark.parametrize("by_the_kernel", [True, False])
def test_a_worker_that_the_kernel_killed_for_memory_is_told_from_one_that_somebody_killed(
    bench: Any, by_the_kernel: bool
) -> None:
    """By the kernel's own count; what somebody kills stays killed."""
    tries: list[int] = []

    def play(channel: Any, raw: Any) -> None:
        channel.receive()
        tries.append(1)
        if len(tries) == 2:
            channel.send(Done())
            return
        if by_the_kernel:
            made.vmstat.write_text("oom_kill 8\n", encoding="ascii")
        worker = made.launcher.workers[-1]
        worker.killed = True
        raw.close()

    made = bench(play)
    made.submit("jb_1")
    ended = made.runner.run_next()
    assert ended.state is (JobState.SUCCEEDED if by_the_kernel else JobState.FAILED)
    assert ("step down worker.died", "jb_1") in made.handler.notes or not by_the_kernel
    assert len(tries) == (2 if by_the_kernel else 1)


def test_a_job_that_is_being_stopped_does_not_step_down(bench: Any) -> None:
    """It was to end anyway."""

    def play(channel: Any, _raw: Any) -> None:
        channel.receive()
        while not isinstance(channel.receive(), Stop):
            pass
        raise WorkerError(verbatim("Memory ran out."), code=OUT_OF_MEMORY)

    made = bench(play)
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.RUNNING)
    made.move("jb_1", JobState.STOPPING)
    assert made.await_state("jb_1", JobState.FAILED).reason == verbatim("Memory ran out.")


def test_a_worker_that_ends_by_itself_before_its_work_is_done_says_why(bench: Any, worker_frame: Any) -> None:
    """A training that diverged: stopped, with its sentence, and what was good kept."""
    made = bench(
        worker_frame(lambda _channel, _start: Done(stopped=True, result={"sentence": "It became worse and worse."}))
    )
    made.submit("jb_1")
    ended = made.runner.run_next()
    assert (ended.state, ended.reason) == (JobState.STOPPED, verbatim("It became worse and worse."))


def test_what_is_to_be_known_stands_on_the_job_while_it_lasts(bench: Any, worker_frame: Any) -> None:
    """A pause is said, and taken back."""
    seen: list[Any] = []

    def work(channel: Any, _start: Any) -> Done:
        for sentence in (FULL, None):
            channel.send(Notice(sentence=sentence))
            channel.send(Progress(step=1, steps=1))
        return Done()

    made = bench(worker_frame(work))
    made.submit("jb_1")
    made.runner.run_next(lambda job, _message: seen.append(made.job(job.id).reason))
    assert seen == [FULL, FULL, None, None]
    assert made.job("jb_1").state is JobState.SUCCEEDED


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let the kernel refuse every byte that this process would write to a file, as a full disk does; reading goes
    on.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_cannot_be_written_now_is_written_when_there_is_room(bench: Any, worker_frame: Any) -> None:
    """Neither a point of the curve nor the notice is lost, and the notice can be read meanwhile."""
    meanwhile: list[dict[str, Any]] = []
    with contextlib.ExitStack() as disk:

        def work(channel: Any, _start: Any) -> Done:
            channel.send(Progress(step=1, steps=3))
            channel.send(Progress(step=2, steps=3))
            channel.send(Notice(sentence=FULL))
            channel.send(Progress(step=3, steps=3))
            return Done()

        def heard(_job: Job, message: Any) -> None:
            meanwhile.append(dict(made.runner.notices))
            if isinstance(message, Notice):
                disk.close()
            elif message.step == 1:
                disk.enter_context(full_disk())

        made = bench(worker_frame(work))
        made.submit("jb_1")
        ended = made.runner.run_next(heard)
    assert ended.state is JobState.SUCCEEDED, ended.reason
    assert meanwhile == [{}, {}, {"jb_1": FULL}, {}]
    with made.database.begin() as connection:
        assert [point.step for point in list_progress(connection, "jb_1")] == [1, 2, 3]


def test_a_job_whose_end_could_not_be_written_goes_on_when_it_can(bench: Any, worker_frame: Any) -> None:
    """It does not stand as running for ever, with nobody working on it."""
    made, tries = bench(worker_frame(finds)), list[int]()
    ordinary = made.handler.finish

    def finish(job: Job, done: Done) -> dict[str, Any]:
        tries.append(1)
        if len(tries) == 1:
            made.faults.append(
                StorageError(verbatim("The disk is full."))
            )  # ... and so is what comes next: noting that the job failed.
            raise StorageError(verbatim("The disk is full."))
        return dict(ordinary(job, done))

    made.handler.finish = finish
    made.submit("jb_1")
    made.runner.start()
    made.await_state("jb_1", JobState.SUCCEEDED)
    assert len(tries) == 2
