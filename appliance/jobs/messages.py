"""What the control plane and a worker say to each other: one JSON object a line, over an inherited socket pair.

Every message has `version` and `type`; an unknown field, type or version is an error. Keys travel here and nowhere
else; they are base64 in the message, and no message is ever logged or stored.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from appliance.foundation import messages
from appliance.foundation.errors import WorkerError

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
MAX_NAMED_FIELDS = 20
MAX_SEED = 2**31 - 1
DIVERGED = (
    "diverged"  # `result["ending"]` of a training that made the model worse: it may go on with a lower learning rate
)
OUT_OF_MEMORY = "worker.out-of-memory"  # the code of a `Failed` whose work may be tried again with less
WorkerKind = Literal[
    "train",
    "evaluate",
    "ranks",
    "shrink",
    "sweep",
    "convert",
    "parse",
    "preview",
    "revise",
    "search",
    "serve",
    "measure",
    "probe",
]


DataKey = Annotated[bytes, Field(min_length=32, max_length=32)]


class Message(BaseModel):
    """The frame of all messages: closed to unknown fields, never changed after it was made."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64"
    )
    version: Literal[1] = 1


class ModelAccess(Message):
    """A base model: its folder (read-only for the worker) and the manifest (file name to SHA-256) to verify it by."""

    type: Literal["model-access"] = "model-access"
    folder: str
    manifest: dict[str, Any]


class DatasetAccess(Message):
    """A dataset version, with the data keys of only those parts that this worker may read."""

    type: Literal["dataset-access"] = "dataset-access"
    folder: str
    dataset_id: str
    dataset_version: int
    system_prompt: str
    part_keys: dict[str, DataKey] = Field(repr=False)


class AdapterAccess(Message):
    """A trained adapter: its folder, its id (part of the sealed files' context) and its data key."""

    type: Literal["adapter-access"] = "adapter-access"
    folder: str
    adapter_id: str
    data_key: DataKey = Field(repr=False)


class TrainStart(Message):
    """Train an adapter and write it, sealed under its own key, into `job_folder`."""

    type: Literal["train"] = "train"
    job_id: str
    job_folder: str
    job_key: DataKey = Field(repr=False)
    adapter: AdapterAccess
    model: ModelAccess
    dataset: DatasetAccess
    method: Literal["qlora", "lora", "last-layers", "full"]
    rank: int = Field(ge=1, le=1024)
    lora_alpha: int = Field(ge=1, le=4096)
    use_rslora: bool = False
    use_dora: bool = False
    last_layers: int = Field(default=0, ge=0, le=1024)
    train_head: bool = False
    activation_checkpointing: bool = False
    pass_tokens: int = Field(default=512, ge=16, le=131_072)
    patience: int = Field(default=0, ge=0, le=1000)
    epochs: int = Field(ge=1, le=1000)
    batch_size: int = Field(ge=1, le=1024)
    learning_rate: float = Field(gt=0, le=1)
    seed: int = Field(ge=0, le=MAX_SEED)
    checkpoint_steps: int = Field(ge=1, le=100_000)
    max_length: int = Field(ge=16, le=131_072)


class EvaluateStart(Message):
    """Answer the held-out questions with the original and with the tuned model, and score both."""

    type: Literal["evaluate"] = "evaluate"
    job_id: str
    job_folder: str
    job_key: DataKey = Field(repr=False)
    model: ModelAccess
    dataset: DatasetAccess
    adapter: AdapterAccess
    quantised: bool
    max_new_tokens: int = Field(ge=1, le=4096)


class RanksStart(Message):
    """Find the singular values of an adapter's update, and seal them into `job_folder`."""

    type: Literal["ranks"] = "ranks"
    job_id: str
    job_folder: str
    job_key: DataKey = Field(repr=False)
    adapter: AdapterAccess


