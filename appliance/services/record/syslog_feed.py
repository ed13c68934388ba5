"""Copy the audit log to the machine's own syslog, entry by entry, for a company's monitoring. By policy; off unless it
says so.

A thread follows the log; appending never waits for it. How far it came is kept in the home, after each batch: what the
socket did not take (full, not there) is tried again, more and more seldom, to once a second, and after the next start:
each entry is handed over at least once, in order. A server that ends leaves what the socket did not take to the next
one. A message is a line as local sockets take it (RFC 3164): priority 110 (log audit, informational; 109, notice, for
denials and failures), a tag, and the entry as canonical JSON. What a syslog daemon does with long lines (many cut at 8
KiB) does not touch the log itself.
"""

import contextlib
import threading
from collections.abc import Callable
from itertools import islice

from appliance.audit import Outcome
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import write_atomic
from appliance.foundation.errors import ApplianceError
from appliance.services.context import ServiceContext

POSITION_NAME = "syslog-position"
POLL_S = 1.0
FULL_S = 0.02  # after the socket took something: some kernels queue no more than ten messages
BATCH_ENTRIES = 200
INFORMATIONAL, NOTICE = 13 * 8 + 6, 13 * 8 + 5
TAG = "appliance-audit"


class SyslogFeed:
    """Hands entries to `send`, which raises `OSError` when it cannot take one now."""

    def __init__(self, context: ServiceContext, send: Callable[[bytes], object]) -> None:
        self._context = context
        self._send = send
        self._path = context.home / POSITION_NAME
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="syslog", daemon=True)

    def start(self) -> None:
        """Begin to follow, where the last feed of this home stopped."""
        self._thread.start()

    def stop(self) -> None:
        """End after the entry that is being handed over."""
        self._ended.set()
        self._thread.join()

    def hand_over(self) -> int:
        """Hand over at most a batch, note how far it came, return how many were taken. Raises `ApplianceError`."""
        position = _position(self._context)
        taken = 0
        with contextlib.suppress(OSError):
            for entry in islice(self._context.log.entries_here(position), BATCH_ENTRIES):
                self._send(_message(entry))
                position = entry["sequence"] + 1
                taken += 1
        if taken:
            write_atomic(self._path, str(position).encode())
        return taken

    def _follow(self) -> None:
        taken, pause = 0, 0.0
        while not self._ended.wait(pause):
            with contextlib.suppress(ApplianceError, OSError):  # The next round tries again.
                taken = self.hand_over()
            pause, taken = FULL_S if taken else min(POLL_S, max(FULL_S, 2 * pause)), 0


def handed_over(context: ServiceContext) -> int:
    """Return up to where entries need not wait here for the syslog: all of them while the policy names no socket."""
    return _position(context) if context.limits.audit.syslog_socket else context.log.size


def _position(context: ServiceContext) -> int:
    """Return the first entry that was not handed over: the log's first where no position fits (a restored home)."""
    try:
        position = int((context.home / POSITION_NAME).read_bytes()[:20])
    except (OSError, ValueError):
        position = 0
    return position if 0 <= position <= context.log.size else 0


def _message(entry: dict[str, object]) -> bytes:
    priority = INFORMATIONAL if entry["outcome"] in (Outcome.REQUESTED, Outcome.SUCCEEDED) else NOTICE
    return f"<{priority}>{TAG}: ".encode() + canonical_json.encode(entry)
