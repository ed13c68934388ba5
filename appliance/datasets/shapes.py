"""Records into conversations: the forms that files of examples come in.

- "messages": OpenAI's fine-tuning and chat form, `messages` with role and content; TRL's `prompt` and `completion` as
    lists of messages.
- "ShareGPT": `conversations` with from and value; `system` and `tools` beside them, as LLaMA-Factory reads them.
- "Alpaca": instruction, input, output; `history` as pairs. The question is the instruction and, on the next line, the
    input.
- "columns": a question and an answer, by name, as the user chose, or by what the columns hold.

Preference pairs and plain text are refused: they are for other kinds of training.
"""

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
from appliance.datasets.turns import LABELS, LISTS, UnusableError, from_alpaca, from_messages, scalar
from appliance.foundation.errors import InputError
from appliance.foundation.messages import message

_SPLITS = {
    "training": "training",
    "train": "training",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "eval": "validation",
    "test": "test",
}
_TEXT_LABELS = ("key_fact", "group", "category")
_TURNS = {"messages": from_messages, "ShareGPT": from_messages, "Alpaca": from_alpaca}
_MAX_UNUSED = 200  # names, and characters of one


class Shaper:
    """Turns the records of one table into conversations; the first records decide how."""

    def __init__(self, roles: ColumnRoles | None, sample: Sequence[dict[str, Any]]) -> None:
        """Raises `InputError` when the columns are not clear, or the file is for another kind of training."""
        self.roles: ColumnRoles | None = None
        self.guessed_by_content = False
        self.unused: set[str] = set()
        self._roles_are_chosen = roles is not None
        self._plans: dict[tuple[str, ...], dict[str, str]] = {}
        self.shape = "columns" if roles else _shape(sample[0] if sample else {})
        if self.shape == "columns" and sample:
            header = list(sample[0])
            if roles:
                verify_roles(roles, header)
                self.roles = roles
            else:
                self.roles, self.guessed_by_content = _guess(header, sample)

    def convert(self, row: int, record: dict[str, Any]) -> Conversation | Wrong | None:
        """Return the conversation, what is wrong with the record, or None when it is empty."""
        try:
            shape = self._shape_of(record)
            if shape == "columns":
                return self._from_columns(row, record)
            messages = _TURNS[shape](record, self._note_unused)
            if problem := message_problem(messages):
                return Wrong(problem)
            return _labelled(row, messages, {name: record.get(name) for name in LABELS if name in record})
        except UnusableError as unusable:
            return Wrong(unusable.problem)
        except RecursionError:
            return Wrong(message("row.nested"))

    def block(self, header: list[str], cells: Sequence[tuple[int, list[str]]], offset: int) -> Block | None:
        """Return the rows as a block, or None unless every one is plain: `convert` then has something to say."""
        numbers, rows = zip(*cells, strict=True)
        if self.shape != "columns" or self.roles is None or set(map(len, rows)) != {len(header)}:
            return None
        try:
            plan = self._plans.get(tuple(header)) or self._plan(tuple(header))
        except UnusableError:
            return None
        if "system" in plan:
            return None
        columns = dict(zip(header, zip(*rows, strict=True), strict=True))
        questions, answers = ([cell.strip() for cell in columns[plan[role]]] for role in ("question", "answer"))
        if not all(questions) or not all(answers) or max(map(len, chain(questions, answers))) > MAX_CONTENT_CHARACTERS:
            return None
        labels = {name: [cell.strip() for cell in columns[plan[name]]] for name in LABELS if name in plan}
        for name, values in labels.items():
            converted = {value: _labelled(0, [], {name: value}) for value in set(values)}
            if any(isinstance(label, Wrong) for label in converted.values()):
                return None
            labels[name] = [getattr(converted[value], name) for value in values]
        return Block([offset + row for row in numbers], questions, answers, labels)

    def _shape_of(self, record: dict[str, Any]) -> str:
        """Return the shape of one record: a file may mix flat records and lists of messages."""
        has_list = any(name in record for name in LISTS)
        if self.shape == "columns":
            return "messages" if has_list and not self._roles_are_chosen else "columns"
        is_flat = self.shape != "Alpaca" and not has_list and not isinstance(record.get("prompt"), list)
        return "columns" if is_flat else self.shape

    def _from_columns(self, row: int, record: dict[str, Any]) -> Conversation | Wrong | None:
        header = tuple(record)
        plan = self._plans.get(header)
        if plan is None:
            plan = self._plan(header)
        question, answer = scalar(record[plan["question"]]), scalar(record[plan["answer"]])
        if not question and not answer and not any(str(cell).strip() for cell in record.values() if cell is not None):
            return None
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        if "system" in plan and (system := scalar(record[plan["system"]])):
            messages.insert(0, {"role": "system", "content": system})
        if problem := message_problem(messages):
            return Wrong(problem)
        if len(plan) == 2:
            return Conversation(row, messages)
        return _labelled(row, messages, {name: record[plan[name]] for name in LABELS if name in plan})

    def _plan(self, header: tuple[str, ...]) -> dict[str, str]:
        """Return the column of each role for records with these keys."""
        if len(self._plans) == MAX_COLUMNS:
            raise UnusableError(message("row.too-many-headers"))
        roles = self.roles
        if roles is None or (roles.question not in header or roles.answer not in header):
            try:
                roles = guess_roles(header)
            except InputError as error:
                raise UnusableError(message("row.no-columns")) from error
            self.roles = self.roles or roles
        plan = {role: name for role, name in asdict(roles).items() if name and name in header}
        self._plans[header] = plan
        self._note_unused(set(header) - set(plan.values()))
        return plan

    def _note_unused(self, names: set[str]) -> None:
        if len(self.unused) < _MAX_UNUSED:
            self.unused |= {name[:_MAX_UNUSED] for name in names}


def _labelled(row: int, messages: list[dict[str, str]], labels: dict[str, Any]) -> Conversation | Wrong:
    values = {name: scalar(value) for name, value in labels.items()}
    for name in _TEXT_LABELS:
        value = values.get(name, "")
        if value and (problem := text_problem(name, value, MAX_LABEL_CHARACTERS)):
            return Wrong(problem)
    kind, split = values.get("kind", "").casefold(), values.get("split", "").casefold()
    if kind not in KINDS:
        return Wrong(message("row.kind"))
    if split and split not in _SPLITS:
        return Wrong(message("row.split"))
    texts = {name: values.get(name, "") for name in _TEXT_LABELS}
    return Conversation(row, messages, kind=kind, split=_SPLITS.get(split, ""), **texts)


def _shape(first: dict[str, Any]) -> str:
    """Return the form of records like the first one. Raises `InputError` for those of other kinds of training."""
    if {"chosen", "rejected"} <= first.keys():
        raise InputError("dataset.shape:preferences")
    for name in LISTS:
        if name in first:
            turns = first[name]
            has_from = isinstance(turns, list) and any(isinstance(turn, dict) and "from" in turn for turn in turns)
            return "ShareGPT" if has_from or name != "messages" else "messages"
    if isinstance(first.get("prompt"), list):
        return "messages"
    if {"instruction", "output"} <= first.keys():
        return "Alpaca"
    if first.keys() == {"text"}:
        raise InputError("dataset.shape:plain-text")
    return "columns"


def _guess(header: list[str], sample: Sequence[dict[str, Any]]) -> tuple[ColumnRoles, bool]:
    try:
        return guess_roles(header), False
    except InputError:
        guessed = guess_roles_by_content(header, sample)
        if guessed is None:
            raise
        return guessed, True
