"""The header of a safetensors file, read by an own bounded parser: no library touches bytes that nobody checked.

Specification: huggingface/safetensors README, "Format": 8 bytes little-endian length N, N bytes of JSON (`{` first,
spaces may follow), then the buffer. Each tensor has `dtype`, `shape` and `data_offsets` [begin, end) into the buffer;
`__metadata__` maps text to text. Checked here: no key twice, known dtypes, each size = product of the shape times the
dtype's width, and tensors that fill the buffer without hole or overlap. Does not read weights.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from appliance.foundation.errors import InputError
from appliance.models.bounded_json import decode_object, shown

MAX_HEADER_BYTES = 16 * 1024**2  # the format allows 100 MB; a model of 100,000 tensors needs about 12
MAX_TENSORS = 100_000
MAX_DIMENSIONS = 8
MAX_NAME_CHARACTERS = 512
WIDTHS = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}  # bytes an element
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive, as PyTorch's own pickle files are"),
    (b"\x80", "a pickle"),
    (b"GGUF", "a GGUF file"),
    (b"\x89HDF", "an HDF5 file"),
)


@dataclass(frozen=True)
class Tensor:
    """One tensor: dtype, shape, and where its bytes lie in the buffer."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class SafetensorsHeader:
    """What a file says it holds; `data_start` is the buffer's place in the file, in bytes."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    data_start: int

    @property
    def parameters(self) -> int:
        """The number of elements in all tensors."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())


def read_header(file: BinaryIO, name: str) -> SafetensorsHeader:
    """Return the checked header of an open file; `name` is for sentences. Raises `InputError`."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(8)
    for magic, what in _FOREIGN:
        # A length that begins like this and fits the file is possible (0x80 = 128 bytes); the brace after it then
        # tells.
        if start.startswith(magic) and file.read(1) != b"{":
            raise InputError("model.pickle:safetensors-but-pickle", name=shown(name), what=what)
        file.seek(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length < 2 or length > min(MAX_HEADER_BYTES, size - 8):
        raise _refused(
            name, f"its header claims {length:,} bytes of {max(size - 8, 0):,} (at most {MAX_HEADER_BYTES:,})"
        )
    raw = file.read(length)
    if not raw.startswith(b"{"):
        raise _refused(name, "its header is not JSON")
    value = decode_object(raw, name, MAX_HEADER_BYTES)
    metadata = value.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(item, str) for item in metadata.values()):
        raise _refused(name, "its metadata is not text")
    if not value or len(value) > MAX_TENSORS:
        raise _refused(name, f"it has {len(value):,} tensors (1 to {MAX_TENSORS:,} are accepted)")
    tensors = {key: _tensor(item, key, name) for key, item in value.items()}
    _verify_layout(tensors, size - 8 - length, name)
    return SafetensorsHeader(tensors, metadata, 8 + length)


def _tensor(value: Any, key: str, name: str) -> Tensor:
    if (
        len(key) > MAX_NAME_CHARACTERS
        or not isinstance(value, dict)
        or set(value) != {"dtype", "shape", "data_offsets"}
    ):
        raise _refused(name, f"the entry of tensor {shown(key)} is malformed")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in WIDTHS:
        raise _refused(name, f"tensor {shown(key)} has an element type that is not accepted")
    if not _naturals(shape) or len(shape) > MAX_DIMENSIONS or not _naturals(offsets) or len(offsets) != 2:
        raise _refused(name, f"tensor {shown(key)} has a malformed shape or place")
    begin, end = offsets
    if end - begin != math.prod(shape) * WIDTHS[dtype]:
        raise _refused(name, f"tensor {shown(key)} has another size than its shape says")
    return Tensor(dtype, tuple(shape), begin, end)


def _naturals(value: Any) -> bool:
    # Bounded, so that products of up to MAX_DIMENSIONS of them stay cheap. A bool is an int to Python, not here.
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 2**48 for item in value)


def _verify_layout(tensors: Mapping[str, Tensor], buffer_bytes: int, name: str) -> None:
    place = 0
    for key, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != place:
            raise _refused(name, f"tensor {shown(key)} overlaps another, or a hole is before it")
        place = tensor.end
    if place != buffer_bytes:
        raise _refused(name, f"its tensors take {place:,} bytes where the file has {buffer_bytes:,}")


def _refused(name: str, clause: str) -> InputError:
    return InputError("model.safetensors:valid-safetensors-file", name=shown(name), clause=clause)
