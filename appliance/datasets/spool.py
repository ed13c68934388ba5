"""Rows on their way into a dataset: written once as they arrive, encrypted under a key that only this process holds.

The parts of the rows are known only after the last row. Until then memory holds a few numbers for each row, and a spool
file the rows; nothing can open it after this process, and it is removed when the dataset is written.
"""

import secrets
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance.datasets.blocks import Block
from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.parquet import ROW_GROUP_ROWS, PartWriter, open_part, table_of, table_of_block
from appliance.datasets.row_checks import normal
from appliance.datasets.splits import NO_PART, assign_parts, join_units, position, stratum

_PREFIX = b"appliance.spool\x01"
_PART_INDEX = {part: index for index, part in enumerate(PARTS)}


class Spool:
    """Takes rows once, then returns them by part."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._seed = seed
        self._key = secrets.token_bytes(32)
        self._rows, self._positions, self._strata, self._requested = array("q"), array("Q"), array("Q"), array("b")

    def fill(self, rows: Iterable[Conversation | Block]) -> None:
        """Write the rows to the spool file. Raises whatever `rows` raises."""
        batch: list[Conversation] = []
        with PartWriter(self._path, self._key, _PREFIX, compression="lz4") as writer:
            for item in rows:
                if isinstance(item, Block):
                    if batch:
                        writer.write(table_of(batch))
                        batch.clear()
                    self._note_block(item)
                    writer.write(table_of_block(item))
                    continue
                batch.append(item)
                self._rows.append(item.row)
                self._positions.append(position(item.group, normal(item.question), self._seed))
                self._strata.append(stratum(item.category, item.kind))
                self._requested.append(_PART_INDEX.get(item.split, NO_PART))
                if len(batch) == ROW_GROUP_ROWS:
                    writer.write(table_of(batch))
                    batch.clear()
            if batch:
                writer.write(table_of(batch))

    def _note_block(self, block: Block) -> None:
        self._rows.extend(block.rows)
        keys = zip(block.label("group"), block.normal_questions, strict=True)
        self._positions.extend(position(group, question, self._seed) for group, question in keys)
        self._strata.extend(map(stratum, block.label("category"), block.label("kind")))
        self._requested.extend(_PART_INDEX.get(part, NO_PART) for part in block.label("split"))

    def assign(self, shares: tuple[int, int, int], joined: Mapping[int, int]) -> Any:
        """Return the part of each row, in the order of arrival. Raises `InputError` if there is nothing to train on."""
        import numpy as np  # noqa: PLC0415 - starts threads

        rows = np.frombuffer(self._rows, dtype=np.int64)
        positions = join_units(np.frombuffer(self._positions, dtype=np.uint64), rows, joined)
        strata = np.frombuffer(self._strata, dtype=np.uint64)
        return assign_parts(positions, strata, np.frombuffer(self._requested, dtype=np.int8), shares)

    @property
    def rows(self) -> "array[int]":
        """The numbers of the rows, in the order in which they arrived."""
        return self._rows

    def distribute(self, parts: Any, writers: Sequence[PartWriter]) -> None:
        """Write each row to the writer of its part, in the order in which they arrived. Reads the spool once."""
        import pyarrow as pa  # noqa: PLC0415 - starts threads

        start = 0
        pending: list[list[Any]] = [[] for _writer in writers]
        with open_part(self._path, self._key, _PREFIX) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, use_threads=False)
                table_parts = parts[start : start + table.num_rows]
                start += table.num_rows
                for index, writer in enumerate(writers):
                    waiting = pending[index]
                    waiting.append(table.filter(pa.array(table_parts == index)))
                    count = sum(piece.num_rows for piece in waiting)
                    if count >= ROW_GROUP_ROWS:
                        joined = pa.concat_tables(waiting)
                        whole = count - count % ROW_GROUP_ROWS
                        writer.write(joined.slice(0, whole))
                        waiting[:] = [joined.slice(whole)]
        for waiting, writer in zip(pending, writers, strict=True):
            rest = pa.concat_tables(waiting) if waiting else None
            if rest is not None and rest.num_rows:
                writer.write(rest)

    def remove(self) -> None:
        """Remove the spool file."""
        self._path.unlink(missing_ok=True)
