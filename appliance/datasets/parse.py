"""A table of questions and answers (CSV, TSV, JSONL) into conversations. What comes in is hostile until checked.

CSV as in RFC 4180, with comma, semicolon or tab, told apart by the first line. JSONL: one object a line, flat with the same names as
columns, or with `messages`. Mistakes are collected, so that one error names up to `MAX_PROBLEMS` rows; it never quotes their
content. Rows are yielded as they are read: whoever keeps them must throw them away when the error comes at the end.
Spreadsheets (.xlsx) are not read, and formulas are text.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, islice
from typing import Any

from appliance.datasets.columns import ColumnRoles, guess_roles, verify_roles
from appliance.datasets.conversation import KINDS, MAX_LABEL_CHARACTERS, Conversation, message_problem, text_problem
from appliance.datasets.text_lines import Readable, read_lines
from appliance.foundation.errors import InputError

__all__ = ["ColumnRoles", "Preview", "parse_rows", "preview"]

MAX_ROWS = 200_000
MAX_COLUMNS = 64
MAX_PROBLEMS = 20  # named in one error
MAX_PREVIEW_ROWS = 50

_SPLITS = {
    "training": "training",
    "train": "training",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}
_ROLES = ("system", "user", "assistant")
_LABELS = ("key_fact", "group")


@dataclass(frozen=True)
class Preview:
    """The first rows as they stand: `columns`, the roles that were guessed (None when they cannot be, and `reason` says why)."""

    source_format: str
    columns: tuple[str, ...]
    roles: ColumnRoles | None
    reason: str
    rows: list[dict[str, str]]


class _Problems:
    """Collects what is wrong, row by row, into one sentence."""

    def __init__(self) -> None:
        self._clauses: list[str] = []

    def add(self, row: int, clause: str) -> None:
        self._clauses.append(f"row {row} {clause}")
        if len(self._clauses) == MAX_PROBLEMS:
            self._clauses.append("there may be more")
            self.raise_if_any()

    def raise_if_any(self) -> None:
        if self._clauses:
            raise InputError(
                f"The file was not imported: {'; '.join(self._clauses)}. Correct these rows and choose the file again.", code="dataset.rows"
            )


def parse_rows(stream: Readable, filename: str, roles: ColumnRoles | None = None) -> Iterator[Conversation]:
    """Yield a conversation for each row; rows with nothing in them are skipped. Raises `InputError` naming up to 20 rows.

    `filename` tells the format by its ending (.csv, .tsv, .jsonl); `roles`, when given, replace the guess by column names.
    """
    lines = _nonempty(read_lines(stream))
    problems = _Problems()
    records = _json_records(lines, problems) if _source_format(filename) == "jsonl" else _csv_records(lines, problems)
    build = _builder(roles)
    count = 0
    for row, record in records:
        count += 1
        if count > MAX_ROWS:
            raise InputError(f"The file has more than {MAX_ROWS:,} rows. Split it into several datasets.", code="dataset.too-many-rows")
        conversation, problem = build(row, record)
        if problem:
            problems.add(row, problem)
        elif conversation:
            yield conversation
    problems.raise_if_any()
    if not count:
        raise InputError("The file has no rows under its first line. Add at least one question and its answer.", code="dataset.empty")


def preview(stream: Readable, filename: str, rows: int = 5) -> Preview:
    """Return the first rows and the guess of the roles, for somebody to confirm. Raises `InputError` when it is no table at all."""
    source_format, problems = _source_format(filename), _Problems()
    lines = _nonempty(read_lines(stream))
    records = _json_records(lines, problems) if source_format == "jsonl" else _csv_records(lines, problems)
    first = [
        {name: value if isinstance(value, str) else json.dumps(value) for name, value in record.items()}
        for _, record in islice(records, min(rows, MAX_PREVIEW_ROWS))
    ]
    problems.raise_if_any()
    if not first:
        raise InputError("The file has no rows under its first line. Add at least one question and its answer.", code="dataset.empty")
    columns = tuple(first[0])
    if "messages" in columns:
        return Preview(source_format, columns, None, "", first)
    try:
        return Preview(source_format, columns, guess_roles(columns), "", first)
    except InputError as error:
        return Preview(source_format, columns, None, error.sentence, first)


def _source_format(filename: str) -> str:
    """Return "csv" or "jsonl" by the file name's ending."""
    ending = filename.rpartition(".")[2].casefold()
    formats = {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl"}
    if ending not in formats:
        raise InputError("The file's name must end in .csv, .tsv or .jsonl. Save the table as one of these.", code="dataset.ending")
    return formats[ending]


def _nonempty(lines: Iterator[str]) -> Iterator[str]:
    first = next(lines, None)
    if first is None:
        raise InputError("The file is empty. Choose one with at least one question and its answer.", code="dataset.empty")
    return chain([first], lines)


def _csv_records(lines: Iterator[str], problems: _Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    first = next(lines)
    reader = csv.reader(chain([first], lines), delimiter=_delimiter(first), strict=True)
    row = 0
    header: list[str] = []
    try:
        for row, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _verified_header(cells)
            elif len(cells) != len(header):
                problems.add(row, f"has {len(cells)} cells instead of {len(header)} (a comma or quotation mark too many or too few)")
            else:
                yield row, dict(zip(header, cells, strict=True))
    except csv.Error:
        # The module's own message may hold content, so it is replaced. What follows in the file cannot be trusted to be rows.
        problems.add(
            row + 1, "has a quotation mark that is never closed, text after a closing one, or a huge cell; the rows after it were not read"
        )


def _delimiter(first_line: str) -> str:
    """Return the separator that divides the first line into most cells; a comma when none does."""
    return max(",;\t", key=first_line.count)


def _verified_header(cells: list[str]) -> list[str]:
    header = [cell.strip() for cell in cells]
    if len(header) == 1:
        raise InputError(
            "The table has only one column; it needs at least a question and an answer. Separate them by commas, semicolons or tabs.",
            code="dataset.one-column",
        )
    if len(header) > MAX_COLUMNS:
        raise InputError(
            f"The table has more than {MAX_COLUMNS} columns. Delete those that are not needed.", code="dataset.too-many-columns"
        )
    # Spreadsheets leave unnamed columns behind; they can hold no role, and their names must not collide.
    header = [name or f"column {number}" for number, name in enumerate(header, start=1)]
    if len(set(header)) != len(header):
        raise InputError("Two columns of the first row have the same name. Rename one of them.", code="dataset.ambiguous-columns")
    return header


def _json_records(lines: Iterable[str], problems: _Problems) -> Iterator[tuple[int, dict[str, Any]]]:
    for row, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_without_duplicates)
        except (ValueError, RecursionError):
            problems.add(row, "is not one JSON object (each line must be a whole one, no key twice)")
            continue
        if not isinstance(record, dict) or len(record) > MAX_COLUMNS:
            problems.add(row, f"is not a JSON object with up to {MAX_COLUMNS} keys")
        else:
            yield row, record


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a key stands twice")
    return record


_Build = Callable[[int, dict[str, Any]], tuple[Conversation | None, str]]


def _builder(roles: ColumnRoles | None) -> _Build:
    """Return what turns a record into a conversation or a problem; it finds the columns at the first record."""
    known: dict[tuple[str, ...], dict[str, str]] = {}

    def build(row: int, record: dict[str, Any]) -> tuple[Conversation | None, str]:
        if "messages" in record and roles is None:
            return _from_messages(row, record)
        header = tuple(record)
        if header not in known:
            if len(known) == MAX_COLUMNS:
                return None, "has other keys than the rows before it, once too often"
            if roles:
                verify_roles(roles, header)
            known[header] = {role: name for role, name in asdict(roles or guess_roles(header)).items() if name}
        return _from_columns(row, {role: record[name] for role, name in known[header].items()})

    return build


def _from_columns(row: int, values: dict[str, Any]) -> tuple[Conversation | None, str]:
    if not all(isinstance(value, str) for value in values.values()):
        return None, "has a value that is not text"
    system = values.get("system", "").strip()
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": values["question"].strip()})
    messages.append({"role": "assistant", "content": values["answer"].strip()})
    return _conversation(row, messages, values)


def _from_messages(row: int, record: dict[str, Any]) -> tuple[Conversation | None, str]:
    raw = record["messages"]
    well_formed = isinstance(raw, list) and all(
        isinstance(message, dict)
        and set(message) == {"role", "content"}
        and message["role"] in _ROLES
        and isinstance(message["content"], str)
        for message in raw
    )
    if not well_formed:
        return None, f"has messages that are not a list of role ({', '.join(_ROLES)}) and content (text)"
    labels = {name: record.get(name, "") for name in ("key_fact", "kind", "group", "split")}
    if not all(isinstance(value, str) for value in labels.values()):
        return None, "has a value that is not text"
    messages = [{"role": message["role"], "content": message["content"].strip()} for message in raw]
    return _conversation(row, messages, labels)


def _conversation(row: int, messages: list[dict[str, str]], labels: dict[str, str]) -> tuple[Conversation | None, str]:
    """Check everything about one row; the first problem is reported."""
    problem = message_problem(messages)
    if problem:
        return None, problem
    for name in _LABELS:
        value = labels.get(name, "").strip()
        problem = text_problem(value, MAX_LABEL_CHARACTERS) if value else ""
        if problem:
            return None, f"has a {name.replace('_', ' ')} that {problem}"
    kind, split = labels.get("kind", "").strip().casefold(), labels.get("split", "").strip().casefold()
    if kind not in KINDS:
        return None, 'has a kind that is neither "answerable" nor "unanswerable"'
    if split and split not in _SPLITS:
        return None, 'has a split that is none of "training", "validation" and "test"'
    key_fact, group = labels.get("key_fact", "").strip(), labels.get("group", "").strip()
    return Conversation(row, messages, key_fact, kind, group, _SPLITS.get(split, "")), ""
