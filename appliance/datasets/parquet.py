"""One part's file: rows to encrypted Parquet and back, a row group at a time. `store` says what the format binds and why.

Importing this starts threads of Arrow and NumPy: the server imports it on use, after it has restricted itself.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_decryption_properties, create_encryption_properties

from appliance.datasets.conversation import Conversation
from appliance.foundation.errors import IntegrityError

ROW_GROUP_ROWS = 1000
_FORMAT_KEY = b"appliance.format"
_FORMAT_VERSION = b"1"
_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), nullable=False),
        pa.field("key_fact", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
    ],
    metadata={_FORMAT_KEY: _FORMAT_VERSION},
)


def write_rows(path: Path, conversations: Sequence[Conversation], key: bytes, prefix: bytes) -> None:
    """Write the rows to a new file, durable, under a 32-byte key; `prefix` is the additional authenticated data. Raises `OSError`."""
    properties = create_encryption_properties(key, aad_prefix=prefix, store_aad_prefix=False, encryption_algorithm="AES_GCM_V1")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        with pq.ParquetWriter(file, _SCHEMA, encryption_properties=properties, compression="zstd") as writer:
            for start in range(0, len(conversations), ROW_GROUP_ROWS):
                records = [_record(conversation) for conversation in conversations[start : start + ROW_GROUP_ROWS]]
                writer.write_table(pa.Table.from_pylist(records, schema=_SCHEMA))
        file.flush()
        os.fsync(file.fileno())


def read_rows(path: Path, key: bytes, prefix: bytes, part: str) -> Iterator[Conversation]:
    """Yield the rows. Raises `IntegrityError` when the file is not what was written under this key and prefix."""
    try:
        with pq.ParquetFile(path, decryption_properties=create_decryption_properties(key, aad_prefix=prefix)) as file:
            if file.schema_arrow.metadata.get(_FORMAT_KEY) != _FORMAT_VERSION or not file.schema_arrow.equals(_SCHEMA):
                raise IntegrityError(
                    f"The {part} part of this dataset has an unknown format. A newer appliance may have written it: upgrade this one."
                )
            for group in range(file.num_row_groups):
                for record in file.read_row_group(group).to_pylist():
                    yield Conversation(**record, split=part)
    except (pa.ArrowException, OSError, ValueError, UnicodeError, MemoryError, OverflowError) as error:
        raise IntegrityError(
            f"The {part} part of this dataset cannot be decrypted: the file was changed, cut, or swapped. Restore it from a backup.",
            code="integrity.dataset",
        ) from error


def _record(conversation: Conversation) -> dict[str, Any]:
    return {name: getattr(conversation, name) for name in _SCHEMA.names}
