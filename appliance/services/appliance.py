"""The appliance as one object: one home, with everything that works on it."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from appliance.foundation.errors import InputError
from appliance.jobs.messages import FromWorker
from appliance.jobs.runner import JobRunner
from appliance.jobs.states import ACTIVE, ENDED, Job, list_jobs
from appliance.services.context import Caller, ServiceContext
from appliance.services.home.back_up import BackupDesk
from appliance.services.home.life import Serving, reseal_when_idle
from appliance.services.job_kinds import KindHandler, QueueBell, job_kinds, log_failure
from appliance.services.jobs.control import WatchedJob, show_job
from appliance.services.models.chat import ChatDesk
from appliance.services.notices import JobNotices
from appliance.services.operations import operations
from appliance.services.record.archive_audit import ArchiveDesk
from appliance.services.record.refused_requests import RefusedRequests
from appliance.services.record.search_audit import AuditDesk
from appliance.services.recover import HomeRecovery

WATCH_POLL_S = 0.5


class Appliance:
    """One home with everything that works on it."""

    def __init__(self, context: ServiceContext) -> None:
        self.context = context
        self.operations = operations()  # imports every use case, and with them the kinds of jobs
        self.runner = JobRunner(
            lambda: context.database,
            context.launcher,
            context.clock,
            {name: KindHandler(context, kind) for name, kind in job_kinds().items()},
            log_failure=partial(log_failure, context),
            notices=context.part(JobNotices).notices,
            slots=context.limits.jobs.at_once,
        )
        context.part(QueueBell).ring = self.runner.wake
        self._recovery = HomeRecovery(context)
        context.after_unseal.append(self._recover)
        context.before_seal += [
            self.runner.stop,
            context.part(ChatDesk).close,
            context.part(BackupDesk).close,
            context.part(ArchiveDesk).close,
        ]

    def perform(self, caller: Caller, name: str, parameters: Mapping[str, Any]) -> Any:
        """Do an operation and return plain JSON. Raises `InputError` for one that does not exist."""
        if name not in self.operations:
            raise InputError("operation.unknown")
        return self.operations[name].perform(self.context, caller, parameters)

    def run_queue(self, on_progress: Callable[[Job, FromWorker], None] | None = None) -> None:
        """Run what is queued, here and now (a command without a server)."""
        while self.runner.run_next(on_progress) is not None:
            pass

    def wait_for_job(self, caller: Caller, job_id: str) -> WatchedJob:
        """Block until the job has ended, and return it."""
        while True:
            watched = show_job(self.context, caller, job_id=job_id)
            if watched.job.state in ENDED:
                return watched
            time.sleep(WATCH_POLL_S)

    def reseal_when_idle(self) -> bool:
        """Seal when the policy's idle time is over. Tells whether it did."""
        context = self.context
        if context.sealed:
            return False
        busy = bool(context.query(list_jobs, states=ACTIVE))
        return reseal_when_idle(context, busy=busy)

    def close(self) -> None:
        """Log what was refused, let the running jobs checkpoint, end the chats, forget the keys."""
        self.context.part(RefusedRequests).close()
        self.context.seal()
        self.context.part(AuditDesk).close()
        self.context.log.close()

    def _recover(self) -> None:
        """Log which actions a crash interrupted, put their jobs right, and go on with the queue."""
        self._recovery.run(self.runner.recover())
        if self.context.part(Serving).on:
            self.context.part(AuditDesk).start()
            self.runner.start()
        self.runner.wake()
