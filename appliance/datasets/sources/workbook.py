"""Excel workbooks (.xlsx): sheets as displayed, with formulas' last values (none for an error) and merged cells filled.

The parser is calamine (Rust), through python-calamine. It holds a sheet as a dense range and has its own archive
reader, so it gets a clean archive of the parts it needs: no document type (entities), and no distant cell that would
make a range of billions.
"""

import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Any

from appliance.datasets.sources.records import (
    MAX_CELL_CHARACTERS,
    Records,
    Source,
    Wrong,
    header_of,
    printable,
    row_record,
)
from appliance.datasets.sources.zip_entries import damaged, repacked
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message

MAX_BYTES = 512 * 1024**2  # unpacked
MAX_ENTRIES = 5000
MAX_CELLS = 20_000_000  # in the smallest rectangles around the sheets' content
MAX_MERGED = 100_000  # ranges
MAX_COLUMNS_READ = 256
_NAME_CHARACTERS = 80
_PARTS = re.compile(
    r"(\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook\.xml|sharedStrings\.xml|styles\.xml|_rels/.*|worksheets/.*\.(xml|rels)))$",
    re.I,
)
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*\$?([A-Za-z]{1,7})\$?([0-9]{1,9})\s*["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\br\s*=\s*["']\s*([0-9]+)""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b")


def is_workbook(names: set[str]) -> bool:
    """Tell whether an archive's entries are those of an Excel workbook."""
    return "[Content_Types].xml" in names and "xl/workbook.xml" in names


def verify_no_other_document(names: set[str]) -> None:
    """Raise `InputError` for office documents other than Excel workbooks."""
    kinds = {
        "word/document.xml": "word",
        "ppt/presentation.xml": "presentation",
        "content.xml": "opendocument",
        "xl/workbook.bin": "xlsb",
    }
    for name, kind in kinds.items():
        if name in names:
            raise InputError(f"dataset.not-text:{kind}")


def read_workbook(archive: Any, unread: list[Message]) -> Iterator[Source]:
    """Yield each sheet that holds a table, and name the others in `unread`. Raises `InputError`."""
    cells = 0

    def check(name: str, data: bytes) -> None:
        nonlocal cells
        if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in data[:200]:
            data = data.decode("utf-16", "replace").encode()  # Excel itself always writes UTF-8
        if _DOCTYPE.search(data):
            raise InputError("dataset.workbook:document-type")
        if "worksheets/" in name and name.lower().endswith(".xml"):
            cells += _rectangle(data)
            if cells > MAX_CELLS or len(_MERGED.findall(data)) > MAX_MERGED:
                raise InputError("dataset.workbook:cells")

    clean = repacked(archive, lambda name: bool(_PARTS.match(name)), check)
    workbook = _calamine(clean)
    for index, name in enumerate(workbook.sheet_names):
        shown = printable(name[:_NAME_CHARACTERS])
        metadata = workbook.sheets_metadata[index]
        if not (str(metadata.typ).endswith("WorkSheet") and str(metadata.visible).endswith(".Visible")):
            unread.append(message("unread.hidden-sheet", name=shown))
            continue
        rows = _rows(workbook, index)
        header = _header(rows)
        if header is None:
            unread.append(message("unread.sheet-without-table", name=shown))
            continue
        yield Source(shown, "Excel", message("read-as.sheet", number=index + 1), _records(rows, *header))


def _calamine(clean: io.BytesIO) -> Any:
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - a parser, for the worker only

    return _guarded(lambda: CalamineWorkbook.from_object(clean))


def _guarded(read: Any) -> Any:
    """Return what `read` returns. Any failure of the parser, even a Rust panic, means a damaged file."""
    try:
        return read()
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a PyO3 panic is not an Exception
        raise damaged() from error


def _rectangle(data: bytes) -> int:
    """Return the number of cells in the smallest rectangle around a sheet's cells."""
    top = left = 10**9
    bottom = right = 0
    for match in _REFERENCE.finditer(data):
        column = 0
        for letter in match[1].upper():
            column = column * 26 + letter - 64
        row = int(match[2])
        top, bottom = min(top, row), max(bottom, row)
        left, right = min(left, column), max(right, column)
    for match in _ROW.finditer(data):
        top, bottom = min(top, int(match[1][:9])), max(bottom, int(match[1][:9]))
    rectangle = max(0, bottom - top + 1) * max(0, right - left + 1)
    return max(rectangle, len(_CELL.findall(data)))


def _rows(workbook: Any, index: int) -> list[tuple[int, list[Any]]]:
    """Return the rows that are not empty, with their numbers; a merged range holds its first cell's value."""
    sheet = _guarded(lambda: workbook.get_sheet_by_index(index))
    if sheet.start is None:
        return []
    first, left = sheet.start
    table = _guarded(lambda: sheet.to_python(skip_empty_area=True))
    for (top, start), (bottom, end) in _guarded(lambda: sheet.merged_cell_ranges) or []:
        if not (0 <= top - first < len(table) and 0 <= start - left < len(table[0])):
            continue
        value = table[top - first][start - left]
        for row in table[top - first : bottom - first + 1]:
            for place in range(start - left, min(end - left + 1, len(row))):
                row[place] = value
    return [
        (number, cells)
        for number, cells in enumerate(table, start=first + 1)
        if any(cell not in ("", None) for cell in cells)
    ]


def _header(rows: list[tuple[int, list[Any]]]) -> tuple[list[str], bool] | None:
    """Return the columns and whether the first row names them; None when this is not a table."""
    if not rows:
        return None
    try:
        return header_of([_text(cell) for cell in rows[0][1][:MAX_COLUMNS_READ]])
    except InputError as error:
        if error.code == "dataset.one-column":
            return None
        raise


def _records(rows: list[tuple[int, list[Any]]], header: list[str], named: bool) -> Records:
    for number, cells in rows[1:] if named else rows:
        texts = [_text(cell) for cell in cells]
        texts += [""] * (len(header) - len(texts))
        if any(len(text) > MAX_CELL_CHARACTERS for text in texts):
            yield number, Wrong(message("row.long-cell", max_characters=MAX_CELL_CHARACTERS))
        elif any(text.strip() for text in texts):
            yield number, row_record(header, texts)


def _text(cell: Any) -> str:
    """Return a cell as a person would type it."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, (dt.datetime, dt.date, dt.time)):
        return cell.isoformat(" ") if isinstance(cell, dt.datetime) else cell.isoformat()
    return str(cell)
