"""What was brought, as conversations: every source one after the other, with rows numbered across all of them.

A row that cannot be used is left out and reported: its number, what is wrong, what to do. When more than one row in ten
is wrong, the file was probably misunderstood, and nothing is imported. No message quotes a row.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from appliance.datasets.blocks import ROWS as BLOCK_ROWS
from appliance.datasets.blocks import Block
from appliance.datasets.columns import ColumnRoles
from appliance.datasets.conversation import Conversation
from appliance.datasets.report import (
    DatasetReport,
    FilePreview,
    LeftOut,
    PreviewedRow,
    PreviewedSource,
    RowFinding,
    SourceReport,
)
from appliance.datasets.shapes import Shaper
from appliance.datasets.sources import Opened, Source, Wrong, open_sources
from appliance.datasets.sources.delimited import DelimitedRecords
from appliance.datasets.sources.records import row_record
from appliance.datasets.sources.text import Seekable
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message, sentences

MAX_ROWS = 5_000_000
MAX_PROBLEMS = 20  # in one error
MAX_LEFT_OUT = 500  # in a report
WRONG_SHARE = 10  # one row in so many may be wrong
MAX_PREVIEW_ROWS = 50
MAX_PREVIEW_SOURCES = 20
MAX_COLUMNS_SHOWN = 64
MAX_UNUSED_SHOWN = 50
_PREVIEW_CHARACTERS = 500
_SAMPLE_ROWS = 200
_EARLY_ROWS = 1000  # so many wrong rows and hardly a right one: reading stops


@dataclass(frozen=True)
class Choices:
    """What the user chose for the file; "" and None are detected."""

    encoding: str = ""
    delimiter: str = ""
    roles: ColumnRoles | None = None


class Reading:
    """The conversations of a file, to be read once; `sources`, `left_out` and `unread` are complete at the end."""

    def __init__(self, stream: Seekable, filename: str, choices: Choices | None = None) -> None:
        """Raises `InputError` when the file cannot be read."""
        self._choices = choices or Choices()
        self._opened: Opened = open_sources(
            stream, filename, encoding=self._choices.encoding, delimiter=self._choices.delimiter
        )
        self.sources: list[SourceReport] = []
        self.left_out: list[RowFinding] = []  # the first rows
        self.left_out_count = 0
        self._rows = 0

    @property
    def unread(self) -> list[Message]:
        """What was not read, and why."""
        return self._opened.unread

    @property
    def source_format(self) -> str:
        """The formats of the sources, in one phrase."""
        return ", ".join(dict.fromkeys(source.source_format for source in self.sources)) or "table"

    def __iter__(self) -> Iterator[Conversation]:
        """Yield the rows that can be used.

        Raises `InputError`, perhaps only at the end: the caller must then discard all rows.
        """
        for item in self._read(in_blocks=False):
            if isinstance(item, Conversation):
                yield item

    def in_blocks(self) -> Iterator[Conversation | Block]:
        """Yield the same rows, with plain ones in blocks. Raises `InputError` as `__iter__` does."""
        return self._read(in_blocks=True)

    def report(self) -> DatasetReport:
        """Return how the file was understood."""
        left_out = LeftOut(self.left_out_count, tuple(self.left_out))
        return DatasetReport(sources=tuple(self.sources), unread=tuple(self.unread), left_out=left_out)

    def _read(self, *, in_blocks: bool) -> Iterator[Conversation | Block]:
        last_row = 0
        for source in self._opened.sources:
            last_row = yield from self._read_source(source, last_row, in_blocks)
        if self._rows and self.left_out_count * WRONG_SHARE > self._rows:
            raise self._refusal()
        if self._rows == self.left_out_count:
            raise InputError("dataset.empty:no-rows")

    def _read_source(self, source: Source, offset: int, in_blocks: bool) -> Generator[Conversation | Block, None, int]:
        """Yield the source's conversations and return the number of the last row."""
        records = iter(source.records)
        sample = list(islice(records, _SAMPLE_ROWS))
        shaper = Shaper(self._choices.roles, [record for _row, record in sample if isinstance(record, dict)])
        report = SourceReport(source.name, source.source_format, source.note, last_row=offset)
        self.sources.append(report)
        yield from self._convert(sample, shaper, report, offset)
        if in_blocks and isinstance(records, DelimitedRecords):
            while cells := records.cells(BLOCK_ROWS):
                block = shaper.block(records.header, cells, offset) if report.own_row else None
                if block is None or self._rows + len(block) > MAX_ROWS:
                    rows = [(own_row, row_record(records.header, row_cells)) for own_row, row_cells in cells]
                    yield from self._convert(rows, shaper, report, offset)
                else:
                    self._rows += len(block)
                    report.last_row = block.rows[-1]
                    yield block
        else:
            yield from self._convert(records, shaper, report, offset)
        _note_shaper(report, shaper)
        return report.last_row

    def _convert(
        self, records: Iterable[tuple[int, dict[str, Any] | Wrong]], shaper: Shaper, report: SourceReport, offset: int
    ) -> Iterator[Conversation]:
        """Yield the records that can be used, one by one, and note the others."""
        for own_row, record in records:
            row = report.last_row = offset + own_row
            converted = record if isinstance(record, Wrong) else shaper.convert(row, record)
            if converted is None:
                continue
            self._rows += 1
            if self._rows > MAX_ROWS:
                raise InputError("dataset.too-many-rows", max_rows=MAX_ROWS)
            report.own_row, report.first_row = report.own_row or own_row, report.first_row or row
            if isinstance(converted, Wrong):
                self._leave_out(row, own_row, report.name, converted.problem)
            else:
                yield converted

    def _leave_out(self, row: int, own_row: int, source: str, problem: Message) -> None:
        self.left_out_count += 1
        if len(self.left_out) < MAX_LEFT_OUT:
            if len(self.sources) > 1:
                reason = message("row.problem-in-source", row=own_row, source=source, problem=problem)
            else:
                reason = message("row.problem", row=own_row, problem=problem)
            self.left_out.append(RowFinding(row, reason))
        if self.left_out_count >= _EARLY_ROWS and self.left_out_count * 2 > self._rows:
            raise self._refusal()

    def _refusal(self) -> InputError:
        problems = [found.reason for found in self.left_out[:MAX_PROBLEMS]]
        more = self.left_out_count - len(problems)
        return InputError("dataset.rows:problems", problems=sentences(*problems), more=more)


