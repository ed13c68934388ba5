"""Rows on their way into a dataset: written once as they come, encrypted under a key that only this process ever holds.

The rows' parts are known only when the last row has come. What is kept in memory meanwhile is a few numbers for each row; the rows lie in
a spool file that nothing can open after this process, and that is gone when the dataset is written.
"""

import secrets
from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.datasets.conversation import PARTS, Conversation
from appliance.datasets.parquet import ROW_GROUP_ROWS, PartWriter, open_part, table_of
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

    def fill(self, conversations: Iterable[Conversation]) -> None:
        """Write the rows to the spool file. Raises whatever `conversations` raises."""
        batch: list[Conversation] = []
        with PartWriter(self._path, self._key, _PREFIX) as writer:
            for conversation in conversations:
                batch.append(conversation)
                self._rows.append(conversation.row)
                self._positions.append(position(conversation, self._seed))
                self._strata.append(stratum(conversation))
                self._asked.append(_PART_INDEX.get(conversation.split, UNASKED))
                if len(batch) == ROW_GROUP_ROWS:
                    writer.write(table_of(batch))
                    batch.clear()
            if batch:
                writer.write(table_of(batch))

    def assign(self, shares: tuple[int, int, int], joined: Mapping[int, int]) -> Any:
        """Return the part of each row, in the order they came. Raises `InputError` when there is nothing to train on."""
        import numpy as np  # noqa: PLC0415 - starts threads

        rows = np.frombuffer(self._rows, dtype=np.int64)
        positions = join_units(np.frombuffer(self._positions, dtype=np.uint64), rows, joined)
        return assign_parts(positions, np.frombuffer(self._strata, dtype=np.uint64), np.frombuffer(self._asked, dtype=np.int8), shares)

    @property
    def rows(self) -> "array[int]":
        """The rows' numbers, in the order they came."""
        return self._rows

    def tables(self, parts: Any, part: int) -> Iterator[Any]:
        """Yield the rows of one part as Arrow tables of up to a row group."""
        import pyarrow as pa  # noqa: PLC0415 - starts threads

        place = 0
        pending: list[Any] = []
        count = 0
        with open_part(self._path, self._key, _PREFIX) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                chosen = table.filter(pa.array(parts[place : place + table.num_rows] == part))
                place += table.num_rows
                pending.append(chosen)
                count += chosen.num_rows
                if count >= ROW_GROUP_ROWS:
                    together = pa.concat_tables(pending)
                    yield together.slice(0, ROW_GROUP_ROWS)
                    pending = [together.slice(ROW_GROUP_ROWS)]
                    count -= ROW_GROUP_ROWS
        if count:
            yield pa.concat_tables(pending)

    def remove(self) -> None:
        """Remove the spool file."""
        self._path.unlink(missing_ok=True)
