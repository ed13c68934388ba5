"""The frame of everything that the control plane and a worker say to each other, and what a worker is given access to.

A worker gets the data keys of exactly what its order names. Keys are base64 in a message; no message is ever logged or
stored.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_SEED = 2**31 - 1
DataKey = Annotated[bytes, Field(min_length=32, max_length=32)]


class WireMessage(BaseModel):
    """The frame of all messages: closed to unknown fields, and immutable."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64"
    )
    version: Literal[1] = 1


class StartMessage(WireMessage):
    """The first message to a worker: everything that it works with. `type` is the name of the worker's module."""

    type: str


class JobAccess(WireMessage):
    """A job's own folder, which its worker may write, and the data key for what it seals there."""

    type: Literal["job-access"] = "job-access"
    job_id: str
    folder: str
    key: DataKey = Field(repr=False)


class ModelAccess(WireMessage):
    """A base model: its folder (read-only for the worker) and the manifest (file name to SHA-256) to verify it by."""

    type: Literal["model-access"] = "model-access"
    folder: str
    manifest: dict[str, Any]


class DatasetAccess(WireMessage):
    """A dataset version, with the data keys of only those parts that this worker may read."""

    type: Literal["dataset-access"] = "dataset-access"
    folder: str
    dataset_id: str
    dataset_version: int
    system_prompt: str
    part_keys: dict[str, DataKey] = Field(repr=False)


class AdapterAccess(WireMessage):
    """A trained adapter: its folder, its id (part of the sealed files' context) and its data key."""

    type: Literal["adapter-access"] = "adapter-access"
    folder: str
    adapter_id: str
    data_key: DataKey = Field(repr=False)


class UploadAccess(WireMessage):
    """A received file, sealed under its own key, and what somebody said about it ("" and {}: to be found)."""

    type: Literal["upload-access"] = "upload-access"
    path: str
    upload_id: str
    upload_key: DataKey = Field(repr=False)
    filename: str
    encoding: str = ""
    delimiter: str = ""
    roles: dict[str, str] = {}


class ScreeningAccess(WireMessage):
    """How rows are checked: what to do with personal data, and whose tokens to count in (no model: characters)."""

    type: Literal["screening-access"] = "screening-access"
    personal_data: dict[str, str]
    tokenizer_path: str = ""
    model_name: str = ""
    max_tokens: int = Field(default=0, ge=0)
