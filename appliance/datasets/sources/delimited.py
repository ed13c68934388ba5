"""Delimited text: CSV as in RFC 4180, and its relatives with semicolons, tabs or bars.

The separator is the one that makes a table of the text, unless a first line `sep=;`, which spreadsheet programs write,
names it. Formulas are text and stay text.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from appliance.datasets.sources.records import Source, Wrong, header_of, row_record
from appliance.datasets.sources.text import TextLines
from appliance.foundation.errors import InputError
from appliance.foundation.messages import message

DELIMITERS = {"commas": ",", "semicolons": ";", "tabs": "\t", "bars": "|"}
_SAMPLE_LINES = 50
_SAMPLE_CHARACTERS = 200_000


def read_delimited(lines: TextLines, name: str, delimiter: str = "") -> Source:
    """Return the table; `delimiter` is one of the names of `DELIMITERS`, or "" to detect it."""
    if delimiter and delimiter not in DELIMITERS:
        raise InputError("dataset.delimiter", delimiters=", ".join(DELIMITERS))
    declared, sample = _declared_delimiter(lines)
    character = DELIMITERS.get(delimiter, "") or declared or _detect_delimiter(sample)
    delimiter = next(known for known, value in DELIMITERS.items() if value == character)
    note = message("read-as.delimited", encoding=lines.encoding, delimiter=delimiter)
    records = DelimitedRecords(lines, character, skip_first=bool(declared))
    return Source(name, "TSV" if character == "\t" else "CSV", note, records)


def _declared_delimiter(lines: TextLines) -> tuple[str, list[str]]:
    """Return the separator that a first line `sep=...` names, or "", and the first lines."""
    sample: list[str] = []
    size = 0
    for line in islice(lines, _SAMPLE_LINES):
        sample.append(line)
        size += len(line)
        if size > _SAMPLE_CHARACTERS:
            break
    first = sample[0].strip().strip('"').casefold() if sample else ""
    if first.startswith("sep=") and first[4:5] in DELIMITERS.values():
        return first[4:5], sample
    return ("\t", sample) if first == "sep=" else ("", sample)


def _detect_delimiter(sample: list[str]) -> str:
    """Return the separator that gives most rows the same number of cells, and the most cells; by default a comma."""

    def score(character: str) -> tuple[float, int]:
        try:
            rows = [
                len(cells) for cells in csv.reader(sample, delimiter=character) if any(cell.strip() for cell in cells)
            ]
        except csv.Error:
            return 0.0, 0
        # Not the last row: the sample may end inside a cell.
        rows = rows[:-1] if len(sample) >= _SAMPLE_LINES and len(rows) > 1 else rows
        if not rows or rows[0] < 2:
            return 0.0, 0
        return Counter(rows)[rows[0]] / len(rows), rows[0]

    return max(DELIMITERS.values(), key=score)


class DelimitedRecords(Iterator[tuple[int, dict[str, Any] | Wrong]]):
    """The records of a table. `cells` gives the same rows without making a dictionary of each."""

    def __init__(self, lines: Iterable[str], delimiter: str, *, skip_first: bool) -> None:
        self.header: list[str] = []
        self._rows = self._read(lines, delimiter, skip_first)

    def __next__(self) -> tuple[int, dict[str, Any] | Wrong]:
        row, cells = next(self._rows)
        return row, row_record(self.header, cells)

    def cells(self, count: int) -> list[tuple[int, list[str]]]:
        """Return up to `count` rows, numbered, also with too many or too few cells. Raises `InputError`."""
        return list(islice(self._rows, count))

    def _read(self, lines: Iterable[str], delimiter: str, skip_first: bool) -> Iterator[tuple[int, list[str]]]:
        rows = iter(lines)
        skipped = [next(rows)] if skip_first else []
        # An empty line takes the place of the skipped one, so that rows are numbered as in a spreadsheet.
        reader = csv.reader(chain(["\n"] * len(skipped), rows), delimiter=delimiter, strict=True)
        row = 0
        try:
            for row, cells in enumerate(reader, start=1):
                if (not cells or not cells[0].strip()) and not any(cell.strip() for cell in cells):
                    continue
                if not self.header:
                    self.header, is_header = header_of(cells)
                    if is_header:
                        continue
                yield row, cells
        except csv.Error as error:
            # The module's own message may quote content. After this row, it is unclear where rows begin.
            raise InputError("dataset.rows:broken-row", row=row + 1) from error
