"""The canary scan: reads every byte that a run left behind and looks for what went in as data.

Looks for the canary, and for its first half, in UTF-8, UTF-16 (both orders) and base64 (all three alignments), also
inside zip and gzip within one another; in the names of files; and in the open, deleted files of this machine's
processes.
"""

import base64
import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_BYTES = 600 * 1024 * 1024
MAX_NESTING = 3


def forms(canary: str) -> list[bytes]:
    """Return the byte sequences that betray the canary."""
    plain = canary.encode()
    found = [canary.encode("utf-16-le"), canary.encode("utf-16-be"), plain[: len(plain) // 2 + 3]]
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + plain)
        found.append(encoded[4 if shift else 0 : -4])  # The ends depend on the neighbours; the middle does not.
    return found


def scan(canary: str, folders: list[Path]) -> list[str]:
    """Return where the canary stands in clear: names of files, with the container's member where there is one."""
    wanted = forms(canary)
    return [name for name, data in _contents(folders) if any(form in data for form in wanted)]


def _contents(folders: list[Path]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                path = Path(root) / name
                yield f"{path} (its name)", os.fsencode(name)
                if path.is_file() and not path.is_symlink():
                    assert path.stat().st_size <= MAX_FILE_BYTES, f"{path} is too large to be looked through"
                    yield from _unpacked(str(path), path.read_bytes(), 0)
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(descriptor)
            if target.endswith("(deleted)") and not target.startswith(("/memfd:", "/dev/")):
                yield from _unpacked(target, descriptor.read_bytes(), 0)
        except OSError:
            continue


def _unpacked(name: str, data: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Yield `data`, and what is packed in it."""
    yield name, data
    if depth == MAX_NESTING:
        return
    try:
        if data[:2] == b"\x1f\x8b":
            yield from _unpacked(f"{name}!gzip", gzip.decompress(data), depth + 1)
        elif data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for member in archive.namelist():
                    yield from _unpacked(f"{name}!{member}", archive.read(member), depth + 1)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        return  # It begins like one by chance: sealed files hold every sequence of bytes.


def scan_image(path: Path, wanted: list[bytes], window: int = 64 * 1024**2) -> list[int]:
    """Return the places in a raw image, window by window, where one of the byte sequences stands: freed blocks too."""
    found: list[int] = []
    overlap = max(map(len, wanted)) - 1
    with path.open("rb") as file:
        offset, tail = 0, b""
        while piece := file.read(window):
            data = tail + piece
            places = (data.find(form) for form in wanted)
            found += [offset - len(tail) + place for place in places if place >= 0]
            offset += len(piece)
            tail = data[-overlap:]
    return found
