"""Measure contenders on the same questions: an adapter, and what it is compared with."""

from typing import Literal

from pydantic import Field

from appliance.jobs.access import AdapterAccess, DatasetAccess, JobAccess, ModelAccess, StartMessage, WireMessage


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
