"""What was brought, as conversations: every source one after the other, rows numbered on over all of them.

A row that cannot be used is left out and said: its number, what is wrong, what to do. When more than one row in ten is
wrong, the file was probably not meant like this, and nothing is imported. No sentence quotes what a row says.
"""

import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from appliance.datasets.blocks import ROWS as BLOCK_ROWS
from appliance.datasets.blocks import Block
from appliance.datasets.columns import ColumnRoles
from appliance.datasets.conversation import Conversation
from appliance.datasets.shapes import Shaper
from appliance.datasets.sources import Opened, Source, Wrong, open_sources
from appliance.datasets.sources.delimited import DelimitedRecords
from appliance.datasets.sources.records import row_record
from appliance.datasets.sources.text import Seekable
from appliance.foundation.errors import InputError

MAX_ROWS = 5_000_000
MAX_PROBLEMS = 20  # named in one error
MAX_LEFT_OUT = 500  # named in a report
WRONG_SHARE = 10  # one row in so many may be wrong
MAX_PREVIEW_ROWS = 50
MAX_PREVIEW_SOURCES = 20
_PREVIEW_CHARACTERS = 500
_SAMPLE_ROWS = 200
_EARLY_ROWS = 1000  # so many wrong rows and hardly a right one: the rest is not read


@dataclass(frozen=True)
class Choices:
    """What somebody says about the file; "" and None are found."""

    encoding: str = ""
    delimiter: str = ""
    roles: ColumnRoles | None = None


@dataclass
class SourceReport:
    """How one source was understood.

    Its rows are `first_row` to `last_row` of the dataset; `first_row` was its own `own_row`.
    """

    name: str
    source_format: str
    note: str
    shape: str
    roles: dict[str, str]
    guessed_by_content: bool
    unused: list[str] = field(default_factory=list)
    first_row: int = 0
    last_row: int = 0
    own_row: int = 0


class Reading:
    """The conversations of a file, to be gone through once; `sources`, `left_out` and `unread` are complete at the
    end.
    """

    def __init__(self, stream: Seekable, filename: str, choices: Choices | None = None) -> None:
        """Raises `InputError` when it is no file that can be read."""
        self._choices = choices or Choices()
        self._opened: Opened = open_sources(
            stream, filename, encoding=self._choices.encoding, delimiter=self._choices.delimiter
        )
        self.sources: list[SourceReport] = []
        self.left_out: list[dict[str, Any]] = []
        self.left_out_count = 0
        self._clauses: list[str] = []
        self._rows = 0

    @property
    def unread(self) -> list[str]:
        """Sentences about what was there and was not read."""
        return self._opened.unread

    @property
    def source_format(self) -> str:
        """The formats of the sources, in one phrase."""
        return ", ".join(dict.fromkeys(source.source_format for source in self.sources)) or "table"

    def __iter__(self) -> Iterator[Conversation]:
        """Yield what can be used.

        Raises `InputError`, perhaps at the end: whoever keeps the rows must then throw them away.
        """
        for each in self._read(in_blocks=False):
            if isinstance(each, Conversation):
                yield each

    def in_blocks(self) -> Iterator[Conversation | Block]:
        """Yield the same rows, plain ones by the thousand. Raises `InputError` as above."""
        return self._read(in_blocks=True)

    def _read(self, *, in_blocks: bool) -> Iterator[Conversation | Block]:
        last = 0
        for source in self._opened.sources:
            last = yield from self._of_source(source, last, in_blocks)
        if self._rows and self.left_out_count * WRONG_SHARE > self._rows:
            raise self._refusal()
        if self._rows == self.left_out_count:
            raise InputError("dataset.empty:file-rows-first")

    def report(self) -> dict[str, Any]:
        """Return how the file was understood, as plain JSON."""
        return {
            "sources": [asdict(source) for source in self.sources],
            "unread": self.unread,
            "left_out": {"count": self.left_out_count, "rows": self.left_out},
        }

    def _of_source(self, source: Source, offset: int, in_blocks: bool) -> Generator[Conversation | Block, None, int]:
        """Yield the source's conversations and return the last row's number."""
        records = iter(source.records)
        sample = list(islice(records, _SAMPLE_ROWS))
        shaper = Shaper(self._choices.roles, [record for _row, record in sample if isinstance(record, dict)])
        told = _told(source, shaper)
        self.sources.append(told)
        told.last_row = offset
        yield from self._shaped(sample, shaper, told, offset)
        if in_blocks and isinstance(records, DelimitedRecords):
            while cells := records.cells(BLOCK_ROWS):
                block = shaper.block(records.header, cells, offset) if told.own_row else None
                if block is None or self._rows + len(block) > MAX_ROWS:
                    yield from self._shaped(
                        [(own, row_record(records.header, each)) for own, each in cells], shaper, told, offset
                    )
                else:
                    self._rows += len(block)
                    told.last_row = block.rows[-1]
                    yield block
        else:
            yield from self._shaped(records, shaper, told, offset)
        told.roles = _roles(shaper)
        told.unused = sorted(shaper.unused)[:50]
        return told.last_row

    def _shaped(
        self, records: Iterable[tuple[int, dict[str, Any] | Wrong]], shaper: Shaper, told: SourceReport, offset: int
    ) -> Iterator[Conversation]:
        """Yield the records that can be used, one by one, and note the others."""
        for own_row, record in records:
            row = told.last_row = offset + own_row
            shaped = record if isinstance(record, Wrong) else shaper.convert(row, record)
            if shaped is None:
                continue
            self._rows += 1
            if self._rows > MAX_ROWS:
                raise InputError("dataset.too-many-rows", max_rows=MAX_ROWS)
            told.own_row, told.first_row = told.own_row or own_row, told.first_row or row
            if isinstance(shaped, Wrong):
                self._leave_out(row, shaped.clause, f" of {told.name}" if len(self.sources) > 1 else "", own_row)
            else:
                yield shaped

    def _leave_out(self, row: int, clause: str, of_source: str, own_row: int) -> None:
        self.left_out_count += 1
        if len(self._clauses) < MAX_PROBLEMS:
            self._clauses.append(f"row {own_row}{of_source} {clause}")
        if len(self.left_out) < MAX_LEFT_OUT:
            self.left_out.append({"row": row, "reason": f"Row {own_row}{of_source} {clause}."})
        if self.left_out_count >= _EARLY_ROWS and self.left_out_count * 2 > self._rows:
            raise self._refusal()

    def _refusal(self) -> InputError:
        more = "; there are more" if self.left_out_count > len(self._clauses) else ""
        return InputError("dataset.rows", clauses="; ".join(self._clauses), more=more)


