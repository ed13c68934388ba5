"""Bytes into lines of text, with bounds: refuses what is not UTF-8 text and says where.

An upload comes as a stream that may be decrypted on the way, so nothing here seeks. A byte order mark at the start is dropped.
"""

import re
from collections.abc import Iterator
from typing import Protocol

from appliance.foundation.errors import InputError

MAX_FILE_BYTES = 256 * 1024**2
MAX_LINE_BYTES = 1024**2
_PIECE_BYTES = 64 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CARRIAGE_RETURN = re.compile(r"(?<=\r)(?=[^\n])")

_SAVE_AS = 'Open it in the program that made it and save it as "CSV UTF-8".'
# First bytes of what people rename to .csv, and what to say; each long enough that no header of a table starts so.
_FOREIGN = (
    (b"PK\x03\x04", f"This is a ZIP archive or an Excel workbook (.xlsx), not text. {_SAVE_AS}"),
    (b"PK\x05\x06", "This is an empty ZIP archive, not text. Choose the file inside the archive that it was made from."),
    (b"%PDF-", "This is a PDF document, not a table. Copy its questions and answers into a table and save that as CSV."),
    (b"\xd0\xcf\x11\xe0", f"This is an old Office document (.xls or .doc), not text. {_SAVE_AS}"),
    (b"\x1f\x8b", "This is a gzip archive, not text. Unpack it and choose the file inside."),
    (b"BZh91AY&SY", "This is a bzip2 archive, not text. Unpack it and choose the file inside."),
    (b"7z\xbc\xaf", "This is a 7-Zip archive, not text. Unpack it and choose the file inside."),
    (b"Rar!\x1a", "This is a RAR archive, not text. Unpack it and choose the file inside."),
    (b"\xfd7zXZ", "This is an xz archive, not text. Unpack it and choose the file inside."),
    (b"PAR1\x15", "This is a Parquet file, not text. Export it as CSV or JSONL."),
    (b"GGUF\x03", "This is a language model (GGUF), not a table. Import it as a model."),
    (b"SQLite format 3\x00", "This is a database, not text. Export the table as CSV."),
    (b"{\\rtf", "This is a rich text document, not a table. Copy its questions and answers into a table and save that as CSV."),
    (b"\x89PNG", "This is a picture, not a table. Type its questions and answers into a table and save that as CSV."),
    (b"\xff\xd8\xff", "This is a picture, not a table. Type its questions and answers into a table and save that as CSV."),
    (b"\x80", "This is not text. Pickle and other program data are never read here: export the table as CSV or JSONL."),
    (b"\xff\xfe", f"This file is in UTF-16, not UTF-8. {_SAVE_AS}"),
    (b"\xfe\xff", f"This file is in UTF-16, not UTF-8. {_SAVE_AS}"),
)


class Readable(Protocol):
    """Anything with `read(size)`: a file, or a reader of a sealed one."""

    def read(self, size: int = -1, /) -> bytes:
        """Return up to `size` bytes, b"" at the end."""
        ...


def read_lines(stream: Readable) -> Iterator[str]:
    """Yield the lines of UTF-8 text with their line ends (LF, CRLF or CR). Raises `InputError` with line and byte."""
    offset = 0
    for number, raw in enumerate(_byte_lines(stream), start=1):
        if b"\x00" in raw:
            raise InputError(
                f"Line {number} holds a NUL byte (byte {offset + raw.index(0)}): this is not plain UTF-8 text. {_SAVE_AS}",
                code="dataset.nul",
            )
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise InputError(
                f"Line {number} is not UTF-8 text (byte {offset + error.start} of the file, 0x{raw[error.start]:02x}): "
                f"it was probably saved in another encoding such as Windows-1252. {_SAVE_AS}",
                code="dataset.encoding",
            ) from error
        offset += len(raw)
        yield from _CARRIAGE_RETURN.split(text)


def _byte_lines(stream: Readable) -> Iterator[bytes]:
    """Yield lines with their LF, each bounded; the whole is bounded too."""
    first = stream.read(_PIECE_BYTES)
    _verify_text(first)
    total, pending, number = 0, b"", 1
    piece = first.removeprefix(_BYTE_ORDER_MARK)
    while piece:
        total += len(piece)
        if total > MAX_FILE_BYTES:
            raise InputError(
                f"The file is larger than {MAX_FILE_BYTES // 1024**2} MiB. Split it into several datasets.", code="dataset.too-large"
            )
        *whole, pending = (pending + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
            number += 1
        if len(pending) > MAX_LINE_BYTES:
            raise InputError(
                f"Line {number} is longer than {MAX_LINE_BYTES // 1024} KiB: this is no table with one row a line. Check the file.",
                code="dataset.line-too-long",
            )
        piece = stream.read(_PIECE_BYTES)
    if pending:
        yield pending


def _verify_text(start: bytes) -> None:
    """Raise `InputError` when the first bytes are those of another kind of file."""
    if not start.removeprefix(_BYTE_ORDER_MARK).strip():
        raise InputError("The file is empty. Choose one with at least one question and its answer.", code="dataset.empty")
    for magic, sentence in _FOREIGN:
        if start.startswith(magic):
            raise InputError(sentence, code="dataset.not-text")
