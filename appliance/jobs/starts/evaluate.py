"""Measure an adapter against its original."""

from typing import Literal

from pydantic import Field

from appliance.jobs.access import AdapterAccess, DatasetAccess, JobAccess, ModelAccess, StartMessage


class EvaluateStart(StartMessage):
    """Answer the held-out questions with the original and with the tuned model, and score both."""

    type: Literal["evaluate"] = "evaluate"
    job: JobAccess
    model: ModelAccess
    dataset: DatasetAccess
    adapter: AdapterAccess
    quantised: bool
    max_new_tokens: int = Field(ge=1, le=4096)
