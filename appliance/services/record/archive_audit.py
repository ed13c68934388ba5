"""Move old entries of the log into an archive, in three steps, because a server reaches no folder outside of its home:

    begin    here: the request; which whole bundles are old enough and not needed here (audit/archives.py)
    write    in the command's process (audit/archive_folder.py): the archive, read again and compared with the log's
             hashes
    finish   here: the archive's digest must be that of the bundles here; say so; then `log.prune`, and the bundles are
             removed
    abort    here: say that it came to nothing; everything is still here

The policy says for how long an entry stays in the home at least (`audit.retention_days`), and it cannot say less than
six months.
"""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from appliance.audit import ArchivePlan, Details, Outcome, prune_details
from appliance.audit.actions import reason_for
from appliance.audit.archive_folder import archive_digest
from appliance.audit.archives import ARCHIVE, PRUNE, STAYING
from appliance.audit.tiles import WIDTH
from appliance.foundation.errors import ConflictError, InputError, IntegrityError, NotFoundError
from appliance.foundation.identifiers import new_id
from appliance.foundation.json_records import OPTIONAL
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.record.search_audit import DAY_US, AuditDesk, moment
from appliance.services.record.syslog_feed import handed_over


@dataclass(frozen=True, kw_only=True)
class PlannedArchive:
    """What an archive of the entries before a day has: whole bundles; none where nothing is old enough."""

    before: str
    bundles: tuple[int, ...] = ()
    entries: int = 0
    first: int | None = field(default=None, metadata=OPTIONAL)
    last: int | None = field(default=None, metadata=OPTIONAL)

    @classmethod
    def of(cls, plan: ArchivePlan | None, before_us: int, **more: Any) -> Self:
        """Return the record of a plan."""
        if plan is None:
            return cls(before=_day(before_us), **more)
        entries = len(plan.bundles) * WIDTH
        bounds = {"first": plan.first, "last": plan.end - 1}
        return cls(before=_day(before_us), bundles=plan.bundles, entries=entries, **bounds, **more)


@dataclass(frozen=True, kw_only=True)
class BegunArchive(PlannedArchive):
    """An archive that is being written, by the request that the log has."""

    request: str


@dataclass(frozen=True, kw_only=True)
class FinishedArchive(PlannedArchive):
    """An archive that was written: the SHA-256 of its list of files, and how many bundles were removed here."""

    digest: str
    removed: int


@dataclass(frozen=True)
class _Archive:
    """The archive that is being written."""

    request: str
    caller: Caller
    before_us: int
    plan: ArchivePlan


