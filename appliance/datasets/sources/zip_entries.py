"""ZIP archives, checked before anything in them is read: a bomb is refused by the size that it would unpack to.

Sizes in a ZIP's directory can be false. An entry read here must have exactly its declared size. For another parser, the
archive is packed anew first (`repacked`), so that it sees only true sizes.
"""

import io
import zipfile
import zlib
from collections.abc import Callable

from appliance.datasets.sources.text import Seekable
from appliance.foundation.errors import InputError

MAX_RATIO = 200  # of unpacked to packed size; office documents and tables stay under 60
MIN_SUSPECT_BYTES = 1024**2  # a small entry may well be repetitive
_HEADER_BYTES = 30
_PIECE_BYTES = 1024**2


def open_zip(stream: Seekable, *, max_entries: int, max_bytes: int) -> zipfile.ZipFile:
    """Return the archive. Raises `InputError` when it is damaged, encrypted, overlapping, or too large unpacked."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError, IndexError) as error:
        raise damaged() from error
    entries = archive.infolist()
    if len(entries) > max_entries:
        raise InputError("dataset.archive:too-many-files", max_files=max_entries)
    if len({entry.filename for entry in entries}) != len(entries):
        raise InputError("dataset.archive:same-name")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise InputError("dataset.encrypted:archive")
    if sum(entry.file_size for entry in entries) > max_bytes:
        raise InputError("dataset.archive:too-large", max_bytes=max_bytes)
    if any(
        entry.file_size > MIN_SUSPECT_BYTES and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
        for entry in entries
    ):
        raise InputError("dataset.archive:bomb", max_ratio=MAX_RATIO)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end or entry.header_offset + _HEADER_BYTES + entry.compress_size > size:
            raise InputError("dataset.archive:overlap")
        end = entry.header_offset + _HEADER_BYTES + entry.compress_size
    return archive


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return the content of an entry. Raises `InputError` when it is damaged or has another size than declared."""
    try:
        with archive.open(entry) as file:
            data = file.read(entry.file_size + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise damaged() from error
    if len(data) != entry.file_size:
        raise damaged()
    return data


def repacked(
    archive: zipfile.ZipFile, wanted: Callable[[str], bool], check: Callable[[str, bytes], None]
) -> io.BytesIO:
    """Return an archive of the wanted entries, uncompressed, after `check(name, data)` of each."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as clean:
        for entry in archive.infolist():
            if wanted(entry.filename):
                data = read_entry(archive, entry)
                check(entry.filename, data)
                clean.writestr(zipfile.ZipInfo(entry.filename), data)
    target.seek(0)
    return target


def damaged() -> InputError:
    """Return the error for an archive that cannot be read to its end."""
    return InputError("dataset.archive:damaged")
