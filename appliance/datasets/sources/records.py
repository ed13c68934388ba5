"""What every kind of source has in common: records with the row that they came from, and a way to say that a row is
wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError

MAX_COLUMNS = 64
MAX_CELL_CHARACTERS = 131_072  # the csv module's limit, for all
_DATA_CHARACTERS = 60  # a longer first cell is no column's name


@dataclass(frozen=True)
class Wrong:
    """In place of a record: what is wrong with the row, as a clause ("is not …")."""

    clause: str


# Row (from 1, as the program that made the file shows it) and the record, by column.
Records = Iterator[tuple[int, dict[str, Any] | Wrong]]


@dataclass(frozen=True)
class Source:
    """One table in what was brought: a file, a sheet, a file in an archive. `note` says how it was read."""

    name: str
    source_format: str
    note: str
    records: Records


def header_of(cells: Sequence[str]) -> tuple[list[str], bool]:
    """Return the columns' names and whether the row is a header; a first row that reads like data names none.

    Raises `InputError`.
    """
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        header.pop()  # spreadsheets leave empty columns at the right
    if len(header) <= 1:
        raise InputError("dataset.one-column")
    if len(header) > MAX_COLUMNS:
        raise InputError("dataset.too-many-columns", max_columns=MAX_COLUMNS)
    if any(len(cell) > _DATA_CHARACTERS or cell.endswith("?") for cell in header):
        return [f"column {number}" for number in range(1, len(header) + 1)], False
    # Spreadsheets leave unnamed columns behind; they can hold no role, and their names must not collide.
    header = [name or f"column {number}" for number, name in enumerate(header, start=1)]
    if len(set(header)) != len(header):
        raise InputError("dataset.ambiguous-columns:columns-first-row")
    return header, True


def row_record(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any] | Wrong:
    """Return the record of a row of cells; empty cells beyond the header are nobody's."""
    extra = len(cells) - len(header)
    if extra > 0 and any(cell.strip() for cell in cells[len(header) :]):
        return Wrong(f"has {len(cells)} cells instead of {len(header)} (a comma or quotation mark too many or too few)")
    if extra < 0:
        return Wrong(f"has {len(cells)} cells instead of {len(header)} (a comma or quotation mark too many or too few)")
    return dict(zip(header, cells, strict=False))
