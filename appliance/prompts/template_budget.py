"""What one rendering of a template may use: steps, characters, seconds. Every value that it consumes is counted."""

from collections.abc import Callable
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

from appliance.foundation.messages import Message, message

MAX_STEPS = 300_000  # well under a second of a template's work; a long conversation takes some thousands
MAX_CHARACTERS = 4_000_000  # of one text, and of all output together
MAX_INTEGER = 2**63
_CHARACTERS_A_STEP = 250
_PLAIN = (str, int, float, bool, type(None), list, tuple, dict, range, Undefined)


class TemplateRefusedError(SecurityError):
    """A template did something that it may not."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason.id)
        self.reason = reason


def is_plain(value: Any) -> bool:
    """Tell whether a value is of a plain type (`Budget.plain` checks what it contains)."""
    return isinstance(value, _PLAIN)


class Budget:
    """What one rendering may use. `now` returns monotonic seconds; the time is checked every 64 steps."""

    def __init__(self, now: Callable[[], float], seconds: float) -> None:
        """Start counting."""
        self._now, self._end = now, now() + seconds
        self._steps, self._characters = 0, 0

    def step(self, count: int = 1) -> None:
        """Count steps. Raises `TemplateRefusedError` when the steps or the time are used up."""
        before = self._steps
        self._steps += count
        if self._steps > MAX_STEPS:
            raise TemplateRefusedError(message("template.steps"))
        if before // 64 != self._steps // 64 and self._now() > self._end:
            raise TemplateRefusedError(message("template.time"))

    def text(self, value: str) -> str:
        """Return `value`, counted by its length. Raises `TemplateRefusedError` when it is too long."""
        if len(value) > MAX_CHARACTERS:
            raise TemplateRefusedError(message("template.long-text"))
        self.step(1 + len(value) // _CHARACTERS_A_STEP)
        return value

    def emit(self, value: str) -> str:
        """Return `value`, counted as output."""
        self._characters += len(value)
        if self._characters > MAX_CHARACTERS:
            raise TemplateRefusedError(message("template.much-text"))
        return self.text(value)

    def plain(self, value: Any) -> Any:
        """Return `value` after walking through it: it must consist of scalars and containers of them.

        A container that appears twice counts twice.
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
                raise TemplateRefusedError(message("template.large-number"))
            elif is_plain(item):
                self.step()
            else:
                raise TemplateRefusedError(message("template.not-plain"))
        return value
