"""The turns of a record that holds whole conversations: lists of messages (OpenAI, ShareGPT) and Alpaca's fields.

Tool calls are kept as text, in the form of Qwen2.5's chat template (Hermes function calling): `<tool_call>` within the
assistant's turn, `<tool_response>` as a turn of the user, the tools' definitions within `<tools>` at the end of the
system prompt. User and assistant then still take turns, and every chat template can render them.
"""

import contextlib
import json
from collections.abc import Callable
from typing import Any

from appliance.foundation.messages import Message, message

LABELS = ("key_fact", "kind", "group", "category", "split")
LISTS = ("messages", "conversations", "conversation")
_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bard": "assistant",
    "bing": "assistant",
    "model": "assistant",
    "function_call": "call",
    "tool": "result",
    "function": "result",
    "observation": "result",
    "tool_response": "result",
}
_MESSAGE_KEYS = {"role", "from", "content", "value", "tool_calls", "function_call", "tool_call_id"}
_ALPACA_KEYS = {"instruction", "input", "output", "system", "history"}
_TOOLS = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n{tools}\n</tools>\n\n"
    "For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML "
    "tags:\n"
    '<tool_call>\n{{"name": <function-name>, "arguments": <args-json-object>}}\n</tool_call>'
)

Turns = list[dict[str, str]]
NoteUnused = Callable[[set[str]], None]


class UnusableError(ValueError):
    """A record that makes no conversation, and why."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem.id)
        self.problem = problem


def from_messages(record: dict[str, Any], note_unused: NoteUnused) -> Turns:
    """Return the turns of a list of messages. Raises `UnusableError`."""
    list_name = next((name for name in LISTS if name in record), "")
    if list_name or "prompt" not in record:
        messages, used = as_list(record.get(list_name), list_name), {list_name}
    else:
        messages = [item for key in ("prompt", "completion") for item in as_list(record.get(key), key)]
        used = {"prompt", "completion"}
    note_unused(set(record) - used - {"tools", "functions", "system", *LABELS})
    turns = _TurnList()
    if system := record.get("system"):
        turns.say("system", scalar(system))
    for item in messages:
        if not isinstance(item, dict):
            raise UnusableError(message("row.message-not-object"))
        _add_turn(turns, item, note_unused)
    tools = record.get("tools", record.get("functions"))
    return turns.with_tools(_definitions(tools) if tools else "")


def from_alpaca(record: dict[str, Any], note_unused: NoteUnused) -> Turns:
    """Return the turns of instruction, input and output, after those of `history`. Raises `UnusableError`."""
    note_unused(set(record) - _ALPACA_KEYS - set(LABELS))
    turns = [{"role": "system", "content": system}] if (system := scalar(record.get("system"))) else []
    for pair in as_list(record.get("history"), "history"):
        if not isinstance(pair, list) or len(pair) != 2:
            raise UnusableError(message("row.history"))
        turns += [{"role": "user", "content": scalar(pair[0])}, {"role": "assistant", "content": scalar(pair[1])}]
    question = "\n".join(filter(None, (scalar(record.get("instruction")), scalar(record.get("input")))))
    answer = scalar(record.get("output"))
    return [*turns, {"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def scalar(value: Any) -> str:
    """Return a value as text. Raises `UnusableError` for lists, objects and bytes."""
    if type(value) is str:
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple, bytes)):
        raise UnusableError(message("row.not-text"))
    try:
        return str(value)
    except ValueError as error:  # an integer of more digits than Python converts
        raise UnusableError(message("row.not-text")) from error


def as_list(value: Any, key: str) -> list[Any]:
    """Return the list that a key holds, empty for None. Raises `UnusableError`."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnusableError(message("row.not-list", key=key))
    return value


class _TurnList:
    """Collects turns. Consecutive tool results become one turn of the user."""

    def __init__(self) -> None:
        self._turns: Turns = []
        self._after_result = False

    def say(self, role: str, content: str) -> None:
        last = self._turns[-1] if self._turns else {"role": "", "content": ""}
        has_call = content.startswith("<tool_call>") or last["content"].endswith("</tool_call>")
        if role == last["role"] == "assistant" and has_call:
            last["content"] += "\n" + content  # words and the call that they lead to, or several calls
        else:
            self._turns.append({"role": role, "content": content})
        self._after_result = False

    def add_result(self, content: str) -> None:
        result = _tagged("tool_response", content)
        if self._after_result:
            self._turns[-1]["content"] += "\n" + result
        else:
            self._turns.append({"role": "user", "content": result})
        self._after_result = True

    def with_tools(self, definitions: str) -> Turns:
        if definitions and self._turns and self._turns[0]["role"] == "system":
            self._turns[0]["content"] += "\n\n" + definitions
        elif definitions:
            self._turns.insert(0, {"role": "system", "content": definitions})
        return self._turns


def _add_turn(turns: _TurnList, item: dict[str, Any], note_unused: NoteUnused) -> None:
    name = item.get("role", item.get("from"))
    role = _ROLES.get(name.strip().casefold()) if isinstance(name, str) else None
    if role is None:
        raise UnusableError(message("row.role"))
    calls = as_list(item.get("tool_calls"), "tool_calls")
    if item.get("function_call"):
        calls = [*calls, item["function_call"]]
    content = _content(item.get("content", item.get("value")))
    note_unused({f"messages.{key}" for key, value in item.items() if key not in _MESSAGE_KEYS and value is not None})
    if role == "call":
        turns.say("assistant", _tagged("tool_call", content))
    elif role == "result":
        turns.add_result(content)
    else:
        turns.say(role, "\n".join(filter(None, (content, *map(_call, calls)))))


def _content(content: Any) -> str:
    """Return the text of a message: text, or a list of parts that are all text."""
    if not isinstance(content, list):
        return scalar(content)
    texts = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str) and part.get("type", "text") == "text":
            texts.append(part["text"])
        else:
            raise UnusableError(message("row.media"))
    return "\n".join(texts).strip()


def _call(call: Any) -> str:
    """Return one tool call as text; its arguments may be JSON in a string."""
    function = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise UnusableError(message("row.tool-name"))
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError, RecursionError):  # otherwise they stay as written
            arguments = json.loads(arguments)
    return _tagged("tool_call", json.dumps({"name": function["name"], "arguments": arguments}, ensure_ascii=False))


def _tagged(tag: str, content: str) -> str:
    return f"<{tag}>\n{content}\n</{tag}>"


def _definitions(tools: Any) -> str:
    if isinstance(tools, str):
        try:
            tools = json.loads(tools)
        except (ValueError, RecursionError) as error:
            raise UnusableError(message("row.tools-not-json")) from error
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise UnusableError(message("row.tools-not-objects"))
    return _TOOLS.format(tools="\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)) if tools else ""
