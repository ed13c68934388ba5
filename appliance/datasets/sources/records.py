"""What all sources have in common: records with the row that they came from, or what is wrong with that row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message

MAX_COLUMNS = 64
MAX_CELL_CHARACTERS = 131_072  # the csv module's limit, for all
_NAME_CHARACTERS = 60  # a longer first cell is not the name of a column


@dataclass(frozen=True)
class Wrong:
    """In place of a record: what is wrong with the row. The sentence does not name the row; whoever shows it does."""

    problem: Message


# Row (from 1, as the program that made the file shows it) and the record, by column.
Records = Iterator[tuple[int, dict[str, Any] | Wrong]]


@dataclass(frozen=True)
class Source:
    """One table in what was brought: a file, a sheet, a file in an archive. `note` says how it was read."""

    name: str
    source_format: str
    note: Message
    records: Records


def header_of(cells: Sequence[str]) -> tuple[list[str], bool]:
    """Return the columns' names, and whether the row is a header; if it reads like data, columns are numbered.

    Raises `InputError`.
    """
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        header.pop()  # spreadsheets leave empty columns at the right
    if len(header) <= 1:
        raise InputError("dataset.one-column")
    if len(header) > MAX_COLUMNS:
        raise InputError("dataset.too-many-columns", max_columns=MAX_COLUMNS)
    if any(len(cell) > _NAME_CHARACTERS or cell.endswith("?") for cell in header):
        return [f"column {number}" for number in range(1, len(header) + 1)], False
    # Spreadsheets leave unnamed columns behind; they have no role, and their names must not collide.
    header = [name or f"column {number}" for number, name in enumerate(header, start=1)]
    if len(set(header)) != len(header):
        raise InputError("dataset.ambiguous-columns:same-name")
    return header, True


def row_record(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any] | Wrong:
    """Return the record of a row of cells; empty cells beyond the header are ignored."""
    if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
        return Wrong(message("row.cells", cells=len(cells), columns=len(header)))
    return dict(zip(header, cells, strict=False))


def printable(name: str) -> str:
    """Return a name from outside with a space in place of each control character."""
    return "".join(character if character.isprintable() else " " for character in name)
