"""Times the audit log: sixteen writers against one sync a record, and the curve as the log grows.

python -m ops.bench.audit_append FOLDER [--seconds 5] [--entries 1000000] [--slower 0 1 2 5]

The log is the real one: signer and remembered head come from a vault (SQLCipher) in FOLDER, and every acknowledged
entry is durable. "One sync a record" is what a simple log does, in two forms: a bare file (the entry's bytes, then
`fsync`), and the same log used by one writer.
What group commit gains depends on what a sync costs. `--slower` measures the same with so many milliseconds of sleep
after each `fsync` and `fdatasync` that Python makes, the bare file's as the log's: **simulated** slower disks, on top
of FOLDER's real one (the database's own, one in hundreds of entries, are not slowed).
`rates` are of the disk as it is; a cost of a sync is its median on the bare file's own pattern, one thread.
FOLDER must be on the disk to be measured; what is made there is removed afterwards.
"""

import argparse
import json
import os
import resource
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.audit.events import draft_entry, encode_entry
from appliance.foundation.clock import SystemClock
from appliance.vault import Vault

WRITERS = 16
ACTOR = Actor("us_0123456789abcdef", "trainer", "se_0123456789abcdef")
TARGET = ObjectRef("dataset", "ds_0123456789abcdef", "ab" * 32)
ENTRY_BYTES = 450
CURVE = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each of the rates")
    parser.add_argument("--entries", type=int, default=max(CURVE), help="how long the log grows")
    parser.add_argument(
        "--slower", type=float, nargs="*", default=[1, 2, 5], help="milliseconds that every sync takes longer"
    )
    options = parser.parse_args()
    folder = options.folder.resolve() / f"bench-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    try:
        rates = [_slower(folder, milliseconds, options.seconds) for milliseconds in (0.0, *options.slower)]
        print(json.dumps({"rates": rates, "curve": _curve(folder, options.entries)}))
    finally:
        shutil.rmtree(folder)


def _slower(folder: Path, milliseconds: float, seconds: float) -> dict[str, float]:
    """Return the rates where every sync of this process takes so much longer."""
    place, real = folder / f"slower-{milliseconds}", (os.fsync, os.fdatasync)
    place.mkdir()

    def slow(sync: Callable[[int], None]) -> Callable[[int], None]:
        def synced(descriptor: int) -> None:
            sync(descriptor)
            time.sleep(milliseconds / 1e3)

        return synced

    if milliseconds:
        os.fsync, os.fdatasync = slow(os.fsync), slow(os.fdatasync)
    try:
        cost = _sync_ms(place / "cost")
        print(f"a sync, {milliseconds:g} ms of it simulated: {cost:.2f} ms")
        return {"simulated_ms": milliseconds, "sync_ms": cost} | _rates(place, seconds)
    finally:
        os.fsync, os.fdatasync = real


def _sync_ms(path: Path) -> float:
    """Return what the bare file's sync costs in milliseconds: the median of a hundred."""
    costs = []
    with path.open("ab", buffering=0) as file:
        for _number in range(100):
            file.write(bytes(ENTRY_BYTES))
            began = time.monotonic()
            os.fsync(file.fileno())
            costs.append((time.monotonic() - began) * 1e3)
    return sorted(costs)[50]


def _rates(folder: Path, seconds: float) -> dict[str, float]:
    bare = _bare(folder / "bare", seconds)
    log, vault = _log(folder / "rates")
    alone = _together(log, 1, seconds)
    group = _together(log, WRITERS, seconds)
    log.close()
    vault.close()
    print(f"one fsync a record, bare file: {bare:.0f} entries/s")
    print(f"the log, one writer: {alone:.0f} entries/s")
    print(
        f"the log, {WRITERS} writers: {group:.0f} entries/s, {group / bare:.1f} times the file, {group / alone:.1f} "
        "times one writer"
    )
    return {"bare": bare, "one_writer": alone, "sixteen_writers": group, "ratio": group / bare}


def _bare(path: Path, seconds: float) -> float:
    """Sixteen threads, one lock, one file: encode, write, fsync."""
    clock, lock, stop, count = SystemClock(), threading.Lock(), time.monotonic() + seconds, [0]
    boot = clock.boot_id()

    def work() -> None:
        with path.open("ab", buffering=0) as file:
            while time.monotonic() < stop:
                draft = draft_entry(
                    ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, reason="", request="", details={"rows": 10}
                )
                with lock:
                    file.write(encode_entry(draft.place(count[0], clock, boot)) + b"\n")
                    os.fsync(file.fileno())
                    count[0] += 1

    return _timed(work, WRITERS, count)


def _together(log: AuditLog, writers: int, seconds: float) -> float:
    stop, count = time.monotonic() + seconds, [0] * writers

    def work(number: int) -> None:
        while time.monotonic() < stop:
            _write(log)
            count[number] += 1

    numbers = iter(range(writers))
    return _timed(lambda: work(next(numbers)), writers, count)


def _timed(work: Callable[[], None], writers: int, count: list[int]) -> float:
    threads = [threading.Thread(target=work) for _ in range(writers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(count) / (time.monotonic() - began)


def _curve(folder: Path, entries: int) -> list[dict[str, float]]:
    """Let the log grow with sixteen writers; at each size, measure what an append of one writer costs, and opening
    it.
    """
    log, vault = _log(folder / "curve")
    points = []
    for size in [size for size in CURVE if size <= entries]:
        before, began = log.size, time.monotonic()
        _grow(log, size)
        rate = (log.size - before) / (time.monotonic() - began)
        appends = []
        for _number in range(50):
            start = time.monotonic()
            _write(log)
            appends.append(time.monotonic() - start)
        log.close()
        start = time.monotonic()
        log = AuditLog.open(folder / "curve" / "audit", SystemClock())
        opening = time.monotonic() - start
        log.attach(vault.signer, vault.heads)
        disk = sum(path.stat().st_size for path in (folder / "curve" / "audit").rglob("*") if path.is_file())
        point = {
            "entries": size,
            "rate": rate,
            "append_ms": sorted(appends)[25] * 1e3,
            "open_ms": opening * 1e3,
            "mib": disk / 2**20,
        }
        point["rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size} entries: {rate:.0f}/s while growing, an append {point['append_ms']:.2f} ms, opening "
            f"{point['open_ms']:.0f} ms, "
            f"{point['mib']:.0f} MiB on disk, {point['rss_mib']:.0f} MiB of memory",
            flush=True,
        )
        points.append(point)
    log.close()
    vault.close()
    return points


def _grow(log: AuditLog, size: int) -> None:
    def work() -> None:
        while log.size < size - WRITERS:
            _write(log)

    _timed(work, WRITERS, [0])
    while log.size < size:
        _write(log)


def _write(log: AuditLog) -> None:
    log.append(ACTOR, "dataset.read", TARGET, Outcome.SUCCEEDED, details={"part": "training", "rows": 10})


def _log(home: Path) -> tuple[AuditLog, Vault]:
    home.mkdir()
    vault = Vault.create(home, "a passphrase for figures", SystemClock())
    log = AuditLog.open(home / "audit", SystemClock())
    log.attach(vault.signer, vault.heads)
    return log, vault


if __name__ == "__main__":
    main()
