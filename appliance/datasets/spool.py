"""Rows on their way into a dataset: written once as they come, encrypted under a key that only this process ever holds.

The rows' parts are known only when the last row has come. What is kept in memory meanwhile is a few numbers for each
row; the rows lie in a spool file that nothing can open after this process, and that is gone when the dataset is
written.
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
from appliance.datasets.splits import UNASKED, assign_parts, join_units, position, stratum

_PREFIX = b"appliance.spool\x01"
_PART_INDEX = {part: index for index, part in enumerate(PARTS)}


class Spool:
    """Takes rows once, then gives them out again by part."""

    def __init__(self, path: Path, seed: int) -> None:
        self._path = path
        self._seed = seed
        self._key = secrets.token_bytes(32)
        self._rows, self._positions, self._strata, self._asked = array("q"), array("Q"), array("Q"), array("b")

    def fill(self, rows: Iterable[Conversation | Block]) -> None:
        """Write the rows to the spool file. Raises whatever `rows` raises."""
        batch: list[Conversation] = []
        with PartWriter(self._path, self._key, _PREFIX, compression="lz4") as writer:
            for each in rows:
                if isinstance(each, Block):
                    if batch:
                        writer.write(table_of(batch))
                        batch.clear()
                    self._note_block(each)
                    writer.write(table_of_block(each))
                    continue
                batch.append(each)
                self._rows.append(each.row)
                self._positions.append(position(each.group, normal(each.question), self._seed))
                self._strata.append(stratum(each.category, each.kind))
                self._asked.append(_PART_INDEX.get(each.split, UNASKED))
                if len(batch) == ROW_GROUP_ROWS:
                    writer.write(table_of(batch))
                    batch.clear()
            if batch:
                writer.write(table_of(batch))

    def _note_block(self, block: Block) -> None:
        self._rows.extend(block.rows)
        self._positions.extend(
            position(group, asked, self._seed) for group, asked in zip(block.label("group"), block.asked, strict=True)
        )
        self._strata.extend(map(stratum, block.label("category"), block.label("kind")))
        self._asked.extend(_PART_INDEX.get(part, UNASKED) for part in block.label("split"))

    def assign(self, shares: tuple[int, int, int], joined: Mapping[int, int]) -> Any:
        """Return the part of each row, in the order they came.

        Raises `InputError` when there is nothing to train on.
        """
        import numpy as np  # noqa: PLC0415 - starts threads

        rows = np.frombuffer(self._rows, dtype=np.int64)
        positions = join_units(np.frombuffer(self._positions, dtype=np.uint64), rows, joined)
        return assign_parts(
            positions, np.frombuffer(self._strata, dtype=np.uint64), np.frombuffer(self._asked, dtype=np.int8), shares
        )

    @property
    def rows(self) -> "array[int]":
        """The rows' numbers, in the order they came."""
        return self._rows

    def distribute(self, parts: Any, writers: Sequence[PartWriter]) -> None:
        """Write each row to the writer of its part, in the order they came. Reads the spool once."""
        import pyarrow as pa  # noqa: PLC0415 - starts threads

        place = 0
        pending: list[list[Any]] = [[] for _writer in writers]
        with open_part(self._path, self._key, _PREFIX) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, use_threads=False)
                here = parts[place : place + table.num_rows]
                place += table.num_rows
                for index, writer in enumerate(writers):
                    waiting = pending[index]
                    waiting.append(table.filter(pa.array(here == index)))
                    count = sum(each.num_rows for each in waiting)
                    if count >= ROW_GROUP_ROWS:
                        together = pa.concat_tables(waiting)
                        whole = count - count % ROW_GROUP_ROWS
                        writer.write(together.slice(0, whole))
                        waiting[:] = [together.slice(whole)]
        for waiting, writer in zip(pending, writers, strict=True):
            rest = pa.concat_tables(waiting) if waiting else None
            if rest is not None and rest.num_rows:
                writer.write(rest)

    def remove(self) -> None:
        """Remove the spool file."""
        self._path.unlink(missing_ok=True)
