"""The file of one part: rows to encrypted Parquet and back, a row group at a time. The format is specified in `store`.

Importing it starts threads of Arrow and NumPy, so the server imports it on use, after it has restricted itself.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_decryption_properties, create_encryption_properties

from appliance.datasets.blocks import Block
from appliance.datasets.conversation import Conversation
from appliance.foundation.errors import IntegrityError

ROW_GROUP_ROWS = 1000
_LABELS = ("key_fact", "kind", "group", "category")
_FORMAT_KEY = b"appliance.format"
_FORMAT_VERSION = b"1"
_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), nullable=False),
        pa.field("key_fact", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
    ],
    metadata={_FORMAT_KEY: _FORMAT_VERSION},
)
# Texts are all different: dictionaries and statistics of them would be useless.
LAYOUT = {"use_dictionary": ["messages.list.element.role", *_LABELS], "write_statistics": ["row"]}


class PartWriter:
    """Writes Arrow tables of rows to a new file under a 32-byte key; durable once it is closed without an error."""

    def __init__(self, path: Path, key: bytes, prefix: bytes, *, compression: str = "zstd") -> None:
        """`prefix` is the additional authenticated data. Raises `OSError`."""
        properties = create_encryption_properties(
            key, aad_prefix=prefix, store_aad_prefix=False, encryption_algorithm="AES_GCM_V1"
        )
        self._file = open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")  # noqa: SIM115 - __exit__
        self._writer = pq.ParquetWriter(
            self._file, _SCHEMA, encryption_properties=properties, compression=compression, **LAYOUT
        )

    def write(self, table: pa.Table) -> None:
        """Write row groups. Raises `OSError`."""
        self._writer.write_table(table, row_group_size=ROW_GROUP_ROWS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        with self._file:
            self._writer.close()
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())


def table_of(conversations: Sequence[Conversation]) -> pa.Table:
    """Return the rows as an Arrow table."""
    offsets, roles, contents = [0], [], []
    for conversation in conversations:
        for turn in conversation.messages:
            roles.append(turn["role"])
            contents.append(turn["content"])
        offsets.append(len(roles))
    turns = pa.StructArray.from_arrays(
        [pa.array(roles, pa.string()), pa.array(contents, pa.string())], ["role", "content"]
    )
    columns = [
        pa.array([conversation.row for conversation in conversations], pa.int64()),
        pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), turns),
        *(pa.array([getattr(row, name) for row in conversations], pa.string()) for name in _LABELS),
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def table_of_block(block: Block) -> pa.Table:
    """Return the rows of a block as an Arrow table."""
    count = len(block)
    contents = [""] * (2 * count)
    contents[::2], contents[1::2] = block.questions, block.answers
    speakers = pa.array(np.tile(np.array([0, 1], np.int8), count))
    roles = pa.DictionaryArray.from_arrays(speakers, pa.array(["user", "assistant"])).cast(pa.string())
    turns = pa.StructArray.from_arrays([roles, pa.array(contents, pa.string())], ["role", "content"])
    columns = [
        pa.array(block.rows, pa.int64()),
        pa.ListArray.from_arrays(pa.array(np.arange(0, 2 * count + 1, 2, dtype=np.int32)), turns),
        *(pa.array(block.label(name), pa.string()) for name in _LABELS),
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def open_part(path: Path, key: bytes, prefix: bytes) -> pq.ParquetFile:
    """Open a file of rows. Raises Arrow's errors."""
    return pq.ParquetFile(path, decryption_properties=create_decryption_properties(key, aad_prefix=prefix))


def read_rows(path: Path, key: bytes, prefix: bytes, part: str) -> Iterator[Conversation]:
    """Yield the rows. Raises `IntegrityError` when the file is not what was written under this key and prefix."""
    try:
        with open_part(path, key, prefix) as file:
            if file.schema_arrow.metadata.get(_FORMAT_KEY) != _FORMAT_VERSION or not file.schema_arrow.equals(_SCHEMA):
                raise IntegrityError("integrity:dataset-format", part=part)
            for group in range(file.num_row_groups):
                yield from _conversations(file.read_row_group(group), part)
    except (pa.ArrowException, OSError, ValueError, UnicodeError, MemoryError, OverflowError) as error:
        raise IntegrityError("integrity.dataset:part", part=part) from error


def _conversations(table: pa.Table, part: str) -> Iterator[Conversation]:
    """Yield the rows of a table. Reading column by column is three times as fast as record by record."""
    lists = table.column("messages").combine_chunks()
    turns = lists.flatten()
    roles, contents = turns.field("role").to_pylist(), turns.field("content").to_pylist()
    ends = pa.compute.list_value_length(lists).to_pylist()
    labels = [table.column(name).to_pylist() for name in _LABELS]
    start = 0
    for row, length, key_fact, kind, group, category in zip(
        table.column("row").to_pylist(), ends, *labels, strict=True
    ):
        end = start + length
        messages = [
            {"role": role, "content": content}
            for role, content in zip(roles[start:end], contents[start:end], strict=True)
        ]
        start = end
        yield Conversation(row, messages, key_fact, kind, group, category, part)