class ArchiveDesk:
    """Holds the one archive that is being written."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._current: _Archive | None = None
        self.turn = threading.Lock()

    def begin(self, archive: _Archive) -> None:
        """Hold this archive."""
        self._current = archive

    @contextlib.contextmanager
    def current(self, caller: Caller, request: str) -> Iterator[_Archive]:
        """Give the archive that is being written, in its turn. Raises `ConflictError` for another one, or none."""
        with self.turn:
            self._context.verify_allowed(caller, ARCHIVE, LOG)
            if self._current is None or self._current.request != request:
                raise ConflictError("archive.gone")
            yield self._current

    def end(self, outcome: Outcome, reason: str = "", details: Details | None = None) -> None:
        """Log how the archive ended, if one is being written."""
        current = self._current
        if current is not None:
            self._context.log.append(
                current.caller.actor,
                ARCHIVE,
                LOG,
                outcome,
                reason=reason,
                request=current.request,
                details=details or {},
            )
        self._current = None

    def close(self) -> None:
        """End what goes on (before the vault is sealed)."""
        with self.turn:
            self.end(Outcome.FAILED, "interrupted")


@operation("audit.archive-plan", action="audit.read", on="log")
def plan_archive(context: ServiceContext, caller: Caller, *, before: str = "") -> PlannedArchive:
    """Return what an archive of now would have. Raises `InputError`."""
    with context.act(caller, "audit.read", LOG, {"look": "archive"}):
        before_us = _cutoff(context, before)
        return PlannedArchive.of(_plan(context, before_us), before_us)


@operation("audit.archive-begin", action=ARCHIVE, on="log")
def begin_archive(context: ServiceContext, caller: Caller, *, before: str = "") -> BegunArchive:
    """Log the request; return what the archive is to have. One that was begun before, and not finished, has failed.

    Raises `InputError` (younger than the policy has it), `NotFoundError` (nothing is old enough).
    """
    context.verify_allowed(caller, ARCHIVE, LOG)
    before_us = _cutoff(context, before)
    desk = context.part(ArchiveDesk)
    with desk.turn:
        desk.end(Outcome.FAILED, "superseded")
        request = new_id("rq")
        details: Details = {"before_us": before_us}
        context.log.append(caller.actor, ARCHIVE, LOG, Outcome.REQUESTED, request=request, details=details)
        try:
            plan = _plan(context, before_us)
            if plan is None:
                raise NotFoundError("archive.nothing", before_us=before_us)
        except BaseException as error:
            reason = reason_for(error)
            context.log.append(caller.actor, ARCHIVE, LOG, Outcome.FAILED, reason=reason, request=request)
            raise
        desk.begin(_Archive(request, caller, before_us, plan))
    return BegunArchive.of(plan, before_us, request=request)


@operation("audit.archive-finish", action=ARCHIVE, on="log")
def finish_archive(context: ServiceContext, caller: Caller, *, request: str, digest: str) -> FinishedArchive:
    """Record the archive with this digest; remove what it has. Raises `IntegrityError` if it is not what is here."""
    desk = context.part(ArchiveDesk)
    with desk.current(caller, request) as current:
        plan = current.plan
        try:
            if archive_digest(context.home / "audit", plan.bundles) != digest:
                raise IntegrityError("archive.digest")
        except BaseException as error:
            desk.end(Outcome.FAILED, reason_for(error))
            raise
        desk.end(Outcome.SUCCEEDED, details={"before_us": current.before_us, **plan.details, "digest": digest})
        with context.act(caller, PRUNE, LOG, prune_details(plan, digest, context.log.unfinished())) as recorded:
            removed = context.log.remove_archived(recorded.sequence)
            recorded.details = {**recorded.details, "bundles": removed}
        context.part(AuditDesk).forget()
    return FinishedArchive.of(plan, current.before_us, digest=digest, removed=removed)


@operation("audit.archive-abort", action=ARCHIVE, on="log")
def abort_archive(context: ServiceContext, caller: Caller, *, request: str, reason: str) -> None:
    """Record that the archive came to nothing; everything is still here."""
    desk = context.part(ArchiveDesk)
    with desk.current(caller, request):
        desk.end(Outcome.FAILED, reason[:64] or "aborted")


def _cutoff(context: ServiceContext, before: str) -> int:
    """Return the moment before which entries leave, by default the latest that is allowed. Raises `InputError`."""
    days = context.limits.audit.retention_days
    latest = context.clock.now_us() - days * DAY_US
    chosen = moment(before) if before.strip() else latest
    if chosen > latest:
        raise InputError("archive.retention", days=days, latest=_day(latest))
    return chosen


def _plan(context: ServiceContext, before_us: int) -> ArchivePlan | None:
    """Return the bundles that may leave, of those before the first with an entry that is not old enough; None when
    there are none.

    Entries of one second run differ from the order of the log only when the clock was moved: then those after it wait.
    """
    log = context.log
    with log.still() as (head, _files):  # It wrote its journal out: from here on every whole bundle is a file.
        size = head.size
    waiting = {entry["sequence"] for entry in log.unfinished()}
    chosen = []
    for index in range(min(size, handed_over(context)) // WIDTH):
        if index in log.archives.gone:
            continue
        entries = list(log.entries(index * WIDTH, (index + 1) * WIDTH))
        if any(entry["time_us"] >= before_us for entry in entries):
            break
        if not any(entry["action"] in STAYING or entry["sequence"] in waiting for entry in entries):
            chosen.append(index)
    return ArchivePlan.fitting(chosen, waiting)


def _day(moment_us: int) -> str:
    return dt.datetime.fromtimestamp(moment_us // 1_000_000, dt.UTC).strftime("%Y-%m-%d")
