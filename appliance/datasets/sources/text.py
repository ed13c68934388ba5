"""Bytes into lines of text, within bounds. Detects the encoding; refuses what is not text, and says where.

The encoding is that of the byte order mark; else UTF-16 when every other byte is zero; else UTF-8 when the whole file
is valid; else Windows-1252 when its bytes are possible there and none of them look like UTF-8. A file that mixes two
encodings is refused, with the place. Users see what was detected, and may choose another (`ENCODINGS`).
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import Protocol

from appliance.foundation.errors import InputError

MAX_FILE_BYTES = 1024**3
MAX_LINE_CHARACTERS = 1024**2
_PIECE_BYTES = 1024**2
_HEAD_BYTES = 64 * 1024

# What users may choose, with Python's names.
ENCODINGS = {
    "UTF-8": "utf-8-sig",
    "UTF-16": "utf-16",
    "UTF-16LE": "utf-16-le",
    "UTF-16BE": "utf-16-be",
    "UTF-32": "utf-32",
    "Windows-1252": "cp1252",
    "Windows-1250": "cp1250",
    "Windows-1251": "cp1251",
    "Windows-1253": "cp1253",
    "Windows-1254": "cp1254",
    "ISO-8859-1": "latin-1",
    "ISO-8859-2": "iso8859-2",
    "ISO-8859-15": "iso8859-15",
    "IBM850": "cp850",
    "Macintosh": "mac_roman",
    "Shift_JIS": "cp932",
    "GB18030": "gb18030",
    "Big5": "big5",
    "EUC-KR": "cp949",
}
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8"),
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_WIDE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]+")
_NOT_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_MIXED_SHARE = 20  # one UTF-8 sequence among so many others is chance

# First bytes of files that people rename to .csv, and the message for each; no table's header starts like this.
_FOREIGN = (
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh91AY&SY", "bzip2"),
    (b"7z\xbc\xaf", "7-zip"),
    (b"Rar!\x1a", "rar"),
    (b"\xfd7zXZ", "xz"),
    (b"(\xb5/\xfd", "zstandard"),
    (b"GGUF\x03", "gguf"),
    (b"SQLite format 3\x00", "sqlite"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x80", "pickle"),
    (b"<?xml", "xml"),
    (b"<!DOCTYPE", "doctype"),
    (b"<html", "html"),
)


class Seekable(Protocol):
    """A file's bytes at any place: a file, or a reader of a sealed one."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, b"" at the end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place, and return it."""


class TextLines:
    """The lines of a file, with their line ends (LF, CRLF or CR). `encoding` is the one detected or chosen."""

    def __init__(self, stream: Seekable, encoding: str = "") -> None:
        """Raises `InputError` when this is not text, or its encoding cannot be detected."""
        if encoding and encoding not in ENCODINGS:
            raise InputError("dataset.encoding:name", encodings=", ".join(ENCODINGS))
        if stream.seek(0, io.SEEK_END) > MAX_FILE_BYTES:
            raise too_large()
        stream.seek(0)
        verify_text(stream.read(_HEAD_BYTES))
        self._stream = stream
        self.encoding = encoding or _detect_encoding(stream)

    def __iter__(self) -> Iterator[str]:
        """Yield the lines, each time from the first. Raises `InputError` with the line when one cannot be read."""
        self._stream.seek(0)
        # The wrapper closes what it wraps, but the stream must stay open.
        text = io.TextIOWrapper(
            io.BufferedReader(_Borrowed(self._stream), _HEAD_BYTES), encoding=ENCODINGS[self.encoding], newline=""
        )
        number = 0
        try:
            while line := text.readline(MAX_LINE_CHARACTERS + 2):
                number += 1
                if len(line) > MAX_LINE_CHARACTERS:
                    raise InputError("dataset.line-too-long", line=number, max_characters=MAX_LINE_CHARACTERS)
                if "\x00" in line:
                    raise InputError("dataset.nul:character", line=number)
                yield line.removeprefix("\ufeff") if number == 1 else line
        except UnicodeError as error:
            raise InputError("dataset.encoding:line", line=number + 1, encoding=self.encoding) from error


def too_large() -> InputError:
    """Return the error for a file over the limit."""
    return InputError("dataset.too-large:file", max_bytes=MAX_FILE_BYTES)


def verify_text(start: bytes) -> None:
    """Raise `InputError` when a file with these first bytes is empty or of another kind."""
    bare = start
    for mark, _name in _MARKS:
        bare = bare.removeprefix(mark)
    if not bare.strip():
        raise InputError("dataset.empty:file")
    for magic, kind in _FOREIGN:
        if start.startswith(magic):
            raise InputError(f"dataset.not-text:{kind}")


class _Borrowed(io.RawIOBase):
    """A stream as a raw file that its wrapper does not close."""

    def __init__(self, stream: Seekable) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _detect_encoding(stream: Seekable) -> str:
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\x00" in head:
        even, odd = head[::2].count(0), head[1::2].count(0)
        half = len(head) // 2
        if half and odd > 0.4 * half and even < 0.1 * half:
            return "UTF-16LE"
        if half and even > 0.4 * half and odd < 0.1 * half:
            return "UTF-16BE"
        place = head.index(0)
        line = head.count(b"\n", 0, place) + 1
        raise InputError("dataset.nul:byte", line=line, byte=place)
    wrong = _first_not_utf8(stream)
    if wrong is None:
        return "UTF-8"
    wide, high, undefined = _count_high(stream)
    if undefined or wide * _MIXED_SHARE > high:
        line, value = _line_and_value(stream, wrong)
        kind = "mixed" if wide and not undefined else "unknown"
        raise InputError(f"dataset.encoding:{kind}", line=line, byte=wrong, value=f"0x{value:02x}")
    return "Windows-1252"


def _first_not_utf8(stream: Seekable) -> int | None:
    """Return the offset of the first byte that is not UTF-8, or None."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    while True:
        piece = stream.read(_PIECE_BYTES)
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return offset - pending + error.start
        if not piece:
            return None
        offset += len(piece)


def _count_high(stream: Seekable) -> tuple[int, int, bool]:
    """Return the number of UTF-8 sequences, the number of runs of high bytes, and whether any is not Windows-1252."""
    stream.seek(0)
    wide = high = 0
    undefined = False
    while piece := stream.read(_PIECE_BYTES):
        wide += len(_WIDE.findall(piece))
        high += len(_HIGH.findall(piece))
        undefined = undefined or bool(_NOT_1252.search(piece))
    return wide, high, undefined


def _line_and_value(stream: Seekable, offset: int) -> tuple[int, int]:
    """Return the line (from 1) of a byte, and its value."""
    stream.seek(0)
    line, left = 1, offset
    while left and (piece := stream.read(min(left, _PIECE_BYTES))):
        line += piece.count(b"\n")
        left -= len(piece)
    return line, stream.read(1)[0]
