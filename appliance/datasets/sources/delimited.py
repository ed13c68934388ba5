"""Delimited text: CSV as in RFC 4180, and its relatives with semicolons, tabs or bars. The separator is the one that
gives a table.

A first line `sep=;`, which spreadsheet programs write, says it. Formulas are text and stay text.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from appliance.datasets.sources.records import Source, Wrong, header_of, row_record
from appliance.datasets.sources.text import TextLines
from appliance.foundation.errors import InputError

DELIMITERS = {"commas": ",", "semicolons": ";", "tabs": "\t", "bars": "|"}
_SAMPLE_LINES = 50
_SAMPLE_CHARACTERS = 200_000


def read_delimited(lines: TextLines, name: str, delimiter: str = "") -> Source:
    """Return the table; `delimiter` is one of the names of `DELIMITERS`, or "" to find it."""
    if delimiter and delimiter not in DELIMITERS:
        raise InputError("dataset.delimiter", delimiters=", ".join(DELIMITERS))
    said, sample = _said(lines)
    character = DELIMITERS.get(delimiter, "") or said or _find_delimiter(sample)
    spoken = next(spoken for spoken, value in DELIMITERS.items() if value == character)
    records = DelimitedRecords(lines, character, skip_first=bool(said))
    return Source(name, "CSV" if character != "\t" else "TSV", f"{lines.encoding}, {spoken}", records)


def _said(lines: TextLines) -> tuple[str, list[str]]:
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


def _find_delimiter(sample: list[str]) -> str:
    """Return the separator by which most rows of the sample have the same number of cells, and the most cells; a comma
    when none does.
    """

    def score(character: str) -> tuple[float, int]:
        try:
            # Not the last row: the sample may end inside of a cell.
            rows = [
                len(cells) for cells in csv.reader(sample, delimiter=character) if any(cell.strip() for cell in cells)
            ]
        except csv.Error:
            return 0.0, 0
        rows = rows[:-1] if len(sample) >= _SAMPLE_LINES and len(rows) > 1 else rows
        if not rows or rows[0] < 2:
            return 0.0, 0
        return Counter(rows)[rows[0]] / len(rows), rows[0]

    return max(DELIMITERS.values(), key=score)


class DelimitedRecords(Iterator[tuple[int, dict[str, Any] | Wrong]]):
    """The records of a table; whoever reads many of them takes `cells`, which are the same rows without a dictionary
    for each.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, *, skip_first: bool) -> None:
        self.header: list[str] = []
        self._rows = self._read(lines, delimiter, skip_first)

    def __next__(self) -> tuple[int, dict[str, Any] | Wrong]:
        row, cells = next(self._rows)
        return row, row_record(self.header, cells)

    def cells(self, count: int) -> list[tuple[int, list[str]]]:
        """Return up to so many rows, with their numbers, as they stand: with too many or too few cells, too.

        Raises `InputError`.
        """
        return list(islice(self._rows, count))

    def _read(self, lines: Iterable[str], delimiter: str, skip_first: bool) -> Iterator[tuple[int, list[str]]]:
        rows = iter(lines)
        skipped = [next(rows)] if skip_first else []
        # The skipped line is given back as an empty one, so that rows are numbered as a spreadsheet does.
        reader = csv.reader(chain(["\n"] * len(skipped), rows), delimiter=delimiter, strict=True)
        row = 0
        try:
            for row, cells in enumerate(reader, start=1):
                if (not cells or not cells[0].strip()) and not any(cell.strip() for cell in cells):
                    continue
                if not self.header:
                    self.header, named = header_of(cells)
                    if named:
                        continue
                yield row, cells
        except csv.Error as error:
            # The module's own message may hold content, so it is replaced. What follows in the file cannot be trusted
            # to be rows.
            raise InputError("dataset.rows:file-imported-row", row=row + 1) from error
