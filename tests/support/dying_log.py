"""A log that dies right after an entry became durable: what a power cut between the request and the act would leave.

Its own promise, that the entry is there and that nothing is written after it: services/test_coverage.py.
"""

from typing import Any

from appliance.audit import AuditLog, Outcome


class Killed(Exception):  # noqa: N818 - it is no error of the appliance's
    """The process would be gone now."""


class DyingLog(AuditLog):
    """Dies once, when `armed`, after the first entry that asks for something or says that something was looked at."""

    armed = False
    dead = False

    def append(self, *words: Any, **more: Any) -> int:
        """Write the entry durably; then die, if it is the one."""
        if self.dead:
            raise Killed
        sequence = super().append(*words, **more)
        if self.armed and Outcome.DENIED not in words:
            self.armed, self.dead = False, True
            raise Killed
        return sequence

    def rise(self) -> None:
        """Go on, as the next process would with the same file."""
        self.armed = self.dead = False


def replace_log(context: Any) -> DyingLog:
    """Give the context a dying log over the same folder; signed, as the one before was."""
    context.log.close()
    log = DyingLog.open(context.home / "audit", context.clock)
    if not context.sealed:
        log.attach(context.vault.signer, context.vault.heads)
    context.log = log
    return log
