"""Records into conversations: the forms that files of examples come in.

- "messages": OpenAI's fine-tuning and chat form, `messages` with role and content; TRL's `prompt` and `completion` as
    lists of messages.
- "ShareGPT": `conversations` with from and value; `system` and `tools` beside them, as LLaMA-Factory reads them.
- "Alpaca": instruction, input, output; `history` as pairs. The question is the instruction and, below a line break, the
    input.
- "columns": a question and an answer by name, by what somebody says, or by what the columns hold.

Calls of tools are kept as text, in the form of Qwen2.5's chat template (Hermes function calling): `<tool_call>` within
the assistant's turn, `<tool_response>` as a turn of the user, the tools' definitions within `<tools>` at the end of the
system text. So user and assistant still take turns, and every chat template can write it. Preference pairs and plain
text are refused: they are for other kinds of training.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

from appliance.datasets.blocks import Block
from appliance.datasets.columns import ColumnRoles, guess_roles, guess_roles_by_content, verify_roles
from appliance.datasets.conversation import (
    KINDS,
    MAX_CONTENT_CHARACTERS,
    MAX_LABEL_CHARACTERS,
    Conversation,
    message_problem,
    text_problem,
)
from appliance.datasets.sources.records import MAX_COLUMNS, Wrong
from appliance.foundation.errors import InputError

_SPLITS = {
    "training": "training",
    "train": "training",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "eval": "validation",
    "test": "test",
}
_LABELS = ("key_fact", "kind", "group", "category", "split")
_CHECKED_LABELS = ("key_fact", "group", "category")
_SPEAKERS = {
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
_LISTS = ("messages", "conversations", "conversation")
_ALPACA = {"instruction", "input", "output", "system", "history"}
_TOOLS = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n{tools}\n</tools>\n\n"
    "For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML "
    "tags:\n"
    '<tool_call>\n{{"name": <function-name>, "arguments": <args-json-object>}}\n</tool_call>'
)
_MAX_NAMED = 200


class _UnusableError(ValueError):
    """A record that makes no conversation. The argument is the clause."""


class Shaper:
    """Turns the records of one table into conversations; how, is decided by the first of them."""

    def __init__(self, roles: ColumnRoles | None, sample: Sequence[dict[str, Any]]) -> None:
        """Raises `InputError` when the columns cannot be told, or the file is one for another kind of training."""
        self.roles: ColumnRoles | None = None
        self.guessed_by_content = False
        self._is_guessed = roles is None
        self.unused: set[str] = set()
        self._plans: dict[tuple[str, ...], dict[str, str]] = {}
        keys = {key for record in sample[:1] for key in record} or set()
        self.shape = "columns" if roles else _shape(keys, sample)
        if self.shape == "columns" and sample:
            header = list(sample[0])
            if roles:
                verify_roles(roles, header)
                self.roles = roles
            else:
                self.roles, self.guessed_by_content = _guess(header, sample)

    def convert(self, row: int, record: dict[str, Any]) -> Conversation | Wrong | None:
        """Return the conversation, what is wrong with the record, or None when nothing is in it."""
        try:
            shape = self._shape_of(record)
            if shape == "columns":
                return self._from_columns(row, record)
            messages = _SHAPES[shape](self, record)
            if problem := message_problem(messages):
                return Wrong(problem)
            return self._labelled(row, messages, {name: record.get(name) for name in _LABELS if name in record})
        except _UnusableError as unusable:
            return Wrong(str(unusable))
        except RecursionError:
            return Wrong("is nested too deeply")

    def _shape_of(self, record: dict[str, Any]) -> str:
        """Return the shape of one record: flat ones and lists of messages may stand in one file."""
        has_list = any(name in record for name in _LISTS)
        if self.shape == "columns":
            return "messages" if has_list and self._is_guessed else "columns"
        flat = self.shape != "Alpaca" and not has_list and not isinstance(record.get("prompt"), list)
        return "columns" if flat else self.shape

    def _from_columns(self, row: int, record: dict[str, Any]) -> Conversation | Wrong | None:
        header = tuple(record)
        plan = self._plans.get(header)
        if plan is None:
            plan = self._plan(header)
        question = record[plan["question"]]
        answer = record[plan["answer"]]
        question = question.strip() if type(question) is str else _scalar(question)
        answer = answer.strip() if type(answer) is str else _scalar(answer)
        if (
            not question
            and not answer
            and not any(str(value).strip() for value in record.values() if value is not None)
        ):
            return None
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        if "system" in plan and (system := _scalar(record[plan["system"]])):
            messages.insert(0, {"role": "system", "content": system})
        if problem := message_problem(messages):
            return Wrong(problem)
        if len(plan) == 2:
            return Conversation(row, messages)
        return self._labelled(row, messages, {name: record[plan[name]] for name in _LABELS if name in plan})

    def block(self, header: list[str], cells: Sequence[tuple[int, list[str]]], offset: int) -> Block | None:
        """Return the rows as a block, or None when not every one of them is plain:

        `convert` then says what there is to say.
        """
        numbers, rows = zip(*cells, strict=True)
        if self.shape != "columns" or self.roles is None or set(map(len, rows)) != {len(header)}:
            return None
        try:
            plan = self._plans.get(tuple(header)) or self._plan(tuple(header))
        except _UnusableError:
            return None
        if "system" in plan:
            return None
        columns = dict(zip(header, zip(*rows, strict=True), strict=True))
        questions, answers = ([cell.strip() for cell in columns[plan[role]]] for role in ("question", "answer"))
        if not all(questions) or not all(answers) or max(map(len, chain(questions, answers))) > MAX_CONTENT_CHARACTERS:
            return None
        labels = {name: [cell.strip() for cell in columns[plan[name]]] for name in _LABELS if name in plan}
        for name, values in labels.items():
            told = {value: self._labelled(0, [], {name: value}) for value in set(values)}
            if any(isinstance(each, Wrong) for each in told.values()):
                return None
            labels[name] = [getattr(told[value], name) for value in values]
        return Block([offset + row for row in numbers], questions, answers, labels)

    def _plan(self, header: tuple[str, ...]) -> dict[str, str]:
        """Return the column of each role for records with these keys."""
        if len(self._plans) == MAX_COLUMNS:
            raise _UnusableError("has other keys than the rows before it, once too often")
        roles = self.roles
        if roles is None or (roles.question not in header or roles.answer not in header):
            try:
                roles = guess_roles(header)
            except InputError as error:
                raise _UnusableError(
                    "has neither a question nor an answer by the names that the rows before it have"
                ) from error
            self.roles = self.roles or roles
        plan = {role: name for role, name in asdict(roles).items() if name and name in header}
        self._plans[header] = plan
        self._not_used(set(header) - set(plan.values()))
        return plan

    def _labelled(self, row: int, messages: list[dict[str, str]], labels: dict[str, Any]) -> Conversation | Wrong:
        values = {name: _scalar(value) for name, value in labels.items()}
        for name in _CHECKED_LABELS:
            value = values.get(name, "")
            if value and (problem := text_problem(value, MAX_LABEL_CHARACTERS)):
                return Wrong(f"has a {name.replace('_', ' ')} that {problem}")
        kind, split = values.get("kind", "").casefold(), values.get("split", "").casefold()
        if kind not in KINDS:
            return Wrong('has a kind that is neither "answerable" nor "unanswerable"')
        if split and split not in _SPLITS:
            return Wrong('has a split that is none of "training", "validation" and "test"')
        return Conversation(
            row,
            messages,
            values.get("key_fact", ""),
            kind,
            values.get("group", ""),
            values.get("category", ""),
            _SPLITS.get(split, ""),
        )

    def _not_used(self, names: set[str]) -> None:
        if len(self.unused) < _MAX_NAMED:
            self.unused |= {name[:_MAX_NAMED] for name in names}

    def from_messages(self, record: dict[str, Any]) -> list[dict[str, str]]:
        """Return the turns of a list of messages."""
        name = next((name for name in _LISTS if name in record), "")
        raw = record.get(name)
        if not name and "prompt" in record:
            raw = [part for key in ("prompt", "completion") for part in _as_list(record.get(key))]
        used = {name, "tools", "functions", "system", *_LABELS} | ({"prompt", "completion"} if not name else set())
        self._not_used(set(record) - used)
        turns = _Turns()
        if system := record.get("system"):
            turns.say("system", _scalar(system))
        for message in _as_list(raw):
            if not isinstance(message, dict):
                raise _UnusableError("has a message that is no object with a role and a content")
            self._turn(turns, message)
        tools = record.get("tools", record.get("functions"))
        return turns.messages(_definitions(tools) if tools else "")

    def _turn(self, turns: "_Turns", message: dict[str, Any]) -> None:
        role = message.get("role", message.get("from"))
        speaker = _SPEAKERS.get(role.strip().casefold()) if isinstance(role, str) else None
        if speaker is None:
            raise _UnusableError("has a message whose role is none of system, user, assistant and tool")
        calls = [
            *_as_list(message.get("tool_calls")),
            *([message["function_call"]] if message.get("function_call") else []),
        ]
        content = _content(message.get("content", message.get("value")))
        known = {"role", "from", "content", "value", "tool_calls", "function_call", "tool_call_id"}
        self._not_used(
            {f"messages.{name}" for name, value in message.items() if name not in known and value is not None}
        )
        if speaker == "call":
            turns.say("assistant", _wrapped("tool_call", content))
        elif speaker == "result":
            turns.respond(content)
        else:
            turns.say(speaker, "\n".join(part for part in (content, *map(_call, calls)) if part))

    def from_alpaca(self, record: dict[str, Any]) -> list[dict[str, str]]:
        """Return the turns of instruction, input and output."""
        self._not_used(set(record) - _ALPACA - set(_LABELS))
        messages = [{"role": "system", "content": system}] if (system := _scalar(record.get("system"))) else []
        for pair in _as_list(record.get("history")):
            if not isinstance(pair, list) or len(pair) != 2:
                raise _UnusableError("has a history that is not a list of pairs of question and answer")
            messages += [
                {"role": "user", "content": _scalar(pair[0])},
                {"role": "assistant", "content": _scalar(pair[1])},
            ]
        question = "\n".join(
            part for part in (_scalar(record.get("instruction")), _scalar(record.get("input"))) if part
        )
        return [
            *messages,
            {"role": "user", "content": question},
            {"role": "assistant", "content": _scalar(record.get("output"))},
        ]


_SHAPES = {"messages": Shaper.from_messages, "ShareGPT": Shaper.from_messages, "Alpaca": Shaper.from_alpaca}


class _Turns:
    """Collects turns; what tools answer is one turn of the user, however many answers there are."""

    def __init__(self) -> None:
        self._messages: list[dict[str, str]] = []
        self._responding = False

    def say(self, role: str, content: str) -> None:
        last = self._messages[-1]["role"] if self._messages else ""
        if role == last == "assistant" and (
            content.startswith("<tool_call>") or self._messages[-1]["content"].endswith("</tool_call>")
        ):
            self._messages[-1]["content"] += "\n" + content  # words and the call they lead to, or several calls
        else:
            self._messages.append({"role": role, "content": content})
        self._responding = False

    def respond(self, content: str) -> None:
        response = _wrapped("tool_response", content)
        if self._responding:
            self._messages[-1]["content"] += "\n" + response
        else:
            self._messages.append({"role": "user", "content": response})
        self._responding = True

    def messages(self, tools: str) -> list[dict[str, str]]:
        if tools:
            if self._messages and self._messages[0]["role"] == "system":
                self._messages[0]["content"] += "\n\n" + tools
            else:
                self._messages.insert(0, {"role": "system", "content": tools})
        return self._messages


def _shape(keys: set[str], sample: Sequence[dict[str, Any]]) -> str:
    """Return the form of records with these keys. Raises `InputError` for what is not for this kind of training."""
    if {"chosen", "rejected"} <= keys:
        raise InputError("dataset.shape")
    first = sample[0] if sample else {}
    for name in _LISTS:
        if name in keys:
            turns = first.get(name)
            old = isinstance(turns, list) and any(isinstance(turn, dict) and "from" in turn for turn in turns)
            return "ShareGPT" if old or name != "messages" else "messages"
    if isinstance(first.get("prompt"), list):
        return "messages"
    if {"instruction", "output"} <= keys:
        return "Alpaca"
    if keys == {"text"}:
        raise InputError("dataset.shape:file-holds-plain")
    return "columns"


def _guess(header: list[str], sample: Sequence[dict[str, Any]]) -> tuple[ColumnRoles, bool]:
    try:
        return guess_roles(header), False
    except InputError:
        guessed = guess_roles_by_content(header, sample)
        if guessed is None:
            raise
        return guessed, True


def _scalar(value: Any) -> str:
    if type(value) is str:
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple, bytes)):
        raise _UnusableError("has a value that is not text")
    try:
        return str(value)
    except ValueError as error:  # a whole number of more digits than Python writes
        raise _UnusableError("has a value that is not text") from error


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _UnusableError("has a list of messages that is none")
    return value


def _content(content: Any) -> str:
    """Return the text of a message: text, or a list of parts that are all text."""
    if not isinstance(content, list):
        return _scalar(content)
    texts = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str) and part.get("type", "text") == "text":
            texts.append(part["text"])
        else:
            raise _UnusableError("has a message with a picture, a sound or a file; only text is learned here")
    return "\n".join(texts).strip()


def _call(call: Any) -> str:
    """Return one call of a tool as text; its arguments may be JSON in a text."""
    function = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise _UnusableError("has a call of a tool without a name")
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError, RecursionError):  # else as it was written
            arguments = json.loads(arguments)
    return _wrapped("tool_call", json.dumps({"name": function["name"], "arguments": arguments}, ensure_ascii=False))


def _wrapped(tag: str, content: str) -> str:
    return f"<{tag}>\n{content}\n</{tag}>"


def _definitions(tools: Any) -> str:
    if isinstance(tools, str):
        try:
            tools = json.loads(tools)
        except (ValueError, RecursionError) as error:
            raise _UnusableError("has tools that are not JSON") from error
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise _UnusableError("has tools that are not a list of objects")
    return _TOOLS.format(tools="\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)) if tools else ""
