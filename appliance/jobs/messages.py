"""What the control plane and a running worker say to each other: one JSON object a line, over an inherited socket pair.

Every message has `version` and `type`; an unknown field, type or version is an error. Keys travel in these messages and
nowhere else.
"""

import builtins
import math
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError, field_validator

from appliance.foundation.errors import IntegrityError, WorkerError
from appliance.foundation.json_records import read
from appliance.foundation.messages import Message
from appliance.jobs.access import StartMessage, WireMessage
from appliance.jobs.starts.adapters import ChatRequest

T = TypeVar("T")

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MAX_NAMED_FIELDS = 20
MAX_INTEGER = 2**63 - 1  # what the database takes
# `result["ending"]` of a training that made the model worse: it may go on with a lower learning rate
DIVERGED = "diverged"
OUT_OF_MEMORY = "worker.out-of-memory"  # the code of a `Failed` whose work may be tried again with less


class Stop(WireMessage):
    """Checkpoint, if there is something to keep, and end."""

    type: Literal["stop"] = "stop"


class Ready(WireMessage):
    """The worker is confined, has its inputs, and begins; `facts` say what it found (compute type and the like)."""

    type: Literal["ready"] = "ready"
    facts: dict[str, str | int | float | bool] = Field(default_factory=dict)


class Progress(WireMessage):
    """How far it is. `figures` hold losses, tokens and seconds, by the names of the training loop."""

    type: Literal["progress"] = "progress"
    step: int = Field(ge=0, le=MAX_INTEGER)
    steps: int = Field(ge=0, le=MAX_INTEGER)
    sentence: Message | None = None
    figures: dict[str, float | None] = Field(default_factory=dict)

    @field_validator("figures")
    @classmethod
    def _finite(cls, value: Any) -> Any:
        return _ordinary(value)


class Notice(WireMessage):
    """What people should know while it runs (it waits for room on the disk, say); None takes it back."""

    type: Literal["notice"] = "notice"
    sentence: Message | None


class Checkpointed(WireMessage):
    """A checkpoint of this step is durable."""

    type: Literal["checkpointed"] = "checkpointed"
    step: int


class ChatPiece(WireMessage):
    """The next piece of an answer; `last` ends that contender's answer."""

    type: Literal["chat-piece"] = "chat-piece"
    request_id: str
    contender: str
    text: str
    last: bool


class Done(WireMessage):
    """The work is finished; `result` is plain JSON, checked by the job's own handler."""

    type: Literal["done"] = "done"
    stopped: bool = False
    result: dict[str, Any] = Field(default_factory=dict)

    @field_validator("result")
    @classmethod
    def _numbers_of_json(cls, value: Any) -> Any:
        return _ordinary(value)

    def found(self, kind: builtins.type[T]) -> T:
        """Return what the worker found as the record that it is. Raises `WorkerError` when it is not one."""
        try:
            return read(kind, self.result)
        except IntegrityError as error:  # which speaks of what is stored
            raise WorkerError("worker.message:fields", value=str(error.message.parameters["fields"])) from None


class Failed(WireMessage):
    """The work cannot be done; why, in a message without data."""

    type: Literal["failed"] = "failed"
    code: str = Field(pattern=r"^[a-z][a-z0-9.-]{0,63}$")  # it goes into the log
    message: Message


def _ordinary(value: Any) -> Any:
    """Return JSON as others read it: null for NaN and infinity. Raises `ValueError` for an integer beyond 64 bits."""
    if isinstance(value, dict):
        return {name: _ordinary(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_ordinary(each) for each in value]
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError("an integer beyond 64 bits")
    return None if isinstance(value, float) and not math.isfinite(value) else value


ToWorker = ChatRequest | Stop
FromWorker = Ready | Progress | Notice | Checkpointed | ChatPiece | Done | Failed

_T = TypeVar("_T", bound=WireMessage)
_S = TypeVar("_S", bound=StartMessage)
_TO_WORKER: TypeAdapter[ToWorker] = TypeAdapter(Annotated[ToWorker, Field(discriminator="type")])
_FROM_WORKER: TypeAdapter[FromWorker] = TypeAdapter(Annotated[FromWorker, Field(discriminator="type")])


def encode_message(message: WireMessage) -> bytes:
    """Return the message as one line. Raises `WorkerError` when it is over `MAX_MESSAGE_BYTES`."""
    line = message.model_dump_json().encode() + b"\n"
    if len(line) > MAX_MESSAGE_BYTES:
        raise WorkerError("worker.message:outgoing", line=len(line), max_message_bytes=MAX_MESSAGE_BYTES)
    return line


def decode_start(expected: type[_S], line: bytes) -> _S:
    """Return the order in `line`, which must be of the worker's own type. Raises `WorkerError` without its content."""
    return _decode(TypeAdapter(expected), line)


def decode_to_worker(line: bytes) -> ToWorker:
    """Return what is said to a running worker. Raises `WorkerError` without the content when it is not a message."""
    return _decode(_TO_WORKER, line)


def decode_from_worker(line: bytes) -> FromWorker:
    """Return what a worker says. Raises `WorkerError` without the content when it is not a message."""
    return _decode(_FROM_WORKER, line)


def _decode(adapter: TypeAdapter[_T], line: bytes) -> _T:
    try:
        message = adapter.validate_json(line)
    except ValidationError as error:
        fields = sorted({_place(problem["loc"]) for problem in error.errors(include_input=False)})[:MAX_NAMED_FIELDS]
        raise WorkerError("worker.message:fields", value=", ".join(fields) or "none") from None
    if "version" not in message.model_fields_set:  # It has a default for whoever writes one, not for whoever reads it.
        raise WorkerError("worker.message:version")
    return message


def _place(location: tuple[int | str, ...]) -> str:
    """Return where in a message something is wrong. What is not a name of ours is not repeated: it may be data."""
    return ".".join(str(part) if isinstance(part, int) or part in _known_names() else "?" for part in location)


def _known_names() -> frozenset[str]:
    """Return the names of fields and types of every message of ours."""
    kinds = [WireMessage]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return frozenset(name for kind in kinds for name in (*kind.model_fields, _type_of(kind)))


def _type_of(kind: type[WireMessage]) -> str:
    field = kind.model_fields.get("type")
    return str(field.default) if field is not None else ""
