"""The header of a safetensors file, read by a bounded parser of our own, before any library touches the file.

Specification: huggingface/safetensors README, "Format": 8 bytes little-endian length N, N bytes of JSON (`{` first,
spaces may follow), then the buffer. Each tensor has `dtype`, `shape` and `data_offsets` [begin, end) into the buffer;
`__metadata__` maps text to text. Checked here: no key twice, known dtypes, each size = product of the shape times the
dtype's width, and tensors that fill the buffer without gaps or overlaps. Weights are not read.
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
# Bytes of one element.
WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_FOREIGN = ((b"PK\x03\x04", "zip"), (b"\x80", "pickle"), (b"GGUF", "gguf"), (b"\x89HDF", "hdf5"))


@dataclass(frozen=True)
class Tensor:
    """One tensor: dtype, shape, and the place of its bytes in the buffer."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


@dataclass(frozen=True)
class SafetensorsHeader:
    """What a file says that it contains; `data_start` is the offset of the buffer in the file, in bytes."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    data_start: int

    @property
    def parameters(self) -> int:
        """The number of elements in all tensors."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())


def read_header(file: BinaryIO, name: str) -> SafetensorsHeader:
    """Return the checked header of an open file; `name` is for messages. Raises `InputError`."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(8)
    for magic, kind in _FOREIGN:
        # A valid length can begin like this (0x80: 128 bytes); then a brace follows it.
        if start.startswith(magic) and file.read(1) != b"{":
            raise InputError("model.pickle:content", name=shown(name), kind=kind)
        file.seek(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length < 2 or length > min(MAX_HEADER_BYTES, size - 8):
        raise InputError(
            "model.safetensors:header-length",
            name=shown(name),
            length=length,
            available=max(size - 8, 0),
            max_bytes=MAX_HEADER_BYTES,
        )
    raw = file.read(length)
    if not raw.startswith(b"{"):
        raise InputError("model.safetensors:header", name=shown(name))
    value = decode_object(raw, name, MAX_HEADER_BYTES)
    metadata = value.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(item, str) for item in metadata.values()):
        raise InputError("model.safetensors:metadata", name=shown(name))
    if not value or len(value) > MAX_TENSORS:
        raise InputError(
            "model.safetensors:tensor-count", name=shown(name), tensors=len(value), max_tensors=MAX_TENSORS
        )
    tensors = {key: _tensor(item, key, name) for key, item in value.items()}
    _verify_layout(tensors, size - 8 - length, name)
    return SafetensorsHeader(tensors, metadata, 8 + length)


def _tensor(value: Any, key: str, name: str) -> Tensor:
    if (
        len(key) > MAX_NAME_CHARACTERS
        or not isinstance(value, dict)
        or set(value) != {"dtype", "shape", "data_offsets"}
    ):
        raise InputError("model.safetensors:entry", name=shown(name), tensor=shown(key))
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in WIDTHS:
        raise InputError("model.safetensors:dtype", name=shown(name), tensor=shown(key))
    if not _naturals(shape) or len(shape) > MAX_DIMENSIONS or not _naturals(offsets) or len(offsets) != 2:
        raise InputError("model.safetensors:shape", name=shown(name), tensor=shown(key))
    begin, end = offsets
    if end - begin != math.prod(shape) * WIDTHS[dtype]:
        raise InputError("model.safetensors:size", name=shown(name), tensor=shown(key))
    return Tensor(dtype, tuple(shape), begin, end)


def _naturals(value: Any) -> bool:
    # Bounded, so that products of up to MAX_DIMENSIONS of them stay cheap. Python's bool is an int, but not here.
    return isinstance(value, list) and all(type(item) is int and 0 <= item < 2**48 for item in value)


def _verify_layout(tensors: Mapping[str, Tensor], buffer_bytes: int, name: str) -> None:
    place = 0
    for key, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != place:
            raise InputError("model.safetensors:layout", name=shown(name), tensor=shown(key))
        place = tensor.end
    if place != buffer_bytes:
        raise InputError("model.safetensors:buffer", name=shown(name), expected=place, actual=buffer_bytes)
