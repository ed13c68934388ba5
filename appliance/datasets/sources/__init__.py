"""Files that staff bring, of every kind, as records. The content tells the kind, and is hostile until checked."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from appliance.datasets.sources.delimited import read_delimited
from appliance.datasets.sources.json_text import looks_like_json, read_json
from appliance.datasets.sources.parquet_source import read_parquet
from appliance.datasets.sources.records import Source, Wrong, printable
from appliance.datasets.sources.text import MAX_FILE_BYTES, Seekable, TextLines, too_large
from appliance.datasets.sources.workbook import (
    MAX_BYTES,
    MAX_ENTRIES,
    is_workbook,
    read_workbook,
    verify_no_other_document,
)
from appliance.datasets.sources.zip_entries import open_zip, read_entry
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message

__all__ = ["Opened", "Source", "Wrong", "open_sources"]

MAX_ARCHIVE_TABLES = 200
_ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_NAME_CHARACTERS = 80


@dataclass
class Opened:
    """The tables of a file, to be read one after the other; meanwhile `unread` collects what was not read, and why."""

    sources: Iterator[Source]
    unread: list[Message] = field(default_factory=list)


def open_sources(stream: Seekable, filename: str, *, encoding: str = "", delimiter: str = "") -> Opened:
    """Return the tables of a file; `encoding` and `delimiter` are for text, "" to detect them.

    Raises `InputError`, also while the sources are read.
    """
    if stream.seek(0, io.SEEK_END) > MAX_FILE_BYTES:
        raise too_large()
    unread: list[Message] = []
    return Opened(_sources(stream, _shown(filename), encoding, delimiter, unread, inside=False), unread)


def _sources(
    stream: Seekable, name: str, encoding: str, delimiter: str, unread: list[Message], *, inside: bool
) -> Iterator[Source]:
    stream.seek(0)
    magic = stream.read(4)
    if magic in _ZIP:
        archive = open_zip(stream, max_entries=MAX_ENTRIES, max_bytes=MAX_FILE_BYTES)
        names = {entry.filename for entry in archive.infolist()}
        if is_workbook(names):
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise too_large()
            for sheet in read_workbook(archive, unread):
                sheet_name = f"{name}: {sheet.name}" if inside else sheet.name
                yield Source(sheet_name, sheet.source_format, sheet.note, sheet.records)
            return
        verify_no_other_document(names)
        if inside:
            raise InputError("dataset.archive:nested")
        yield from _archived(archive, encoding, delimiter, unread)
    elif magic == b"PAR1":
        yield read_parquet(stream, name)
    else:
        lines = TextLines(stream, encoding)
        is_json = looks_like_json(lines) and not delimiter
        yield read_json(lines, name) if is_json else read_delimited(lines, name, delimiter)


def _archived(archive: Any, encoding: str, delimiter: str, unread: list[Message]) -> Iterator[Source]:
    """Yield the tables of the files in an archive, which is never unpacked to disk."""
    tables = 0
    for entry in archive.infolist():
        parts = entry.filename.split("/")
        if entry.is_dir() or parts[0] == "__MACOSX" or parts[-1].startswith("."):
            continue
        name = _shown(entry.filename)
        if not entry.filename.lower().endswith((*_ENDINGS, ".zip")):
            unread.append(message("unread.file", name=name))
            continue
        tables += 1
        if tables > MAX_ARCHIVE_TABLES:
            raise InputError("dataset.archive:too-many-tables", max_tables=MAX_ARCHIVE_TABLES)
        yield from _sources(io.BytesIO(read_entry(archive, entry)), name, encoding, delimiter, unread, inside=True)
    if not tables:
        raise InputError("dataset.archive:no-table", endings=", ".join(_ENDINGS))


def _shown(name: str) -> str:
    """Return the end of a file's name, without control characters."""
    shown = printable(name)
    return shown if len(shown) <= _NAME_CHARACTERS else "…" + shown[-_NAME_CHARACTERS + 1 :]
