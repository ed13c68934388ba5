"""Tensors in a sealed file, written and read one at a time: memory never holds a second copy of a model.

The plaintext is safetensors (8 bytes little-endian: length of the JSON header; header; data), so that published tools
can read it once it is unsealed. The figures that belong to the tensors are JSON, in the header's `__metadata__` under
`figures`. Tensors follow in the order of the header, without gaps, in the machine's byte order (little-endian, as
safetensors requires).
"""

import json
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import torch

from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import IntegrityError
from appliance.foundation.messages import message
from appliance.vault.stream import CHUNK_BYTES, SealContext, SealedReader, sealing

MAX_HEADER_BYTES = 64 * 1024 * 1024  # far more than a thousand layers with a dozen tensors each need
_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.uint8: "U8",
}
_TYPES_BY_NAME = {name: dtype for dtype, name in _TYPES.items()}


def write_tensors(
    path: Path, tensors: Mapping[str, torch.Tensor], figures: dict[str, Any], data_key: bytes, context: SealContext
) -> None:
    """Seal `tensors` and `figures` into `path`, whole or not at all, durably. Raises `StorageError`."""
    with storage_errors(message("task:save-checkpoint")), sealing(path, data_key, context) as writer:
        writer.write(_header(tensors, figures))
        for tensor in tensors.values():
            for piece in _pieces(tensor):
                writer.write(piece)


def _header(tensors: Mapping[str, torch.Tensor], figures: dict[str, Any]) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"figures": json.dumps(figures)}}
    offset = 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": _TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _bytes_of(tensor: torch.Tensor) -> memoryview:
    """Return the memory of a contiguous CPU tensor: a view, not a copy."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def _pieces(tensor: torch.Tensor) -> Iterator[memoryview]:
    """Yield a tensor's bytes in pieces: the writer buffers its input, and would hold a whole tensor twice."""
    if tensor.numel():
        view = _bytes_of(tensor.detach().cpu().contiguous())
        for start in range(0, len(view), CHUNK_BYTES):
            yield view[start : start + CHUNK_BYTES]


class SealedTensors(Mapping[str, torch.Tensor]):
    """The tensors of a sealed file, each read on access. Raises `IntegrityError` for a file that was changed."""

    def __init__(self, path: Path, data_key: bytes, context: SealContext) -> None:
        """Read the header alone. Raises `StorageError` when there is no such file."""
        with storage_errors(message("task:read-file", file=path.name)):
            self._file = open(path, "rb")  # noqa: SIM115 - closed by `close`, or with this object
        weakref.finalize(self, self._file.close)
        try:
            self._reader = SealedReader(self._file, data_key, context)
            size = int.from_bytes(self._reader.read_at(0, 8), "little")
            if not 0 < size <= min(MAX_HEADER_BYTES, self._reader.size):
                raise IntegrityError("checkpoint.header")
            header = json.loads(self._reader.read_at(8, size))
            self.figures: dict[str, Any] = dict(json.loads(header.pop("__metadata__")["figures"]))
            self._entries = {
                name: (_TYPES_BY_NAME[entry["dtype"]], entry["shape"], entry["data_offsets"][0] + 8 + size)
                for name, entry in header.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.close()
            raise IntegrityError("checkpoint.header") from error
        except BaseException:
            self.close()
            raise

    def verify(self) -> None:
        """Authenticate every chunk. Raises `IntegrityError` when one was changed."""
        self._reader.verify()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __getitem__(self, name: str) -> torch.Tensor:
        dtype, shape, offset = self._entries[name]
        tensor = torch.empty(shape, dtype=dtype)
        if tensor.numel():
            view = _bytes_of(tensor)
            for start in range(0, len(view), CHUNK_BYTES):
                piece = self._reader.read_at(offset + start, min(CHUNK_BYTES, len(view) - start))
                view[start : start + len(piece)] = piece
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
