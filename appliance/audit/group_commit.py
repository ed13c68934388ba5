"""Group commit: of all threads that wait for a write, one writes for all.

Waking a thread takes about ten microseconds, longer than encoding an entry, so as few threads as possible are woken:
- The first thread to arrive leads. It waits until there are as many threads as last time. The thread that completes the
  group is already awake, so it takes over the lead. The leader waits for `GATHER_S` or half the duration of the last
  write, whichever is longer, but at most `MAX_GATHER_S`. Otherwise threads could stay split into two groups, of which
  one returns while the other is written, and each would wait for two writes.
- Threads whose items were written are woken in a tree: each wakes two others. If all were woken at once, they would
  queue for the interpreter.

Items are written in the order of arrival. No thread waits longer than this for others that have nothing to write.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

GATHER_S, MAX_GATHER_S = 0.001, 0.02
MAX_BATCH = 256

Item = TypeVar("Item")


def _acquired_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class _Turn(Generic[Item]):
    """A thread's item. The thread is woken when it has to lead, if ever, and when its item is done."""

    item: Item
    done: bool = False
    left: bool = False
    woken: threading.Lock = field(default_factory=_acquired_lock)
    followers: "tuple[_Turn[Item], ...]" = ()  # threads to wake when this one is done


class GroupCommit(Generic[Item]):
    """Passes items to `write` in batches, in the thread of one of the callers of `put`.

    `write` takes up to `MAX_BATCH` items in order and returns how many of the first are done (at least one); the others
    are passed again. If it raises, all items are done, and the error is raised in that thread only; the items must
    carry it to the others.
    """

    def __init__(self, write: Callable[[list[Item]], int]) -> None:
        self._write = write
        self._lock = threading.Lock()  # guards the following; never held during a write
        self._waiting: deque[_Turn[Item]] = deque()
        self._leader: _Turn[Item] | None = None
        self._gathering = False  # the leader sleeps until `_expected` items wait
        self._expected = 1
        self._patience_s = GATHER_S

    @property
    def waiting(self) -> int:
        """Return the number of items whose write has not begun."""
        return len(self._waiting)

    def put(self, item: Item) -> None:
        """Return when the item is done."""
        turn = _Turn(item)
        leads = self._join(turn)
        try:
            while not turn.done:
                if not leads:
                    turn.woken.acquire()
                    leads = not turn.done
                elif leads := self._gather(turn):
                    self._lead(turn)
        except BaseException:
            self._leave(turn)
            raise
        finally:
            for follower in turn.followers:
                follower.woken.release()

    def _join(self, turn: _Turn[Item]) -> bool:
        """Enter the queue, and return whether this thread leads."""
        with self._lock:
            self._waiting.append(turn)
            if self._leader is None or (self._gathering and len(self._waiting) >= self._expected):
                self._leader, self._gathering = turn, False
                return True
            return False

    def _gather(self, turn: _Turn[Item]) -> bool:
        """Wait for the expected threads. Returns False if another thread took over the lead."""
        with self._lock:
            if len(self._waiting) >= self._expected:
                return True
            self._gathering = True
        turn.woken.acquire(timeout=self._patience_s)
        with self._lock:
            if self._leader is not turn:
                return False
            self._gathering = False
            return True

    def _lead(self, turn: _Turn[Item]) -> None:
        """Write a batch, wake its threads, and pass on the lead unless the leader's own item still has to wait."""
        with self._lock:
            batch = [self._waiting.popleft() for _number in range(min(MAX_BATCH, len(self._waiting)))]
        count = len(batch)
        start = time.monotonic()
        try:
            count = self._write([member.item for member in batch])
        finally:
            self._patience_s = min(MAX_GATHER_S, max(GATHER_S, (time.monotonic() - start) / 2))
            with self._lock:
                done = batch[:count]
                self._waiting.extendleft(member for member in reversed(batch[count:]) if not member.left)
                self._expected = min(MAX_BATCH, count + len(self._waiting))
                sleepers = [member for member in done if member is not turn and not member.left]
                for number, member in enumerate(sleepers):
                    member.followers = tuple(sleepers[2 * number + 1 : 2 * number + 3])
                for member in done:
                    member.done = True
                if turn.done:
                    self._pass_lead()
            if sleepers:
                sleepers[0].woken.release()

    def _pass_lead(self) -> None:
        self._leader = self._waiting[0] if self._waiting else None
        if self._leader is not None:
            self._leader.woken.release()

    def _leave(self, turn: _Turn[Item]) -> None:
        """Leave the queue because the thread was interrupted. Its item may still be written if it is in a batch."""
        with self._lock:
            turn.left = True
            if turn in self._waiting:
                self._waiting.remove(turn)
            if self._leader is turn:
                self._gathering = False
                self._pass_lead()
