"""Prompts: chat templates in a sandbox, and conversations as tokens with a mask of what is learned."""

from appliance.prompts.chat_prompts import ChatPrompts, EncodedConversation, encode_conversation
from appliance.prompts.chat_template import ChatTemplate, render

__all__ = ["ChatPrompts", "ChatTemplate", "EncodedConversation", "encode_conversation", "render"]
