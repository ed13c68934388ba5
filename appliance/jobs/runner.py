"""The queue: the oldest job first, as many at once as there are slots, in threads of the process that owns the home.

When memory runs out in a worker (it says so, or the kernel has killed it), its handler may find a way to need less;
then the job goes on. When the disk is full, what a worker says is kept here until it can be written; a job whose end
cannot be written goes on when it can.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from appliance.foundation.clock import Clock
from appliance.foundation.errors import ApplianceError, StorageError, WorkerError
from appliance.foundation.messages import Message, message
from appliance.jobs.conversation import WorkerLauncher, WorkerOrder, run_worker
from appliance.jobs.messages import OUT_OF_MEMORY, Done, FromWorker, Notice, Progress
from appliance.jobs.states import Job, JobState, add_progress, get_job, list_jobs, move_job, note_on_job
from appliance.vault.database import Database

VMSTAT = Path("/proc/vmstat")  # `oom_kill` counts the whole machine and every control group, since Linux 4.13
POLL_S = 0.5
_GOES_ON = message("job.goes-on")
# A worker that dies or hangs while the appliance stops (a signal goes to the whole group) is no failure of its job.
_ENDED_BY_US = frozenset({"worker.died", "worker.stop"})


def count_memory_kills(vmstat: Path = VMSTAT) -> int:
    """Return how often the kernel has killed a process because memory ran out, 0 where it does not count.

    It tells such an end from somebody's `kill -9`.
    """
    try:
        lines = vmstat.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


class JobHandler(Protocol):
    """What a kind of job needs before and after its worker runs. It logs what it does."""

    def prepare(self, job: Job) -> WorkerOrder:
        """Log the start, fetch keys, and say what to start."""

    def finish(self, job: Job, done: Done) -> dict[str, Any]:
        """Keep what the worker made, log it, and return the job's result."""

    def step_down(self, job: Job, error: ApplianceError) -> Job:
        """Memory ran out: make the job need less, log it, and return it as it is now. Raises where it cannot."""

    def clean_up(self, job: Job) -> None:
        """The job has succeeded, for good: remove what only going on would need. Raises nothing."""


class _Listener:
    """Writes down what a worker says; what the disk has no room for, it holds until it has."""

    def __init__(self, runner: "JobRunner", job: Job, on_message: Callable[[Job, FromWorker], None] | None) -> None:
        self._runner, self._job, self._on_message = runner, job, on_message
        self._waiting: dict[int, Progress] = {}

    def __call__(self, message: FromWorker) -> None:
        if isinstance(message, Progress):
            self._waiting[message.step] = message
        if isinstance(message, Notice):
            self._runner.notices[self._job.id] = message.sentence
        with contextlib.suppress(StorageError):
            self._write()
        if self._on_message is not None:
            self._on_message(self._job, message)

    def _write(self) -> None:
        with self._runner.database().begin() as connection:
            for step, progress in self._waiting.items():
                add_progress(
                    connection,
                    self._runner.clock,
                    self._job.id,
                    step=step,
                    steps=progress.steps,
                    figures=progress.figures,
                    sentence=progress.sentence,
                )
            if self._job.id in self._runner.notices:
                note_on_job(connection, self._job.id, self._runner.notices[self._job.id])
        self._waiting.clear()
        self._runner.notices.pop(self._job.id, None)