def preview(stream: Seekable, filename: str, choices: Choices | None = None, rows: int = 5) -> dict[str, Any]:
    """Return how each source would be understood, with its first rows, as plain JSON, for somebody to confirm or
    change.

    A source whose columns cannot be told has a `reason`, and its rows as they stand. Raises `InputError` when it is no
    table at all.
    """
    choices = choices or Choices()
    opened = open_sources(stream, filename, encoding=choices.encoding, delimiter=choices.delimiter)
    sources = []
    for source in islice(opened.sources, MAX_PREVIEW_SOURCES):
        sample = list(islice(source.records, _SAMPLE_ROWS))
        sources.append(_previewed(source, sample, choices, min(rows, MAX_PREVIEW_ROWS)))
    if not sources:
        raise InputError("dataset.empty")
    return {"sources": sources, "unread": opened.unread}


def _previewed(source: Source, sample: list[tuple[int, Any]], choices: Choices, rows: int) -> dict[str, Any]:
    records = [record for _row, record in sample if isinstance(record, dict)]
    shown = [(row, record) for row, record in sample if isinstance(record, dict)][:rows]
    columns = list(dict.fromkeys(str(key)[:_PREVIEW_CHARACTERS] for record in records for key in record))[:64]
    told: dict[str, Any] = {"columns": columns, "reason": "", "rows": [], "conversations": []}
    try:
        shaper = Shaper(choices.roles, records)
        for row, record in shown:
            shaped = shaper.convert(row, record)
            if isinstance(shaped, Wrong):
                told["conversations"].append({"row": row, "problem": f"Row {row} {shaped.clause}.", "messages": []})
            elif shaped is not None:
                messages = [
                    {**message, "content": message["content"][:_PREVIEW_CHARACTERS]} for message in shaped.messages
                ]
                told["conversations"].append({"row": row, "problem": "", "messages": messages})
    except InputError as error:
        told["reason"] = error.sentence
        told["rows"] = [
            {str(key)[:_PREVIEW_CHARACTERS]: _cell(value) for key, value in record.items()} for _row, record in shown
        ]
        return {**asdict(SourceReport(source.name, source.source_format, source.note, "", {}, False)), **told}
    return {**asdict(_told(source, shaper)), **told, "unused": sorted(shaper.unused)[:50]}


def _told(source: Source, shaper: Shaper) -> SourceReport:
    return SourceReport(
        source.name, source.source_format, source.note, shaper.shape, _roles(shaper), shaper.guessed_by_content
    )


def _roles(shaper: Shaper) -> dict[str, str]:
    return {role: name for role, name in asdict(shaper.roles).items() if name} if shaper.roles else {}


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text[:_PREVIEW_CHARACTERS]
