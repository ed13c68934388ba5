"""What the catalogue says of a kind of event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from appliance.foundation.messages import Message, message

Fields: TypeAlias = Mapping[str, type]


class Stage(StrEnum):
    """Where in the life of an object an event belongs."""

    DATA = "data"
    TRAINING = "training"
    EVALUATION = "evaluation"
    PUBLISHING = "publishing"
    USE = "use"
    SHREDDING = "shredding"

    @property
    def label(self) -> Message:
        """What it is called."""
        return message(f"stage-{self.value}")


class Recovery(StrEnum):
    """How the next start finds out whether an action that a crash interrupted was done."""

    FAILED = "failed"  # It was not: it takes effect only when it ends.
    MADE = "made"  # It was, if the object exists.
    FINISHED = "finished"  # It was, if the object is in the state in which it ends.
    NOTED = "noted"  # It was, if the request was stored together with its result.
    DONE = "done"  # It was: the log that has the request exists only then.


@dataclass(frozen=True)
class Event:
    """A kind of event.

    `stage`: in the life of an object. `recovery`: after a crash. `spare`: it may use the space reserved for a full
    disk. `look`: what is known of an object was looked at, which is not part of its life.
    """

    action: str
    kinds: tuple[str, ...]
    who: frozenset[str]
    meaning: str
    details: Fields = field(default_factory=lambda: MappingProxyType({}))
    spare: bool = False
    stage: Stage = Stage.USE
    recovery: Recovery = Recovery.FAILED
    look: bool = False

    @property
    def label(self) -> Message:
        """What it is called."""
        return message(f"event-{self.action}")