class ShrinkStart(Message):
    """Write the best adapter of a smaller rank, `smaller`, and measure the loss on the validation part before and
    after.
    """

    type: Literal["shrink"] = "shrink"
    job_folder: str
    model: ModelAccess
    dataset: DatasetAccess
    adapter: AdapterAccess
    smaller: AdapterAccess
    rank: int = Field(ge=1, le=1024)
    quantised: bool
    max_length: int = Field(ge=16, le=131_072)


class RankCandidate(Message):
    """One rank of a sweep."""

    type: Literal["rank-candidate"] = "rank-candidate"
    rank: int = Field(ge=1, le=1024)
    lora_alpha: int = Field(ge=1, le=4096)


class SweepStart(Message):
    """Train several ranks, stop the hopeless early, and write the adapter of the best.

    `training`: what all have in common.
    """

    type: Literal["sweep"] = "sweep"
    training: TrainStart
    candidates: list[RankCandidate] = Field(min_length=2, max_length=8)


class ServeStart(Message):
    """Load a model with an adapter and answer `ChatRequest`s until stopped."""

    type: Literal["serve"] = "serve"
    model: ModelAccess
    adapter: AdapterAccess | None
    quantised: bool
    system_prompt: str


class UploadAccess(Message):
    """A received file, sealed under its own key, and what somebody said about it ("" and {}: to be found)."""

    type: Literal["upload-access"] = "upload-access"
    path: str
    upload_id: str
    upload_key: DataKey = Field(repr=False)
    filename: str
    encoding: str = ""
    delimiter: str = ""
    roles: dict[str, str] = {}


class ScreeningAccess(Message):
    """What rows are checked by: what to do with personal data, and whose tokens they are counted in (no model:
    characters).
    """

    type: Literal["screening-access"] = "screening-access"
    personal_data: dict[str, str]
    tokenizer_path: str = ""
    model_name: str = ""
    max_tokens: int = Field(default=0, ge=0)


class ParseStart(Message):
    """Read a sealed upload, parse and check it, and write its encrypted parts into `output_folder`."""

    type: Literal["parse"] = "parse"
    upload: UploadAccess
    screening: ScreeningAccess
    output_folder: str
    dataset_id: str
    dataset_version: int
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    part_keys: dict[str, DataKey] = Field(repr=False)


class PreviewStart(Message):
    """Read the beginning of a sealed upload, and tell how it would be understood."""

    type: Literal["preview"] = "preview"
    upload: UploadAccess
    rows: int = Field(ge=1, le=50)


class ReviseStart(Message):
    """Write the next version of a dataset: a fix applied to each row, or (no code) the same rows under new keys."""

    type: Literal["revise"] = "revise"
    dataset: DatasetAccess
    screening: ScreeningAccess
    code: str
    action: str
    rows: list[int] = Field(max_length=10_000)
    person: list[str] = Field(max_length=20, repr=False)
    output_folder: str
    part_keys: dict[str, DataKey] = Field(repr=False)


class SearchStart(Message):
    """Find the rows that speak of a person."""

    type: Literal["search"] = "search"
    person: list[str] = Field(max_length=20, repr=False)
    datasets: list[DatasetAccess]


class ConvertStart(Message):
    """Read a GGUF file and write a folder of safetensors, configuration and tokenizer."""

    type: Literal["convert"] = "convert"
    gguf_path: str
    output_folder: str


class MeasureStart(Message):
    """Find out what this machine computes in, and how fast."""

    type: Literal["measure"] = "measure"


class ChatRequest(Message):
    """Answer `messages` (role and content) with the original model, the tuned one, or both."""

    type: Literal["chat"] = "chat"
    request_id: str
    messages: list[dict[str, str]]
    contenders: list[Literal["original", "tuned"]]
    max_new_tokens: int = Field(ge=1, le=4096)


class Stop(Message):
    """Checkpoint, if there is something to keep, and end."""

    type: Literal["stop"] = "stop"


