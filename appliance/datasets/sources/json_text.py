"""JSON: one object a line (JSON Lines), a list of objects, objects one after the other, or one object around a list.

A list is read element by element, so that a large one needs no more memory than its largest element. What cannot be one
row of `MAX_LINE_CHARACTERS` is refused.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from appliance.datasets.sources.records import MAX_COLUMNS, Records, Source, Wrong
from appliance.datasets.sources.text import MAX_LINE_CHARACTERS, TextLines
from appliance.foundation.errors import InputError

MAX_WRAPPED_CHARACTERS = 64 * 1024**2
_SPACE = " \t\r\n"


def looks_like_json(lines: TextLines) -> bool:
    """Tell whether the text starts as JSON does."""
    start = next((line.strip() for line in islice(lines, 1000) if line.strip()), "")
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in {"", "{", "]", "["})


def read_json(lines: TextLines, name: str) -> Source:
    """Return the objects. Raises `InputError` when the text is no JSON at all."""
    start = next(line.strip() for line in lines if line.strip())
    if start.startswith("["):
        return Source(name, "JSON", lines.encoding, _listed(lines))
    whole = _parsed(start)
    if isinstance(whole, dict) and not _is_wrapper(whole):
        return Source(name, "JSON Lines", lines.encoding, _lines(lines))
    return Source(name, "JSON", lines.encoding, _whole(lines))


def _lines(lines: TextLines) -> Records:
    for row, line in enumerate(lines, start=1):
        if line.strip():
            yield row, _row(_parsed(line), "is not one JSON object (each line must be a whole one, no key twice)")


def _row(value: Any, otherwise: str) -> dict[str, Any] | Wrong:
    if value is _BROKEN:
        return Wrong(otherwise)
    if not isinstance(value, dict) or len(value) > MAX_COLUMNS:
        return Wrong(f"is not a JSON object with up to {MAX_COLUMNS} keys")
    return value


def _listed(lines: TextLines) -> Records:
    """Yield the elements of a list, each from a buffer that grows until it holds one."""
    pieces = iter(lines)
    buffer = next(pieces).lstrip(_SPACE)
    while not buffer:
        buffer = next(pieces).lstrip(_SPACE)
    buffer, place, row = buffer[1:], 0, 0
    while True:
        buffer, place = _skipped(buffer, place, pieces, _SPACE)
        if buffer[place : place + 1] == "]":
            if _skipped(buffer, place + 1, pieces, _SPACE)[0]:
                raise _no_json("goes on after the list's end")
            return
        row += 1
        value, buffer, place = _element(buffer, place, pieces, row)
        yield row, _row(value, "")
        buffer, place = _skipped(buffer, place, pieces, _SPACE)
        if buffer[place : place + 1] == ",":
            place += 1
        elif buffer[place : place + 1] != "]":
            raise _no_json(f"has neither a comma nor the list's end after its element {row}")


def _skipped(buffer: str, place: int, pieces: Iterator[str], skip: str) -> tuple[str, int]:
    """Return buffer and place at the next character that is not to be skipped; an empty buffer at the end of the
    text.
    """
    while True:
        while place < len(buffer) and buffer[place] in skip:
            place += 1
        if place < len(buffer):
            return buffer, place
        buffer, place = next(pieces, ""), 0
        if not buffer:
            return "", 0


def _element(buffer: str, place: int, pieces: Iterator[str], row: int) -> tuple[Any, str, int]:
    """Return the value at a place, and buffer and place behind it."""
    buffer = buffer[place:]
    tried = 0
    while True:
        # Each try reads all that is there, so the next waits until that has doubled.
        try:
            value, end = _DECODER.raw_decode(buffer)
        except (ValueError, RecursionError) as error:
            if len(buffer) > MAX_LINE_CHARACTERS:
                raise _no_json(
                    f"has an element {row} that is not JSON, or longer than {MAX_LINE_CHARACTERS:,} characters"
                ) from error
            tried = len(buffer)
            grown = [buffer]
            while tried < 2 * len(buffer) and (more := next(pieces, "")):
                grown.append(more)
                tried += len(more)
            if len(grown) == 1:
                raise _no_json(
                    f"has an element {row} that is not JSON (no key twice), or ends before the list does"
                ) from error
            buffer = "".join(grown)
            continue
        return value, buffer, end


def _whole(lines: TextLines) -> Records:
    """Yield the objects of a text that is one object around a list, or several objects over several lines each."""
    size, pieces = 0, []
    for line in lines:
        size += len(line)
        if size > MAX_WRAPPED_CHARACTERS:
            raise _no_json(
                f"is one object of more than {MAX_WRAPPED_CHARACTERS // 1024**2} Mi characters; save its rows as a list"
            )
        pieces.append(line)
    text, place = "".join(pieces), 0
    values: list[Any] = []
    while place < len(text):
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise _no_json(f"has an object {len(values) + 1} that is not JSON (no key twice)") from error
        values.append(value)
        while place < len(text) and text[place] in _SPACE + ",":
            place += 1
    if len(values) == 1 and _is_wrapper(values[0]):
        lists = [key for key, value in values[0].items() if _is_rows(value)]
        if len(lists) > 1:
            # Keys are the file's own names, never what its rows say; still only their number is told.
            raise _no_json(f"has {len(lists)} lists of objects; keep the one with the examples")
        values = values[0][lists[0]]
    for row, value in enumerate(values, start=1):
        yield row, _row(value, "")


def _is_wrapper(value: Any) -> bool:
    """Tell whether an object only holds a list of rows. A conversation's own list is none: its objects are turns."""
    if not isinstance(value, dict) or {"messages", "conversations", "conversation", "prompt", "completion"} & set(
        value
    ):
        return False
    return any(_is_rows(each) for each in value.values())


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _no_json(clause: str) -> InputError:
    return InputError("dataset.json", clause=clause)


_BROKEN = object()


def _parsed(line: str) -> Any:
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        return _BROKEN


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a key stands twice")
    return record


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates)
