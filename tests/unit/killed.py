"""Runs a change in a fork, and kills it before a line of our code, or some time after its begin."""

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any


class Killed:
    """`open_it` gets ready (it is never killed), `change` is killed. Lines count in the files with these names alone."""

    def __init__(self, open_it: Callable[[], Any], change: Callable[[Any], Any], files: tuple[str, ...]) -> None:
        self._open, self._change, self._files = open_it, change, files

    def before_line(self, number: int) -> bool:
        """Kill it before the `number`th line that it runs; return whether it came so far."""
        child = os.fork()
        if child == 0:
            self._run_to(number)
        return os.waitpid(child, 0)[1] == signal.SIGKILL

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
        status = 1
        try:
            opened = self._open()
            count = 0

            def trace(frame: Any, event: str, _argument: Any) -> Any:
                nonlocal count
                if os.path.basename(frame.f_code.co_filename) not in self._files:
                    return None
                if event == "line":
                    count += 1
                    if count == number:
                        os.kill(os.getpid(), signal.SIGKILL)
                return trace

            sys.settrace(trace)
            self._change(opened)
            sys.settrace(None)
            status = 0
        finally:
            os._exit(status)
