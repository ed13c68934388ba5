"""Group commit: of the threads that wait to have something written, one writes for all of them.

A thread wakes in some ten microseconds, which is more than its entry takes to encode, so this wakes as few as it can:
- Whoever arrives first leads. It waits until as many are there as came last time; whoever completes them is awake
    already, and takes
  the lead over. It waits for `GATHER_S` or half of what the last write took, whichever is longer, but `MAX_GATHER_S` at
  most: threads that fall into two halves, one on its way back while the other is written, would else stay so, and each
  wait for two writes.
- Those whose items were written are woken in a tree: each wakes two others. Woken at once, they would all queue up for
    the interpreter.

The order is that of arrival. No thread waits longer than that for one that has nothing to write.
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


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False, slots=True)
class _Turn(Generic[Item]):
    """One thread's item, and how the thread is woken: once when it is to lead, if ever, and once when its item is
    done.
    """

    item: Item
    done: bool = False
    left: bool = False
    woken: threading.Lock = field(default_factory=_taken)
    followers: "tuple[_Turn[Item], ...]" = ()  # whom this one wakes when it is done


class GroupCommit(Generic[Item]):
    """Hands items to `write`, a batch at a time, in the thread of one of those who brought them.

    `write` takes up to `MAX_BATCH` items in their order and returns how many of the first are done with (one at least);
    the others are handed to it again. When it raises, all of them are done with, and the error is that thread's; the
    items have to tell the others.
    """

    def __init__(self, write: Callable[[list[Item]], int]) -> None:
        self._write = write
        self._lock = threading.Lock()  # guards what follows; never held while anything is written
        self._waiting: deque[_Turn[Item]] = deque()
        self._leader: _Turn[Item] | None = None
        self._gathering = False  # the leader sleeps until `_expected` are there
        self._expected = 1
        self._patience_s = GATHER_S

    @property
    def waiting(self) -> int:
        """Return how many items are not being written yet."""
        return len(self._waiting)

    def put(self, item: Item) -> None:
        """Return when the item is done with."""
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
        """Stand in line; return whether it is this thread that leads."""
        with self._lock:
            self._waiting.append(turn)
            if self._leader is None or (self._gathering and len(self._waiting) >= self._expected):
                self._leader, self._gathering = turn, False
                return True
            return False

    def _gather(self, turn: _Turn[Item]) -> bool:
        """Wait for those who were woken together and will be back; return False when another one took the lead over."""
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
        """Write a batch, wake those who are in it, and hand the lead on, unless the leader's own item still has to
        wait.
        """
        with self._lock:
            batch = [self._waiting.popleft() for _number in range(min(MAX_BATCH, len(self._waiting)))]
        count = len(batch)
        began = time.monotonic()
        try:
            count = self._write([each.item for each in batch])
        finally:
            self._patience_s = min(MAX_GATHER_S, max(GATHER_S, (time.monotonic() - began) / 2))
            with self._lock:
                done = batch[:count]
                self._waiting.extendleft(each for each in reversed(batch[count:]) if not each.left)
                self._expected = min(MAX_BATCH, count + len(self._waiting))
                woken = [each for each in done if each is not turn and not each.left]
                for number, each in enumerate(woken):
                    each.followers = tuple(woken[2 * number + 1 : 2 * number + 3])
                for each in done:
                    each.done = True
                if turn.done:
                    self._hand_on()
            if woken:
                woken[0].woken.release()

    def _hand_on(self) -> None:
        self._leader = self._waiting[0] if self._waiting else None
        if self._leader is not None:
            self._leader.woken.release()

    def _leave(self, turn: _Turn[Item]) -> None:
        """Wait for nobody any more: the thread was interrupted.

        Its item may be written all the same, if a batch has it already.
        """
        with self._lock:
            turn.left = True
            if turn in self._waiting:
                self._waiting.remove(turn)
            if self._leader is turn:
                self._gathering = False
                self._hand_on()