class JobRunner:
    """Runs queued jobs. `database` raises `SealedError` while the vault is sealed, and the queue waits. `log_failure`:
    that a job failed.

    `notices`: what is to be known of a running job and could not yet be written; whoever shows jobs may look there.
    `vmstat`: see `count_memory_kills`.
    """

    def __init__(
        self,
        database: Callable[[], Database],
        launcher: WorkerLauncher,
        clock: Clock,
        handlers: Mapping[str, JobHandler],
        *,
        log_failure: Callable[[Job, ApplianceError], None],
        notices: dict[str, Message | None] | None = None,
        slots: int = 1,
        vmstat: Path = VMSTAT,
    ) -> None:
        self.database = database
        self.clock = clock
        self.notices: dict[str, Message | None] = {} if notices is None else notices
        self._launcher = launcher
        self._handlers = handlers
        self._log_failure = log_failure
        self._vmstat = vmstat
        self._left_behind = False
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._slots = slots
        self._running: set[str] = set()  # the jobs of this process
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Run the queue until `stop`, in a thread for each slot; does nothing when it runs already."""
        if any(thread.is_alive() for thread in self._threads):
            return
        self._ending.clear()
        self._threads = [
            threading.Thread(target=self._loop, name=f"jobs-{slot}", daemon=True) for slot in range(self._slots)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the running jobs to checkpoint, wait for them, and leave them queued for the next `start`."""
        self._ending.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def recover(self) -> list[Job]:
        """Put right what a server that died left behind: running jobs go on, stopping ones are stopped.

        The jobs that run in this process are left alone. Returns those it moved.
        """
        moved = []
        with self.database().begin() as connection:
            for job in list_jobs(connection, states=frozenset({JobState.RUNNING, JobState.STOPPING})):
                if job.id in self._running:
                    continue
                state, reason = JobState.QUEUED, message("job.interrupted")
                if job.state is JobState.STOPPING:
                    state, reason = JobState.STOPPED, message("job.stopped")
                moved.append(move_job(connection, self.clock, job.id, state, reason=reason))
        return moved

    def run_next(self, on_progress: Callable[[Job, FromWorker], None] | None = None) -> Job | None:
        """Run the oldest queued job to its end and return it as it then is; None when nothing is queued."""
        job = self._take()
        if job is None:
            return None
        try:
            return self._run(job, on_progress)
        finally:
            self._running.discard(job.id)

    def _take(self) -> Job | None:
        """Take the oldest queued job, in one transaction: no other slot takes it too."""
        with self.database().begin() as connection:
            queued = list_jobs(connection, states=frozenset({JobState.QUEUED}))
            if not queued:
                return None
            self._running.add(queued[0].id)
            return move_job(connection, self.clock, queued[0].id, JobState.RUNNING)

    def _run(self, job: Job, on_progress: Callable[[Job, FromWorker], None] | None) -> Job:
        handler = self._handlers.get(job.kind)
        if handler is None:
            return self._move(job, JobState.FAILED, message("job.kind", kind=job.kind))
        try:
            job, done = self._work(handler, job, _Listener(self, job, on_progress))
            if done.stopped and self._ending.is_set() and not self._asked_to_stop(job.id):
                return self._move(job, JobState.QUEUED, _GOES_ON)
            stopped = (_sentence(done) or message("job.stopped")) if done.stopped else None
            result = handler.finish(job, done)
        except Exception as error:
            told = error if isinstance(error, ApplianceError) else ApplianceError("fault", kind=type(error).__name__)
            if told.code in _ENDED_BY_US and self._ending.is_set() and not self._asked_to_stop(job.id):
                return self._move(job, JobState.QUEUED, _GOES_ON)
            return self._fail(job, told)
        return self._end(handler, job, stopped, result)

    def _work(self, handler: JobHandler, job: Job, listener: _Listener) -> tuple[Job, Done]:
        """Run the job's worker to its end; when memory runs out, again with less, as long as its handler finds
        something to give up.
        """
        job_id = job.id
        while True:
            kills = count_memory_kills(self._vmstat)
            try:
                return job, run_worker(
                    self._launcher, handler.prepare(job), listener, should_stop=lambda: self._should_stop(job_id)
                )
            except WorkerError as error:
                killed = error.code == "worker.died" and count_memory_kills(self._vmstat) > kills
                ran_out = killed or error.code == OUT_OF_MEMORY
                if not ran_out or self._should_stop(job_id):
                    raise
                job = handler.step_down(job, error)

    def _end(self, handler: JobHandler, job: Job, stopped: Message | None, result: dict[str, Any]) -> Job:
        if stopped is not None:
            return self._move(job, JobState.STOPPED, stopped, result)
        succeeded = self._move(job, JobState.SUCCEEDED, None, result)
        handler.clean_up(succeeded)
        return succeeded

    def _move(self, job: Job, state: JobState, reason: Message | None, result: dict[str, Any] | None = None) -> Job:
        with self.database().begin() as connection:
            moved = move_job(connection, self.clock, job.id, state, reason=reason, result=result)
        self.notices.pop(job.id, None)  # What could not be written while it ran is over now.
        return moved

    def _fail(self, job: Job, error: ApplianceError) -> Job:
        try:
            self._log_failure(job, error)
        finally:
            # The job is over even where the log could not say so; the next start says that its request has no outcome.
            failed = self._move(job, JobState.FAILED, error.message)
        return failed

    def _asked_to_stop(self, job_id: str) -> bool:
        with self.database().begin() as connection:
            return get_job(connection, job_id).state is JobState.STOPPING

    def _should_stop(self, job_id: str) -> bool:
        return self._ending.is_set() or self._asked_to_stop(job_id)

    def _loop(self) -> None:
        while not self._ending.is_set():
            try:
                if self._left_behind:
                    self.recover()
                    self._left_behind = False
                busy = self.run_next() is not None
            except Exception:
                # Sealed, or the log, the disk or the database refused: until that changes, nothing is done.
                busy, self._left_behind = False, True
            if not busy:
                self._wake.wait(POLL_S)
                self._wake.clear()


def _sentence(done: Done) -> Message | None:
    """Return what a worker that ended before its work was done says of it. Raises `WorkerError`."""
    said = done.result.get("sentence")
    try:
        return Message.from_json(said) if said else None
    except ValueError:
        raise WorkerError("worker.message:fields", value="sentence") from None
