"""Runs a change in a fork, and kills it before a line of our code, or some time after its begin."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

CHANGES = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
}  # audit events


class Killed:
    """`open_it` gets ready (it is never killed), `change` is killed.

    Lines count in the files with these names alone.
    """

    def __init__(self, open_it: Callable[[], Any], change: Callable[[Any], Any], files: tuple[str, ...]) -> None:
        self._open, self._change, self._files = open_it, change, files

    def before_line(self, number: int) -> bool:
        """Kill it before the `number`th line that it runs; return whether it came so far."""
        child = os.fork()
        if child == 0:
            self._run_to(number)
        return os.waitpid(child, 0)[1] == signal.SIGKILL

    def lines_after_writes(self) -> list[int]:
        """Run the change to its end; return the first line, and those before which the disk may differ from before the
        line above.

        Killed before any other line it leaves the same files. What counts: system calls that write (/proc/self/io), and
        the events above.
        """
        told, tells = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(told)
            self._run_whole(tells)
        os.close(tells)
        with os.fdopen(told, "rb") as answer:
            lines: list[int] = json.loads(answer.read())
        assert os.waitpid(child, 0)[1] == 0
        return lines

    def after(self, seconds: float) -> bool:
        """Kill it some time after its begin, wherever it is then; return whether it was still at it."""
        ready, told = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                opened = self._open()
                os.write(told, b"x")
                self._change(opened)
                status = 0
            finally:
                os._exit(status)
        os.close(told)
        began = os.read(ready, 1)
        os.close(ready)
        assert began
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        assert status in {0, signal.SIGKILL}, status
        return status == signal.SIGKILL

    def _run_to(self, number: int) -> None:
        def at(line: int) -> None:
            if line == number:
                os.kill(os.getpid(), signal.SIGKILL)

        self._run(at)

    def _run_whole(self, tells: int) -> None:
        lines: list[int] = []
        events, last = 0, ""

        def hear(event: str, _arguments: Any) -> None:
            nonlocal events
            events += event in CHANGES

        def at(line: int) -> None:
            nonlocal last
            with open("/proc/self/io", encoding="ascii") as figures:
                now = f"{events} {next(each for each in figures if each.startswith('syscw'))}"
            if now != last:
                lines.append(line)
            last = now

        sys.addaudithook(hear)
        self._run(at, lambda: os.write(tells, json.dumps(lines).encode()))

    def _run(self, at: Callable[[int], None], end: Callable[[], Any] = lambda: None) -> None:
        """Do the change in this process, which is a fork, telling `at` each line before it is run; never return."""
        status, count = 1, 0
        try:
            opened = self._open()

            def trace(frame: Any, event: str, _argument: Any) -> Any:
                nonlocal count
                if os.path.basename(frame.f_code.co_filename) not in self._files:
                    return None
                if event == "line":
                    count += 1
                    at(count)
                return trace

            sys.settrace(trace)
            self._change(opened)
            sys.settrace(None)
            end()
            status = 0
        finally:
            os._exit(status)
