"""JSON: one object a line (JSON Lines), a list of objects, objects one after the other, or one object around a list.

A list is read element by element, so that a large one needs no more memory than its largest element. An element that
cannot be a row of `MAX_LINE_CHARACTERS` is refused.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from appliance.datasets.sources.records import MAX_COLUMNS, Records, Source, Wrong
from appliance.datasets.sources.text import MAX_LINE_CHARACTERS, TextLines
from appliance.foundation.errors import InputError
from appliance.foundation.messages import message, verbatim

MAX_WRAPPED_CHARACTERS = 64 * 1024**2
_SPACE = " \t\r\n"
_BROKEN = object()


def looks_like_json(lines: TextLines) -> bool:
    """Tell whether the text starts as JSON does."""
    start = next((line.strip() for line in islice(lines, 1000) if line.strip()), "")
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in {"", "{", "]", "["})


def read_json(lines: TextLines, name: str) -> Source:
    """Return the objects. Raises `InputError` when the text is not JSON at all."""
    start, note = next(line.strip() for line in lines if line.strip()), verbatim(lines.encoding)
    if start.startswith("["):
        return Source(name, "JSON", note, _listed(lines))
    first = _parsed(start)
    if isinstance(first, dict) and not _is_wrapper(first):
        return Source(name, "JSON Lines", note, _lines(lines))
    return Source(name, "JSON", note, _whole(lines))


def _lines(lines: TextLines) -> Records:
    for row, line in enumerate(lines, start=1):
        if line.strip():
            yield row, _row(_parsed(line))


def _row(value: Any) -> dict[str, Any] | Wrong:
    if value is _BROKEN:
        return Wrong(message("row.json-line"))
    if not isinstance(value, dict) or len(value) > MAX_COLUMNS:
        return Wrong(message("row.json-object", max_keys=MAX_COLUMNS))
    return value


def _listed(lines: TextLines) -> Records:
    """Yield the elements of a list, reading on until the buffer holds a whole one."""
    pieces = iter(lines)
    buffer = next(pieces).lstrip(_SPACE)
    while not buffer:
        buffer = next(pieces).lstrip(_SPACE)
    buffer, place, row = buffer[1:], 0, 0
    while True:
        buffer, place = _skip_space(buffer, place, pieces)
        if buffer[place : place + 1] == "]":
            if _skip_space(buffer, place + 1, pieces)[0]:
                raise InputError("dataset.json:after-list")
            return
        row += 1
        value, buffer, place = _element(buffer, place, pieces, row)
        yield row, _row(value)
        buffer, place = _skip_space(buffer, place, pieces)
        if buffer[place : place + 1] == ",":
            place += 1
        elif buffer[place : place + 1] != "]":
            raise InputError("dataset.json:no-comma", element=row)


def _skip_space(buffer: str, place: int, pieces: Iterator[str]) -> tuple[str, int]:
    """Return buffer and place at the next character that is not white space; an empty buffer at the end of the text."""
    while True:
        while place < len(buffer) and buffer[place] in _SPACE:
            place += 1
        if place < len(buffer):
            return buffer, place
        buffer, place = next(pieces, ""), 0
        if not buffer:
            return "", 0


def _element(buffer: str, place: int, pieces: Iterator[str], row: int) -> tuple[Any, str, int]:
    """Return the value at a place, and the buffer and place after it."""
    buffer = buffer[place:]
    while True:
        try:
            value, end = _DECODER.raw_decode(buffer)
        except (ValueError, RecursionError) as error:
            if len(buffer) > MAX_LINE_CHARACTERS:
                raise InputError(
                    "dataset.json:long-element", element=row, max_characters=MAX_LINE_CHARACTERS
                ) from error
            # Each attempt parses the whole buffer, so the next one waits until that has doubled.
            size, grown = len(buffer), [buffer]
            while size < 2 * len(buffer) and (piece := next(pieces, "")):
                grown.append(piece)
                size += len(piece)
            if len(grown) == 1:
                raise InputError("dataset.json:element", element=row) from error
            buffer = "".join(grown)
            continue
        return value, buffer, end


def _whole(lines: TextLines) -> Records:
    """Yield the objects of a text that is one object around a list, or several objects of several lines each."""
    size, pieces = 0, []
    for line in lines:
        size += len(line)
        if size > MAX_WRAPPED_CHARACTERS:
            raise InputError("dataset.json:large-object", max_characters=MAX_WRAPPED_CHARACTERS)
        pieces.append(line)
    text, place = "".join(pieces), 0
    values: list[Any] = []
    while place < len(text):
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise InputError("dataset.json:object", number=len(values) + 1) from error
        values.append(value)
        while place < len(text) and text[place] in _SPACE + ",":
            place += 1
    if len(values) == 1 and _is_wrapper(values[0]):
        lists = [key for key, value in values[0].items() if _is_rows(value)]
        if len(lists) > 1:
            raise InputError("dataset.json:several-lists", lists=len(lists))
        values = values[0][lists[0]]
    for row, value in enumerate(values, start=1):
        yield row, _row(value)


def _is_wrapper(value: Any) -> bool:
    """Tell whether an object only wraps a list of rows. A conversation's own list is not one: it holds turns."""
    conversation_keys = {"messages", "conversations", "conversation", "prompt", "completion"}
    return isinstance(value, dict) and not conversation_keys & set(value) and any(map(_is_rows, value.values()))


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _parsed(line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        return _BROKEN


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a key appears twice")
    return record


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates)
