"""Answer questions."""

from typing import Literal

from pydantic import Field

from appliance.jobs.access import AdapterAccess, ModelAccess, StartMessage, WireMessage

ORIGINAL, TUNED = "original", "tuned"  # contenders: the base model as it came, and with the adapter
CONTENDERS = (ORIGINAL, TUNED)


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
