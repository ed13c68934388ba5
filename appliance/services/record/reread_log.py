"""Read the old entries of the log again, a few at a time while the appliance serves, so that damage is noticed without
anybody asking.

A round begins with each start and then once a day. It compares every full bundle with the hashes that lead to the log's
edge in memory (audit/reread.py), of what is archived these hashes alone; what is younger, opening the log compares.
What it finds is an entry of the log at once, and is said where the state of the home is shown, until a round finds
nothing; the round's end is an entry too. It needs no key, and goes on while the vault is sealed.
"""

import contextlib
import threading

from appliance.audit import Outcome
from appliance.audit.tiles import WIDTH
from appliance.foundation.errors import ApplianceError, AuditLogError
from appliance.foundation.messages import message, sentences
from appliance.services.context import APPLIANCE, LOG, ServiceContext
from appliance.services.notices import LogDamage

STEP_BUNDLES = 8  # some 2,000 entries, a megabyte: a few milliseconds
PAUSE_S = 1.0
ROUND_S = 24 * 3600.0


class LogRereading:
    """Reads in a thread of its own, from `start` to `stop`."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._next = 0  # the bundle that is read next
        self._damaged = 0  # bundles of this round
        self._reason = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="log rereading", daemon=True)

    def start(self) -> None:
        """Begin the first round."""
        self._thread.start()

    def stop(self) -> None:
        """End after the bundles that are being read."""
        self._ended.set()
        self._thread.join()

    def step(self) -> bool:
        """Read the next few bundles again; return whether the round goes on.

        Raises `ApplianceError` when the log cannot say what it must; then the next step reads the same again.
        """
        log = self._context.log
        for index in range(self._next, min(self._next + STEP_BUNDLES, log.full_bundles)):
            try:
                log.verify_bundle(index)
            except ApplianceError as error:  # One of storage is damage too: what cannot be read is as good as gone.
                self._note(error, index)
            self._next = index + 1
        if self._next < log.full_bundles:
            return True
        self._end_round()
        return False

    def _note(self, error: ApplianceError, index: int) -> None:
        """Say and log the first damage of a round; count what follows."""
        if not self._damaged:
            entry = error.entry if isinstance(error, AuditLogError) and error.entry is not None else index * WIDTH
            self._context.part(LogDamage).found = sentences(error.message, message("log-damage"))
            self._context.log.append(
                APPLIANCE, "log.reread", LOG, Outcome.FAILED, reason=error.code, details={"entry": entry}
            )
            self._reason = error.code
        self._damaged += 1

    def _end_round(self) -> None:
        if self._next:
            outcome = Outcome.FAILED if self._damaged else Outcome.SUCCEEDED
            read = sum(stop - first for first, stop in self._context.log.archives.here(0, self._next * WIDTH))
            details: dict[str, str | int | bool] = {"entries": read, "damaged": self._damaged}
            self._context.log.append(APPLIANCE, "log.reread", LOG, outcome, reason=self._reason, details=details)
        if not self._damaged:
            self._context.part(LogDamage).found = None
        self._next, self._damaged, self._reason = 0, 0, ""

    def _work(self) -> None:
        while not self._ended.is_set():
            goes_on = True
            with contextlib.suppress(ApplianceError):  # The next step tries the same again.
                goes_on = self.step()
            self._ended.wait(PAUSE_S if goes_on else ROUND_S)
