"""ZIP archives, looked at before anything in them is read: bombs are refused by what they would become.

Sizes in a ZIP's directory may lie. What is read here stops at the size that was declared and must be that long; what
another parser reads is packed anew first (`repacked`), so that no lie reaches it.
"""

import io
import zipfile
import zlib
from collections.abc import Callable

from appliance.datasets.sources.text import Seekable
from appliance.foundation.errors import InputError

MAX_RATIO = 200  # of the size it would have to the size it has; office documents and tables stay under 60
MIN_SUSPECT_BYTES = 1024**2  # small entries may be all alike
_HEADER_BYTES = 30
_PIECE_BYTES = 1024**2


def open_zip(stream: Seekable, *, max_entries: int, max_bytes: int) -> zipfile.ZipFile:
    """Return the archive. Raises `InputError` when it is damaged, encrypted, overlapping, or would become too large."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError, IndexError) as error:
        raise damaged() from error
    entries = archive.infolist()
    if len(entries) > max_entries:
        raise _refused(f"it holds more than {max_entries} files")
    if len({entry.filename for entry in entries}) != len(entries):
        raise _refused("two files in it have the same name")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise InputError("dataset.encrypted:archive-protected-password")
    if sum(entry.file_size for entry in entries) > max_bytes:
        raise _refused(f"it would become larger than {max_bytes // 1024**2} MiB when unpacked")
    if any(
        entry.file_size > MIN_SUSPECT_BYTES and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
        for entry in entries
    ):
        raise _refused(f"a file in it would become more than {MAX_RATIO} times as large, which only bombs do")
    end = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < end or entry.header_offset + _HEADER_BYTES + entry.compress_size > size:
            raise _refused("files in it overlap, which only bombs do")
        end = entry.header_offset + _HEADER_BYTES + entry.compress_size
    return archive


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return what is in an entry. Raises `InputError` when it is damaged or not as long as it says."""
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
    """Return an archive of the wanted entries, uncompressed, each seen by `check(name, data)`."""
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
    """Return the refusal of an archive that cannot be read to its end."""
    return InputError("dataset.archive:archive-damaged-cut")


def _refused(clause: str) -> InputError:
    return InputError("dataset.archive:archive-refused-bring", clause=clause)
