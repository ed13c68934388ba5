"""Parquet files, a thousand rows at a time, by pyarrow. The sizes that a file declares are checked before reading."""

import io
from typing import Any

from appliance.datasets.sources.records import MAX_COLUMNS, Records, Source
from appliance.datasets.sources.text import Seekable
from appliance.foundation.errors import InputError
from appliance.foundation.messages import message

MAX_GROUP_BYTES = 1024**3  # of a row group, uncompressed
MAX_TOTAL_BYTES = 8 * 1024**3
BATCH_ROWS = 1000


def read_parquet(stream: Seekable, name: str) -> Source:
    """Return the rows. Raises `InputError` when the file is damaged, encrypted, or would become too large."""
    import pyarrow as pa  # noqa: PLC0415 - starts threads
    import pyarrow.parquet as pq  # noqa: PLC0415

    stream.seek(-4, io.SEEK_END)
    if stream.read(4) == b"PARE":
        raise InputError("dataset.encrypted:parquet")
    stream.seek(0)
    try:
        file = pq.ParquetFile(pa.PythonFile(stream, mode="r"))
        metadata = file.metadata
        sizes = [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
        columns = len(file.schema_arrow.names)
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError, UnicodeError) as error:
        raise _damaged() from error
    if columns > MAX_COLUMNS:
        raise InputError("dataset.too-many-columns", max_columns=MAX_COLUMNS)
    if any(not 0 <= size <= MAX_GROUP_BYTES for size in sizes) or sum(sizes) > MAX_TOTAL_BYTES:
        raise InputError("dataset.too-large:parquet")
    return Source(name, "Parquet", message("read-as.rows", rows=metadata.num_rows), _records(file))


def _records(file: Any) -> Records:
    import pyarrow as pa  # noqa: PLC0415 - starts threads

    row = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for record in batch.to_pylist():
                row += 1
                yield row, record
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError, UnicodeError) as error:
        raise _damaged() from error


def _damaged() -> InputError:
    return InputError("dataset.parquet")
