"""Make an adapter smaller."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from appliance.jobs.access import AdapterAccess, DatasetAccess, JobAccess, ModelAccess, StartMessage
from appliance.planning.training_record import ShrinkOutcome


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