def _note_shaper(report: SourceReport, shaper: Shaper) -> None:
    """Note the form and the columns of the records."""
    report.shape, report.guessed_by_content = shaper.shape, shaper.guessed_by_content
    report.roles = {role: name for role, name in asdict(shaper.roles).items() if name} if shaper.roles else {}
    report.unused = sorted(shaper.unused)[:MAX_UNUSED_SHOWN]


def preview(stream: Seekable, filename: str, choices: Choices | None = None, rows: int = 5) -> FilePreview:
    """Return how each source would be understood, with its first rows, to be confirmed or changed.

    Raises `InputError` when the file is not a table at all.
    """
    choices = choices or Choices()
    opened = open_sources(stream, filename, encoding=choices.encoding, delimiter=choices.delimiter)
    sources = []
    for source in islice(opened.sources, MAX_PREVIEW_SOURCES):
        sample = list(islice(source.records, _SAMPLE_ROWS))
        sources.append(_preview(source, sample, choices, min(rows, MAX_PREVIEW_ROWS)))
    if not sources:
        raise InputError("dataset.empty:nothing-readable")
    return FilePreview(tuple(sources), tuple(opened.unread))


def _preview(source: Source, sample: list[tuple[int, Any]], choices: Choices, rows: int) -> PreviewedSource:
    records = [(row, record) for row, record in sample if isinstance(record, dict)]
    columns = list(dict.fromkeys(str(key)[:_PREVIEW_CHARACTERS] for _row, record in records for key in record))
    report = PreviewedSource(source.name, source.source_format, source.note, columns=columns[:MAX_COLUMNS_SHOWN])
    try:
        shaper = Shaper(choices.roles, [record for _row, record in records])
        converted = [(row, shaper.convert(row, record)) for row, record in records[:rows]]
        _note_shaper(report, shaper)
        report.conversations = [_preview_row(row, item) for row, item in converted if item is not None]
    except InputError as error:
        report.reason = error.message
        report.rows = [_preview_cells(record) for _row, record in records[:rows]]
    return report


def _preview_row(row: int, converted: Conversation | Wrong) -> PreviewedRow:
    if isinstance(converted, Wrong):
        return PreviewedRow(row, [], message("row.problem", row=row, problem=converted.problem))
    messages = [{**turn, "content": turn["content"][:_PREVIEW_CHARACTERS]} for turn in converted.messages]
    return PreviewedRow(row, messages)


def _preview_cells(record: dict[str, Any]) -> dict[str, str]:
    cells = {key: cell if isinstance(cell, str) else json.dumps(cell, default=str) for key, cell in record.items()}
    return {str(key)[:_PREVIEW_CHARACTERS]: cell[:_PREVIEW_CHARACTERS] for key, cell in cells.items()}