class Ready(Message):
    """The worker is confined, has its inputs loaded, and begins; `facts` say what it found (compute type and the
    like).
    """

    type: Literal["ready"] = "ready"
    facts: dict[str, str | int | float | bool] = {}


class Progress(Message):
    """How far it is. `figures` hold losses, tokens and seconds, by the names of the training loop."""

    type: Literal["progress"] = "progress"
    step: int
    steps: int
    sentence: str = ""
    figures: dict[str, float | None] = {}


class Notice(Message):
    """What people should know while it runs (it waits for room on the disk, say); an empty sentence takes it back."""

    type: Literal["notice"] = "notice"
    sentence: str


class Checkpointed(Message):
    """A checkpoint of this step is durable."""

    type: Literal["checkpointed"] = "checkpointed"
    step: int


class ChatPiece(Message):
    """The next piece of an answer; `last` ends that contender's answer."""

    type: Literal["chat-piece"] = "chat-piece"
    request_id: str
    contender: Literal["original", "tuned"]
    text: str
    last: bool


class Done(Message):
    """The work is finished; `result` is plain JSON, checked by the job's own handler."""

    type: Literal["done"] = "done"
    stopped: bool = False
    result: dict[str, Any] = {}


class Failed(Message):
    """The work cannot be done; why, in a message without data."""

    type: Literal["failed"] = "failed"
    code: str
    message: messages.Message


Start = (
    TrainStart
    | EvaluateStart
    | RanksStart
    | ShrinkStart
    | SweepStart
    | ServeStart
    | ParseStart
    | PreviewStart
    | ReviseStart
    | SearchStart
    | ConvertStart
    | MeasureStart
)
ToWorker = Start | ChatRequest | Stop
FromWorker = Ready | Progress | Notice | Checkpointed | ChatPiece | Done | Failed

_T = TypeVar("_T", bound=Message)
_TO_WORKER: TypeAdapter[ToWorker] = TypeAdapter(Annotated[ToWorker, Field(discriminator="type")])
_FROM_WORKER: TypeAdapter[FromWorker] = TypeAdapter(Annotated[FromWorker, Field(discriminator="type")])
_NAMES = frozenset(
    name for kind in Message.__subclasses__() for name in (*kind.model_fields, kind.model_fields["type"].default)
)


def encode_message(message: Message) -> bytes:
    """Return the message as one line. Raises `WorkerError` when it is over `MAX_MESSAGE_BYTES`."""
    line = message.model_dump_json().encode() + b"\n"
    if len(line) > MAX_MESSAGE_BYTES:
        raise WorkerError("worker.message:message-bytes-limit", line=len(line), max_message_bytes=MAX_MESSAGE_BYTES)
    return line


def decode_to_worker(line: bytes) -> ToWorker:
    """Return the message in `line`. Raises `WorkerError`, without its content, when it is none."""
    return _decode(_TO_WORKER, line)


def decode_from_worker(line: bytes) -> FromWorker:
    """Return the message in `line`. Raises `WorkerError`, without its content, when it is none."""
    return _decode(_FROM_WORKER, line)


def _decode(adapter: TypeAdapter[_T], line: bytes) -> _T:
    try:
        message = adapter.validate_json(line)
    except ValidationError as error:
        fields = sorted({_place(problem["loc"]) for problem in error.errors(include_input=False)})[:MAX_NAMED_FIELDS]
        raise WorkerError("worker.message:message-understood-fields-2", value=", ".join(fields) or "none") from None
    if "version" not in message.model_fields_set:  # It has a default for whoever writes one, not for whoever reads it.
        raise WorkerError("worker.message:message-understood-fields")
    return message


def _place(location: tuple[int | str, ...]) -> str:
    """Return where in a message something is wrong. What is not a name of ours is not repeated: it may be data."""
    return ".".join(str(part) if isinstance(part, int) or part in _NAMES else "?" for part in location)
