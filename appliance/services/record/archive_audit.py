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

import datetime as dt
import threading
from dataclasses import dataclass
from typing import Any

from appliance.audit import ArchivePlan, Outcome, prune_details
from appliance.audit.actions import reason_for
from appliance.audit.archive_folder import archive_digest
from appliance.audit.archives import ARCHIVE, PRUNE, STAYING
from appliance.audit.tiles import WIDTH
from appliance.foundation.errors import ConflictError, InputError, IntegrityError, NotFoundError
from appliance.foundation.identifiers import new_id
from appliance.services.context import Caller, ServiceContext
from appliance.services.operations import operation
from appliance.services.record.read_audit import LOG
from appliance.services.record.search_audit import DAY_US, AuditDesk, moment
from appliance.services.record.syslog_feed import handed_over

NOTHING = "archive.nothing"


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
        self._turn = threading.Lock()

    def plan(self, caller: Caller, *, before: str = "") -> dict[str, Any]:
        """Return what an archive of now would have; `bundles` is empty when nothing is old enough.

        Raises `InputError`.
        """
        context = self._context
        with context.act(caller, "audit.read", LOG, {"look": "archive"}):
            before_us = _cutoff(context, before)
            plan = _plan(context, before_us)
        return _told(plan, before_us)

    def begin(self, caller: Caller, *, before: str = "") -> dict[str, Any]:
        """Log the request; return what the archive is to have. One that was begun before, and not finished, has failed.

        Raises `InputError` (younger than the policy has it), `NotFoundError` (nothing is old enough).
        """
        context = self._context
        context.verify_allowed(caller, ARCHIVE, LOG)
        before_us = _cutoff(context, before)
        with self._turn:
            self._end("superseded")
            request = new_id("rq")
            context.log.append(
                caller.actor, ARCHIVE, LOG, Outcome.REQUESTED, request=request, details={"before_us": before_us}
            )
            try:
                plan = _plan(context, before_us)
                if plan is None:
                    raise NotFoundError("archive.nothing", before_us=before_us)
            except BaseException as error:
                context.log.append(
                    caller.actor, ARCHIVE, LOG, Outcome.FAILED, reason=reason_for(error), request=request
                )
                raise
            self._current = _Archive(request, caller, before_us, plan)
        return {"request": request, **_told(plan, before_us)}

    def finish(self, caller: Caller, *, request: str, digest: str) -> dict[str, Any]:
        """Record the archive with this digest, then remove what it has.

        Raises `IntegrityError` when it is not what is here.
        """
        context = self._context
        with self._turn:
            current = self._this(caller, request)
            plan = current.plan
            try:
                if archive_digest(context.home / "audit", plan.bundles) != digest:
                    raise IntegrityError("archive.digest")
            except BaseException as error:
                self._end(reason_for(error))
                raise
            details = {"before_us": current.before_us, **plan.details, "digest": digest}
            context.log.append(caller.actor, ARCHIVE, LOG, Outcome.SUCCEEDED, request=request, details=details)
            self._current = None
            removal = prune_details(plan, digest, context.log.unfinished())
            with context.act(caller, PRUNE, LOG, removal) as recorded:
                removed = context.log.remove_archived(recorded.sequence)
                recorded.details = {**recorded.details, "bundles": removed}
            context.part(AuditDesk).forget()
        return {"digest": digest, "removed": removed, **_told(plan, current.before_us)}

    def abort(self, caller: Caller, *, request: str, reason: str) -> None:
        """Say that the archive came to nothing."""
        with self._turn:
            self._this(caller, request)
            self._end(reason[:64] or "aborted")

    def close(self) -> None:
        """End what goes on (before the vault is sealed)."""
        with self._turn:
            self._end("interrupted")

    def _this(self, caller: Caller, request: str) -> _Archive:
        self._context.verify_allowed(caller, ARCHIVE, LOG)
        if self._current is None or self._current.request != request:
            raise ConflictError("archive.gone")
        return self._current

    def _end(self, reason: str) -> None:
        current, self._current = self._current, None
        if current is not None:
            self._context.log.append(
                current.caller.actor, ARCHIVE, LOG, Outcome.FAILED, reason=reason, request=current.request
            )


def _cutoff(context: ServiceContext, before: str) -> int:
    """Return the moment before which entries are to leave, by default the latest that the policy allows.

    Raises `InputError`.
    """
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


def _told(plan: ArchivePlan | None, before_us: int) -> dict[str, Any]:
    found: dict[str, Any] = {"before": _day(before_us), "bundles": [], "entries": 0}
    if plan is not None:
        found |= {
            "bundles": list(plan.bundles),
            "entries": len(plan.bundles) * WIDTH,
            "first": plan.first,
            "last": plan.end - 1,
        }
    return found


def _day(moment_us: int) -> str:
    return dt.datetime.fromtimestamp(moment_us // 1_000_000, dt.UTC).strftime("%Y-%m-%d")


@operation("audit.archive-plan", action="audit.read", on="log")
def plan_archive(context: ServiceContext, caller: Caller, *, before: str = "") -> dict[str, Any]:
    """Return what an archive of now would have."""
    return context.part(ArchiveDesk).plan(caller, before=before)


@operation("audit.archive-begin", action=ARCHIVE, on="log")
def begin_archive(context: ServiceContext, caller: Caller, *, before: str = "") -> dict[str, Any]:
    """Log the request; return what the archive is to have."""
    return context.part(ArchiveDesk).begin(caller, before=before)


@operation("audit.archive-finish", action=ARCHIVE, on="log")
def finish_archive(context: ServiceContext, caller: Caller, *, request: str, digest: str) -> dict[str, Any]:
    """Record the archive with this digest, then remove what it has."""
    return context.part(ArchiveDesk).finish(caller, request=request, digest=digest)


@operation("audit.archive-abort", action=ARCHIVE, on="log")
def abort_archive(context: ServiceContext, caller: Caller, *, request: str, reason: str) -> None:
    """Record that the archive came to nothing."""
    context.part(ArchiveDesk).abort(caller, request=request, reason=reason)
