"""Answer questions."""

from typing import Literal

from pydantic import Field

from appliance.jobs.access import AdapterAccess, ModelAccess, StartMessage, WireMessage


class ServeStart(StartMessage):
    """Load a model with an adapter and answer `ChatRequest`s until stopped."""

    type: Literal["serve"] = "serve"
    model: ModelAccess
    adapter: AdapterAccess | None
    quantised: bool
    system_prompt: str


class ChatRequest(WireMessage):
    """Answer `messages` (role and content) with the original model, the tuned one, or both."""

    type: Literal["chat"] = "chat"
    request_id: str
    messages: list[dict[str, str]]
    contenders: list[Literal["original", "tuned"]]
    max_new_tokens: int = Field(ge=1, le=4096)
