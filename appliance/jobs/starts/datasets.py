"""Read what came in: parse, preview, revise, search."""

from typing import Literal

from pydantic import Field

from appliance.jobs.access import MAX_SEED, DataKey, DatasetAccess, ScreeningAccess, StartMessage, UploadAccess


class ParseStart(StartMessage):
    """Read a sealed upload, parse and check it, and write its encrypted parts into `output_folder`."""

    type: Literal["parse"] = "parse"
    upload: UploadAccess
    screening: ScreeningAccess
    output_folder: str
    dataset_id: str
    dataset_version: int
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    part_keys: dict[str, DataKey] = Field(repr=False)


class PreviewStart(StartMessage):
    """Read the beginning of a sealed upload, and tell how it would be understood."""

    type: Literal["preview"] = "preview"
    upload: UploadAccess
    rows: int = Field(ge=1, le=50)


class ReviseStart(StartMessage):
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


class SearchStart(StartMessage):
    """Find the rows that speak of a person."""

    type: Literal["search"] = "search"
    person: list[str] = Field(max_length=20, repr=False)
    datasets: list[DatasetAccess]
