"""Compute the frozen layers' output for each example once: it is the same in every epoch.

It is kept in memory in the compute type, up to `MEMORY_BYTES`, and beyond that in a sealed file (the spill). All
examples are computed before the first step, in an order that depends on them alone: so a resumed run, which computes
them again, gets the same bits. The rows of the shared beginning are kept once, the other rows for each example.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import torch

from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.messages import message
from appliance.training.decoder import Decoder
from appliance.training.examples import TokenizedExample
from appliance.training.packed_passes import PackedPass, packed_passes
from appliance.vault.stream import SealContext, SealedReader, SealedWriter

MEMORY_BYTES = 1 << 30
CHUNK_BYTES = 1 << 16  # of the sealed file; an example's rows take a few chunks
SPILL_NAME = "features.sealed"


def _opened(path: Path) -> BinaryIO:
    return open(path, "w+b")  # closed by `SealedSpill.remove`


class SealedSpill:
    """A sealed file in a job's folder, under the job's key: written once in order, then read at any position."""

    def __init__(
        self, folder: Path, job_id: str, job_key: bytes, *, opened: Callable[[Path], BinaryIO] = _opened
    ) -> None:
        """Begin an empty file, without what an earlier run left. `opened` opens it for writing and reading."""
        self._path, self._opened = folder / SPILL_NAME, opened
        self._key = job_key
        self._context = SealContext("job", job_id, 1, SPILL_NAME)
        self._writer: SealedWriter | None = None
        self._reader: SealedReader | None = None
        self._size = 0

    def append(self, data: bytes) -> int:
        """Keep `data` and return where it begins. Raises `StorageError`."""
        with storage_errors(message("task:write-file", file=SPILL_NAME)):
            if self._writer is None:
                self._file = self._opened(self._path)
                self._writer = SealedWriter(self._file, self._key, self._context, chunk_bytes=CHUNK_BYTES)
            self._writer.write(data)
        offset, self._size = self._size, self._size + len(data)
        return offset

    def read_at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes at an offset; nothing can be appended after that.

        Raises `StorageError`, `IntegrityError` when the file was changed.
        """
        with storage_errors(message("task:read-file", file=SPILL_NAME)):
            if self._reader is None:
                assert self._writer is not None, "nothing was appended"
                self._writer.finish()
                self._reader = SealedReader(self._file, self._key, self._context)
            return self._reader.read_at(offset, count)

    def remove(self) -> None:
        """Remove the file, which is useless once the training is over."""
        if self._writer is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)


class FrozenFeatures:
    """The output of `layers` for each example; without a spill, what exceeds `memory_bytes` is computed each time."""

    def __init__(
        self,
        decoder: Decoder,
        layers: range,
        shared: int,
        spill: SealedSpill | None = None,
        *,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._decoder = decoder
        self._layers = layers
        self._shared = shared
        self._spill = spill
        self._room = memory_bytes
        self._beginning: torch.Tensor | None = None
        self._kept: dict[TokenizedExample, torch.Tensor] = {}
        self._spilled: dict[TokenizedExample, tuple[int, int]] = {}

    @torch.no_grad()
    def compute(self, examples: Sequence[TokenizedExample], pass_tokens: int) -> None:
        """Compute and keep the features of all different examples. Raises `StorageError`."""
        ordered = sorted(dict.fromkeys(examples), key=lambda example: len(example.input_ids))
        at_once = max(1, pass_tokens // max(len(example.input_ids) for example in ordered))
        for start in range(0, len(ordered), at_once):
            for packed in packed_passes(ordered[start : start + at_once], shared=self._shared, pass_tokens=pass_tokens):
                self._keep(packed, self._computed(packed))

    def _keep(self, packed: PackedPass, rows: torch.Tensor) -> None:
        if self._beginning is None:
            self._beginning = rows[: self._shared].clone()
        for example, own in zip(packed.examples, torch.split(rows[self._shared :], list(packed.lengths)), strict=True):
            size = own.numel() * own.element_size()
            if size <= self._room:
                self._kept[example] = own.clone()
                self._room -= size
            elif self._spill is not None:
                offset = self._spill.append(own.contiguous().cpu().view(torch.uint8).numpy().tobytes())
                self._spilled[example] = (offset, size)

    @torch.no_grad()
    def of(self, packed: PackedPass) -> torch.Tensor:
        """Return the input of the first layer that learns, (tokens, hidden): as kept, else computed."""
        kept = [rows for example in packed.examples if (rows := self._kept_rows(example)) is not None]
        if self._beginning is None or packed.shared != self._shared or len(kept) < len(packed.examples):
            return self._computed(packed)
        return torch.cat([self._beginning, *kept])

    def _kept_rows(self, example: TokenizedExample) -> torch.Tensor | None:
        if example in self._spilled and self._spill is not None and self._beginning is not None:
            data = bytearray(self._spill.read_at(*self._spilled[example]))
            numbers = torch.frombuffer(data, dtype=self._beginning.dtype)
            return numbers.view(-1, self._beginning.shape[1]).to(self._beginning.device)
        return self._kept.get(example)

    def _computed(self, packed: PackedPass) -> torch.Tensor:
        return self._decoder.run(packed, self._decoder.embedded(packed), self._layers)
