"""Sealed files beside AES-GCM on the same bytes, and an encrypted dataset beside plain Parquet, in one process on one
thread.

    python -m ops.bench.sealed_speed FOLDER [--megabytes 512] [--rows 200000] [--rounds 5]

The peer of a sealed file is `cryptography`'s AESGCM over the same 1 MiB pieces, written to and read from a plain file,
with the same sync at the end. The peer of a dataset is the same Arrow table in Parquet without encryption, same
compression, layout and row groups. The two take turns, and the median of the rounds counts. FOLDER must not exist; a
folder of /dev/shm leaves the disk out. It is removed afterwards. Prints one JSON object; MB/s are of plaintext, a ratio
over 1 means faster than the peer.
"""

import argparse
import json
import os
import secrets
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.datasets.conversation import Conversation
from appliance.datasets.parquet import LAYOUT, ROW_GROUP_ROWS, PartWriter, open_part, table_of
from appliance.vault.stream import SealContext, seal_file, unseal_file

PIECE_BYTES = 1024**2
CONTEXT = SealContext("adapter", "ad_00000000000000000000", 1, "bench")
KEY = bytes(range(32))
PREFIX = b"bench"


def plain_seal(path: Path, data: bytes) -> None:
    """Encrypt piece by piece, as somebody would who only has AES-GCM."""
    cipher, view = AESGCM(KEY), memoryview(data)
    with path.open("wb", buffering=0) as file:
        for index, start in enumerate(range(0, len(data), PIECE_BYTES)):
            file.write(cipher.encrypt(index.to_bytes(12, "big"), view[start : start + PIECE_BYTES], None))
        os.fsync(file.fileno())


def plain_open(path: Path) -> bytes:
    cipher = AESGCM(KEY)
    pieces = []
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES + 16):
            pieces.append(cipher.decrypt(len(pieces).to_bytes(12, "big"), piece, None))
    return b"".join(pieces)


def compared(peer: Callable[[], Any], ours: Callable[[], Any], rounds: int, megabytes: float) -> dict[str, float]:
    """Let both take turns; one round before counts for nothing."""
    seconds: dict[str, list[float]] = {"peer": [], "ours": []}
    for number in range(rounds + 1):
        for name, work in (("peer", peer), ("ours", ours)):
            start = time.perf_counter()
            work()
            if number:
                seconds[name].append(time.perf_counter() - start)
    peer_s, ours_s = statistics.median(seconds["peer"]), statistics.median(seconds["ours"])
    return {
        "peer_mb_s": round(megabytes / peer_s),
        "ours_mb_s": round(megabytes / ours_s),
        "ratio": round(peer_s / ours_s, 3),
    }


def sealed_files(folder: Path, megabytes: int, rounds: int) -> dict[str, Any]:
    data = secrets.token_bytes(PIECE_BYTES) * megabytes
    peer, ours = folder / "peer", folder / "ours"
    size = len(data) / 1e6

    def opened(work: Callable[[], bytes]) -> None:
        assert len(work()) == len(data)

    found = {
        "write": compared(lambda: plain_seal(peer, data), lambda: seal_file(ours, data, KEY, CONTEXT), rounds, size)
    }
    found["read"] = compared(
        lambda: opened(lambda: plain_open(peer)), lambda: opened(lambda: unseal_file(ours, KEY, CONTEXT)), rounds, size
    )
    return {"megabytes": size, **found}


def datasets(folder: Path, rows: int, rounds: int) -> dict[str, Any]:
    plain, ours = folder / "plain.parquet", folder / "ours.parquet"
    tables = [
        table_of([_row(number) for number in range(start, min(rows, start + ROW_GROUP_ROWS))])
        for start in range(0, rows, ROW_GROUP_ROWS)
    ]
    size = sum(table.nbytes for table in tables) / 1e6

    def write_plain() -> None:
        with plain.open("wb") as file:
            with pq.ParquetWriter(file, tables[0].schema, compression="zstd", **LAYOUT) as writer:
                for table in tables:
                    writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
            file.flush()
            os.fsync(file.fileno())

    def write_ours() -> None:
        ours.unlink(missing_ok=True)
        with PartWriter(ours, KEY, PREFIX) as writer:
            for table in tables:
                writer.write(table)

    def read(file: pq.ParquetFile) -> None:
        with file:
            assert (
                sum(file.read_row_group(group, use_threads=False).num_rows for group in range(file.num_row_groups))
                == rows
            )

    found = {"write": compared(write_plain, write_ours, rounds, size)}
    found["read"] = compared(
        lambda: read(pq.ParquetFile(plain)), lambda: read(open_part(ours, KEY, PREFIX)), rounds, size
    )
    return {"rows": rows, "megabytes": round(size, 1), **found}


def _row(number: int) -> Conversation:
    question = f"Where in the store do I find article number {number}, as of the spring list?"
    where = f"shelf {number * 7919 % 997}, box {number * 104729 % 10007}"
    answer = f"Article {number} lies on {where}; ask at desk {number % 7}. {secrets.token_hex(40)}"
    return Conversation(number, [{"role": "user", "content": question}, {"role": "assistant", "content": answer}])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    pa.set_cpu_count(1)
    chosen.folder.mkdir(parents=True, exist_ok=False)
    try:
        found = {
            "sealed_file": sealed_files(chosen.folder, chosen.megabytes, chosen.rounds),
            "dataset": datasets(chosen.folder, chosen.rows, chosen.rounds),
        }
    finally:
        shutil.rmtree(chosen.folder)
    json.dump(found, sys.stdout, indent=1)
    for what, figures in found.items():
        for way in ("write", "read"):
            print(
                f"\n{what}, {way}: {figures[way]['ratio']}x the peer's speed ({figures[way]['ours_mb_s']} MB/s)",
                end="",
                file=sys.stderr,
            )
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
