"""What one rendering of a template may use: steps, characters, seconds.

All values that a template consumes are walked through here.
"""

from collections.abc import Callable
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

MAX_STEPS = 300_000  # well under a second of a template's work; a long conversation takes some thousands
MAX_CHARACTERS = 4_000_000  # of one text, and of all output together
MAX_INTEGER = 2**63
_CHARACTERS_A_STEP = 250
_PLAIN = (str, int, float, bool, type(None), list, tuple, dict, range, Undefined)


def is_plain(value: Any) -> bool:
    """Return whether a value is of a plain type (what it contains is for `Budget.plain` to say)."""
    return isinstance(value, _PLAIN)


class Budget:
    """What one rendering may use.

    `now` gives seconds that only grow; the limit in seconds is looked at now and then.
    """

    def __init__(self, now: Callable[[], float], seconds: float) -> None:
        """Start counting."""
        self._now, self._end = now, now() + seconds
        self._steps, self._characters = 0, 0

    def step(self, count: int = 1) -> None:
        """Count steps. Raises `SecurityError` when they are used up, or the time is."""
        before = self._steps
        self._steps += count
        if self._steps > MAX_STEPS:
            raise SecurityError("the template takes too many steps")
        if before // 64 != self._steps // 64 and self._now() > self._end:
            raise SecurityError("the template takes too long")

    def text(self, value: str) -> str:
        """Return `value`, counted by its length. Raises `SecurityError` when it is too long."""
        if len(value) > MAX_CHARACTERS:
            raise SecurityError("the template makes too long a text")
        self.step(1 + len(value) // _CHARACTERS_A_STEP)
        return value

    def emit(self, value: str) -> str:
        """Return `value`, counted as output."""
        self._characters += len(value)
        if self._characters > MAX_CHARACTERS:
            raise SecurityError("the template makes too much text")
        return self.text(value)

    def plain(self, value: Any) -> Any:
        """Return `value` after walking through it: scalars and containers of them.

        A container met twice is counted twice.
        """
        waiting = [value]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                self.text(item)
            elif isinstance(item, dict):
                self.step(1 + len(item))
                waiting.extend(item.keys())
                waiting.extend(item.values())
            elif isinstance(item, list | tuple):
                self.step(1 + len(item))
                waiting.extend(item)
            elif isinstance(item, int) and abs(item) >= MAX_INTEGER:
                raise SecurityError("the template makes too large a number")
            elif is_plain(item):
                self.step()
            else:
                raise SecurityError("the template uses a value that is not plain data")
        return value
