"""Work on one adapter: measure it beside what it is compared with, find its ranks, make it smaller, answer with it."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from appliance.jobs.access import AdapterAccess, DatasetAccess, JobAccess, ModelAccess, StartMessage, WireMessage
from appliance.planning.training_record import ShrinkOutcome

ORIGINAL, TUNED = "original", "tuned"  # contenders: the base model as it came, and with the adapter
CONTENDERS = (ORIGINAL, TUNED)


class Contender(WireMessage):
    """One of those that are compared: the base model, with the adapter if it is `tuned`."""

    type: Literal["contender"] = "contender"
    name: str = Field(pattern=r"^[a-z_]{1,32}$")
    tuned: bool


class EvaluateStart(StartMessage):
    """Answer the held-out questions with each contender, and score all. The last is compared with the first."""

    type: Literal["evaluate"] = "evaluate"
    job: JobAccess
    model: ModelAccess
    dataset: DatasetAccess
    adapter: AdapterAccess
    contenders: tuple[Contender, ...] = Field(min_length=2, max_length=8)
    quantised: bool
    max_new_tokens: int = Field(ge=1, le=4096)


class RanksStart(StartMessage):
    """Find the singular values of an adapter's update, and seal them into `job_folder`."""

    type: Literal["ranks"] = "ranks"
    job: JobAccess
    adapter: AdapterAccess


class ServeStart(StartMessage):
    """Load a model with an adapter and answer `ChatRequest`s until stopped."""

    type: Literal["serve"] = "serve"
    model: ModelAccess
    adapter: AdapterAccess | None
    quantised: bool
    system_prompt: str


class ChatRequest(WireMessage):
    """Answer `messages` (role and content) with each of the contenders."""

    type: Literal["chat"] = "chat"
    request_id: str
    messages: list[dict[str, str]]
    contenders: list[str] = Field(min_length=1, max_length=8)
    max_new_tokens: int = Field(ge=1, le=4096)


class ShrinkStart(StartMessage):
    """Write the best adapter of a smaller rank, `smaller`, and measure the validation loss before and after."""

    type: Literal["shrink"] = "shrink"
    job: JobAccess
    model: ModelAccess
    dataset: DatasetAccess
    adapter: AdapterAccess
    smaller: AdapterAccess
    rank: int = Field(ge=1, le=1024)
    quantised: bool
    max_length: int = Field(ge=16, le=131_072)


@dataclass(frozen=True, kw_only=True)
class ShrinkResult(ShrinkOutcome):
    """What it cost, and the adapter that was made ("" when it was stopped before)."""

    rank: int = 0
    adapter_written: bool = False
    adapter_sha256: str = ""
    adapter: str = ""
