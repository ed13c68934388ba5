"""Threads return when their items are written, share writes, and are not forgotten after errors or interruptions."""

import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from appliance.audit.group_commit import MAX_BATCH, GroupCommit


class Paper:
    """Records batches. Each write waits for `go_on`; `refuse` makes it raise."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.started = 0
        self.go_on = threading.Semaphore(0)
        self.refuse: BaseException | None = None
        self.limit = MAX_BATCH

    def __call__(self, batch: list[str]) -> int:
        self.started += 1
        assert self.go_on.acquire(timeout=60)
        if self.refuse is not None:
            raise self.refuse
        self.batches.append(batch[: self.limit])
        return len(self.batches[-1])


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        threading.Event().wait(0.001)


def put_all(queue: GroupCommit[str], items: str, done: list[str]) -> list[threading.Thread]:
    """Put each letter in its own thread, in order. `done` collects the letters of threads that returned."""

    def put(item: str) -> None:
        queue.put(item)
        done.append(item)

    threads = []
    for item in items:
        before = queue.waiting
        threads.append(threading.Thread(target=put, args=(item,), daemon=True))
        threads[-1].start()
        until(lambda before=before: queue.waiting > before)  # type: ignore[misc]
    return threads


@contextmanager
def written(paper: Paper, queue: GroupCommit[str]) -> Iterator[list[threading.Thread]]:
    """Write the item "first" during the block, so that other items have to wait. Then join the threads in the list."""
    started = paper.started
    threads = [threading.Thread(target=queue.put, args=("first",), daemon=True)]
    threads[0].start()
    until(lambda: paper.started > started)
    yield threads
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_items_that_wait_during_a_write_share_the_next_one_in_order() -> None:
    paper, done = Paper(), list[str]()
    queue = GroupCommit(paper)
    with written(paper, queue) as threads:
        threads.extend(put_all(queue, "abcdefghijklmnop", done))
        assert done == []
        paper.go_on.release(2)
    assert paper.batches == [["first"], list("abcdefghijklmnop")]
    assert sorted(done) == list("abcdefghijklmnop")


def test_no_thread_returns_before_its_write_does() -> None:
    paper, done = Paper(), list[str]()
    queue = GroupCommit(paper)
    with written(paper, queue) as threads:
        threads.extend(put_all(queue, "abc", done))
        paper.go_on.release()
        until(lambda: paper.started == 2)
        assert done == []
        paper.go_on.release()
    assert sorted(done) == list("abc")


def test_items_left_over_by_a_write_come_first_in_the_next() -> None:
    paper, done = Paper(), list[str]()
    queue = GroupCommit(paper)
    with written(paper, queue) as threads:
        threads.extend(put_all(queue, "abcdefg", done))
        paper.limit = 3
        paper.go_on.release(4)
    assert paper.batches == [["first"], list("abc"), list("def"), ["g"]]
    assert sorted(done) == list("abcdefg")


def test_an_error_is_raised_in_one_thread_and_the_queue_continues() -> None:
    paper, done = Paper(), list[str]()
    queue = GroupCommit(paper)
    paper.refuse = ValueError("no")
    paper.go_on.release()
    with pytest.raises(ValueError, match="no"):
        queue.put("x")
    paper.refuse = None
    with written(paper, queue) as threads:
        threads.extend(put_all(queue, "ab", done))
        paper.go_on.release(2)
    assert paper.batches == [["first"], ["a", "b"]]


def test_sixteen_threads_neither_lose_nor_duplicate_items() -> None:
    """Each write leaves a random part of its batch over."""
    seen: list[int] = []
    chance = random.Random(5)

    def write(batch: list[int]) -> int:
        count = chance.randint(1, len(batch))
        seen.extend(batch[:count])
        return count

    queue = GroupCommit(write)

    def work(number: int) -> None:
        for item in range(number, 3200, 16):
            queue.put(item)
            assert item in seen

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(seen) == list(range(3200))
    assert [item for item in seen if item % 16 == 3] == list(range(3, 3200, 16))


class Interrupted(Exception):  # noqa: N818 - it stands for KeyboardInterrupt
    """A signal arrived while the main thread was waiting."""


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Yield a function that interrupts the main thread from another thread."""

    def interrupt(*_args: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    main = threading.main_thread().ident
    assert main is not None
    try:
        yield lambda: signal.pthread_kill(main, signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("place", ["leading", "in the batch", "waiting"])
def test_an_interrupted_thread_keeps_no_other_waiting(place: str) -> None:
    """It may lead next, be in another thread's batch, or wait behind it. Later threads are written and woken."""
    paper, done = Paper(), list[str]()
    queue = GroupCommit(paper)
    with interruptible() as interrupt, written(paper, queue) as threads:
        before = "" if place == "leading" else "ab"
        threads.extend(put_all(queue, before, done))

        def others() -> None:
            until(lambda: queue.waiting == len(before) + 1)
            threads.extend(put_all(queue, "cdef", done))
            if place == "in the batch":
                paper.go_on.release()
                until(lambda: paper.started == 2)
            interrupt()

        helper = threading.Thread(target=others, daemon=True)
        helper.start()
        with pytest.raises(Interrupted):
            queue.put("main")
        helper.join(60)
        paper.go_on.release(3)
    main = ["main"] if place == "in the batch" else []
    assert paper.batches == [["first"], [*before, *main, *"cdef"]]
    assert sorted(done) == sorted(before + "cdef")


def test_the_wait_for_expected_threads_is_limited() -> None:
    paper, done = Paper(), list[str]()
    queue = GroupCommit(paper)
    with written(paper, queue) as threads:
        threads.extend(put_all(queue, "abcd", done))
        paper.go_on.release(2)
    paper.go_on.release()
    queue.put("alone")  # Four threads are expected, but no other comes.
    assert paper.batches[-1] == ["alone"]
