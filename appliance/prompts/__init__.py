"""Prompts: chat templates in a sandbox, and conversations as tokens with a mask of what is learned."""

from appliance.prompts.chat_prompts import ChatPrompts
