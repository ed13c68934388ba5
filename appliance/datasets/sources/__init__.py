"""Files that staff bring, of every kind, as records: what comes in is hostile until checked.

The kind is found by content.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from appliance.datasets.sources.delimited import read_delimited
from appliance.datasets.sources.json_text import looks_like_json, read_json
from appliance.datasets.sources.parquet_source import read_parquet
from appliance.datasets.sources.records import Records, Source, Wrong
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

__all__ = ["Opened", "Records", "Source", "Wrong", "open_sources"]

MAX_ARCHIVE_FILES = 200
_ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_NAME_CHARACTERS = 80


@dataclass
class Opened:
    """The tables of a file, to be read one after the other; `unread` grows meanwhile: what was there and was left
    alone.
    """

    sources: Iterator[Source]
    unread: list[str] = field(default_factory=list)


def open_sources(stream: Seekable, filename: str, *, encoding: str = "", delimiter: str = "") -> Opened:
    """Return the tables of a file; `encoding` and `delimiter` are for text, "" to find them.

    Raises `InputError`, later too.
    """
    if stream.seek(0, io.SEEK_END) > MAX_FILE_BYTES:
        raise too_large()
    unread: list[str] = []
    return Opened(_sources(stream, _shown(filename), encoding, delimiter, unread, inside=False), unread)


def _sources(
    stream: Seekable, name: str, encoding: str, delimiter: str, unread: list[str], *, inside: bool
) -> Iterator[Source]:
    stream.seek(0)
    magic = stream.read(4)
    if magic in _ZIP:
        archive = open_zip(stream, max_entries=MAX_ENTRIES, max_bytes=MAX_FILE_BYTES)
        names = {entry.filename for entry in archive.infolist()}
        if is_workbook(names):
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise too_large()
            for source in read_workbook(archive, unread):
                yield Source(
                    f"{name}: {source.name}" if inside else source.name,
                    source.source_format,
                    source.note,
                    source.records,
                )
            return
        verify_no_other_document(names)
        if inside:
            raise InputError("dataset.archive:archive-holds-another")
        yield from _archived(archive, encoding, delimiter, unread)
    elif magic == b"PAR1":
        yield read_parquet(stream, name)
    else:
        lines = TextLines(stream, encoding)
        yield (
            read_json(lines, name)
            if looks_like_json(lines) and not delimiter
            else read_delimited(lines, name, delimiter)
        )


def _archived(archive: Any, encoding: str, delimiter: str, unread: list[str]) -> Iterator[Source]:
    """Yield the tables of the files in an archive. Nothing is unpacked to a disk."""
    found = 0
    for entry in archive.infolist():
        parts = entry.filename.split("/")
        if entry.is_dir() or parts[0] == "__MACOSX" or parts[-1].startswith("."):
            continue
        name = _shown(entry.filename)
        if not entry.filename.lower().endswith((*_ENDINGS, ".zip")):
            unread.append(f'The file "{name}" in the archive is no table: it was not read.')
            continue
        found += 1
        if found > MAX_ARCHIVE_FILES:
            raise InputError("dataset.archive:archive-holds-more", max_archive_files=MAX_ARCHIVE_FILES)
        yield from _sources(io.BytesIO(read_entry(archive, entry)), name, encoding, delimiter, unread, inside=True)
    if not found:
        raise InputError("dataset.archive", endings=", ".join(_ENDINGS))


def _shown(name: str) -> str:
    """Return a name of somebody's making as it may be shown: its end, without control characters."""
    printable = "".join(character if character.isprintable() else " " for character in name)
    return printable if len(printable) <= _NAME_CHARACTERS else "…" + printable[-_NAME_CHARACTERS + 1 :]
