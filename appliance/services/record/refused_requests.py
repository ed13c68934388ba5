"""What the web's door refuses, in the log: the first of a kind at once and durably, what follows as one count a minute
(ADR 0029).

Nobody has to be anybody to be refused, so what is written must be bounded by time, not by requests. One window is open
for each kind of refusal and each source (an address of this machine, or the account whose session it was). It begins
with an entry for the first; while more come, each `WINDOW_US` ends with one entry that says how many; a window in which
none came is forgotten. Of addresses there are `MAX_WINDOWS`, and from then on one more for each kind, whose source is
`OTHERS` (this machine has 2^24 loopback addresses to come from); of accounts, as many as are signed in. So the counts
of all entries add up to the refusals, and a minute has no more entries than windows.

While the disk has less than `QUIET_BYTES` free, or the log takes no request, refusals are only counted, and said once
there is room: a flood is never what fills the disk, nor what uses up the log's reserve. Stopping says every open count;
`kill -9` loses those of the windows that are open, which is a minute at most; the first entry of each is there.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.audit import Actor, Details, ObjectRef, Outcome
from appliance.foundation.atomic_files import free_bytes
from appliance.foundation.errors import ApplianceError
from appliance.services.context import NOBODY, Caller, ServiceContext

WINDOW_US = 60_000_000
MAX_WINDOWS = 16
QUIET_BYTES = 256 * 1024 * 1024
OTHERS = "others"
DOOR = ObjectRef("door", "web")
# By the code of the refusal, as the answer has it.
KINDS = {
    "web.host": "door.refuse-host",
    "web.websocket": "door.refuse-websocket",
    "web.authorization": "door.refuse-authorization",
    "web.path": "door.refuse-path",
    "web.origin": "door.refuse-origin",
    "web.forgery": "door.refuse-forgery",
    "web.session": "door.refuse-session",
    "web.session-over": "door.refuse-session-over",
    "web.haste": "door.refuse-haste",
    "web.password": "door.refuse-password",
    "web.size": "door.refuse-size",
    "web.event": "door.refuse-event",
    "web.file": "door.refuse-file",
    "web.closed": "door.refuse-route",
}


@dataclass(frozen=True)
class Refused:
    """What was refused: its code, and from where. Behind the session check the account is the source."""

    code: str
    source: str
    actor: Actor = NOBODY

    @classmethod
    def of(cls, code: str, address: str, caller: Caller | None) -> "Refused":
        """Name the source of a refusal: the account whose session it was, else the peer's address."""
        return cls(code, address) if caller is None else cls(code, "", caller.actor)


@dataclass
class _Window:
    """How many were refused since `since_us` that the log does not have."""

    since_us: int
    count: int = 0


class RefusedRequests:
    """Counts refusals and writes them. Thread-safe. `free_bytes`: those of a folder's disk."""

    def __init__(self, context: ServiceContext, free_bytes: Callable[[Path], int] = free_bytes) -> None:
        self._context = context
        self._clock = context.clock
        self._free_bytes = free_bytes
        self._windows: dict[Refused, _Window] = {}
        self._counting = threading.Lock()

    def count(self, refused: Refused) -> Refused | None:
        """Count a refusal, quickly; return what `write_first` has to be told when it is the first of its window."""
        with self._counting:
            if refused.actor is NOBODY and refused not in self._windows and self._addresses() >= MAX_WINDOWS:
                refused = Refused(refused.code, OTHERS)
            window = self._windows.get(refused)
            if window is not None:
                window.count += 1
                return None
            self._windows[refused] = _Window(self._clock.monotonic_us())
            return refused

    def write_first(self, first: Refused) -> None:
        """Write a window's first refusal; one that cannot be written is counted with those that follow."""
        if not self._write(first, 1, 0):
            with self._counting:
                self._windows.setdefault(first, _Window(self._clock.monotonic_us())).count += 1

    def end_windows(self, *, all_of_them: bool = False) -> None:
        """Say the counts of the windows that are over. What cannot be written is kept, and tried again."""
        now = self._clock.monotonic_us()
        with self._counting:
            over = [
                (refused, window)
                for refused, window in self._windows.items()
                if all_of_them or now - window.since_us >= WINDOW_US
            ]
            counts = [(refused, window, window.count) for refused, window in over]
            for refused, _window, count in counts:
                if not count:
                    del self._windows[refused]
        for refused, window, count in counts:
            if count and self._write(refused, count, (now - window.since_us) // 1_000_000):
                with self._counting:
                    window.count, window.since_us = window.count - count, now

    def close(self) -> None:
        """Say every count that is open. What the log cannot take then is lost, as by a crash."""
        self.end_windows(all_of_them=True)

    def _addresses(self) -> int:
        return sum(refused.actor is NOBODY for refused in self._windows)

    def _write(self, refused: Refused, count: int, seconds: int) -> bool:
        """Write an entry, and tell whether it is there."""
        context = self._context
        details: Details = {"count": count, "seconds": seconds, "source": refused.source}
        with contextlib.suppress(ApplianceError):
            if self._free_bytes(context.home) >= QUIET_BYTES:
                context.log.verify_writable()
                context.log.append(
                    refused.actor, KINDS[refused.code], DOOR, Outcome.DENIED, reason=refused.code, details=details
                )
                return True
        return False
