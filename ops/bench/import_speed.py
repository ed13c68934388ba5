"""A large CSV through the import's own path, beside pyarrow's plain reading: seconds (by the wall, and of the
processor, which others at work on the machine disturb less) and the curve of the memory.

    python -m ops.bench.import_speed FOLDER --rows 1000000

The parser runs as it does in its worker (sealed upload in, encrypted parts out), in a process of its own.
"""

import argparse
import json
import multiprocessing
import secrets
import sys
import time
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from appliance.datasets import PARTS, write_dataset
from appliance.datasets.parse import Reading
from appliance.datasets.screening import PersonalDataPolicy, Screening
from appliance.jobs.access import UploadAccess
from appliance.vault.stream import SealContext, SealedWriter
from appliance.workers.sealed_upload import open_upload

UPLOAD = "up_00000000000000000000"
DATASET = "ds_00000000000000000000"
SAMPLE_S = 0.5


def write_table(path: Path, rows: int) -> None:
    """Write questions and answers of ordinary length, all different."""
    with path.open("w", encoding="utf-8") as file:
        file.write("question,answer,category\n")
        for number in range(rows):
            words = f"shelf {number * 7919 % 997}, box {number * 104729 % 10007}"
            file.write(
                f'"Where in the store do I find article number {number}, as of the spring list?",'
                f'"Article {number} lies on {words}; ask at desk {number % 7} when it is empty.",c{number % 12}\n'
            )


def seal(source: Path, target: Path, key: bytes) -> None:
    with source.open("rb") as file, target.open("wb") as sealed:
        writer = SealedWriter(sealed, key, SealContext("upload", UPLOAD, 1, "content"))
        while piece := file.read(1024**2):
            writer.write(piece)
        writer.finish()


def plain_reading(path: Path, results: "multiprocessing.Queue[tuple[float, float]]") -> None:
    pa.set_cpu_count(1)
    start = time.perf_counter(), time.process_time()
    rows = csv.read_csv(path, read_options=csv.ReadOptions(use_threads=False)).num_rows
    results.put(since(*start))
    assert rows


def since(wall: float, cpu: float) -> tuple[float, float]:
    return time.perf_counter() - wall, time.process_time() - cpu


def importing(sealed: Path, folder: Path, key: bytes, results: "multiprocessing.Queue[tuple[float, float]]") -> None:
    start = time.perf_counter(), time.process_time()
    screening = Screening(None, PersonalDataPolicy({"iban": "mask", "card": "mask", "national_id": "mask"}))
    keys = {part: secrets.token_bytes(32) for part in PARTS}
    with open_upload(UploadAccess(path=str(sealed), upload_id=UPLOAD, upload_key=key, filename="t.csv")) as stream:
        write_dataset(
            folder,
            DATASET,
            1,
            screening.watch(Reading(stream, "t.csv").in_blocks()),
            keys,
            joined=screening.joined,
            placed=screening.place,
        )
    screening.report()
    results.put(since(*start))


def peak_and_curve(process: multiprocessing.Process) -> tuple[int, list[int]]:
    """Return the largest resident size in MiB, and the sizes over time."""
    curve = []
    peak = 0
    while process.is_alive():
        try:
            fields = dict(
                line.split(":", 1)
                for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
                if ":" in line
            )
            curve.append(int(fields["VmRSS"].split()[0]) // 1024)
            peak = max(peak, int(fields["VmHWM"].split()[0]) // 1024)
        except (OSError, KeyError):
            break
        process.join(SAMPLE_S)
    return peak, curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=False)
    table, sealed, key = chosen.folder / "table.csv", chosen.folder / "sealed", secrets.token_bytes(32)
    write_table(table, chosen.rows)
    seal(table, sealed, key)
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[tuple[float, float]] = context.Queue()
    found: dict[str, object] = {"rows": chosen.rows, "megabytes": table.stat().st_size / 1e6}
    plain = context.Process(target=plain_reading, args=(table, results))
    plain.start()
    plain.join()
    found["pyarrow_s"], found["pyarrow_cpu_s"] = results.get()
    ours = context.Process(target=importing, args=(sealed, chosen.folder / "out", key, results))
    ours.start()
    peak, curve = peak_and_curve(ours)
    ours.join()
    found["import_s"], found["import_cpu_s"] = results.get()
    found |= {"peak_rss_mib": peak, "rss_mib": curve[:: max(1, len(curve) // 20)]}
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
