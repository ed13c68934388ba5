"""Prompts: chat templates in a sandbox, conversations as tokens with the mask of what is learned, token counts
(`tokenizers`).
"""

from appliance.prompts.chat_prompts import ChatPrompts, EncodedConversation, encode_conversation
from appliance.prompts.chat_template import ChatTemplate, render

__all__ = ["ChatPrompts", "ChatTemplate", "EncodedConversation", "encode_conversation", "render"]
