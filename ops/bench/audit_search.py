"""Times the auditor's page on a long log: taking it in at the start, and a page of results, a life, an overview, a
proof.

python -m ops.bench.audit_search FOLDER [--entries 1000000]

FOLDER keeps the generated home, so that a second run only measures: 40 people, four fifths of the acts on 20,000
objects, one act in 50 refused, over two years. Each figure is the median of several calls of the service that the page
calls, with its own entries in the log.
"""

import argparse
import json
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from appliance.audit import Actor, AuditLog, ObjectRef, Outcome
from appliance.audit.events import draft_entry, encode_entry
from appliance.audit.merkle import leaf_hash
from appliance.audit.tiles import ENTRIES, WIDTH, TreeEdge, encode_bundle, tile_path
from appliance.foundation.clock import SystemClock
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.context import Caller, ServiceContext
from appliance.services.home.life import create_home
from appliance.services.record.object_life import object_life
from appliance.services.record.read_audit import show_proof
from appliance.services.record.review_audit import audit_overview
from appliance.services.record.search_audit import AuditDesk, search_audit

PASSPHRASE = "a passphrase for figures"  # noqa: S105 - opens nothing but what this makes
AUDITOR = Caller("us_auditor", "auditor", "bench")
PEOPLE, OBJECTS, CALLS = 40, 20_000, 9
STEP_US = 60_000_000  # a minute between two entries: a million are two years
ACTS = (
    ("dataset.read", "dataset"),
    ("adapter.use", "adapter"),
    ("adapter.use", "adapter"),
    ("job.stop", "job"),
    ("dataset.list", "dataset"),
)


class _SyntheticClock:
    """Says the time of each entry in turn, up to now."""

    def __init__(self, entries: int) -> None:
        self._now = SystemClock().now_us() - entries * STEP_US

    def now_us(self) -> int:
        self._now += STEP_US
        return self._now

    def monotonic_us(self) -> int:
        return self._now % 10**12

    def boot_id(self) -> str:
        return "00000000-0000-4000-8000-000000000000"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=1_000_000)
    options = parser.parse_args()
    home = options.folder.resolve() / f"home-{options.entries}"
    if not home.exists():
        _timed("making the log", lambda: _make(home, options.entries))
    print(json.dumps(_measure(home)))


def _entries(count: int) -> Iterator[bytes]:
    """Yield requests and outcomes as the appliance writes them."""
    chance, clock = random.Random(7), _SyntheticClock(count)
    sequence = 0
    while sequence < count:
        action, kind = chance.choice(ACTS)
        prefix = {"dataset": "ds", "adapter": "ad", "job": "jb"}[kind]
        target = ObjectRef(kind, f"{prefix}_{chance.randrange(OBJECTS):020x}")
        actor = Actor(f"us_{chance.randrange(PEOPLE):020x}", "trainer", f"{chance.getrandbits(64):016x}")
        request, roll = f"rq_{chance.getrandbits(80):020x}", chance.random()
        ends = (
            [Outcome.DENIED]
            if roll < 0.02
            else [Outcome.REQUESTED, Outcome.FAILED if roll < 0.03 else Outcome.SUCCEEDED]
        )
        for outcome in ends[: count - sequence]:
            details: dict[str, str | int | bool] = {"turns": 1} if action == "adapter.use" else {}
            reason = "policy.denied" if outcome is Outcome.DENIED else ""
            draft = draft_entry(actor, action, target, outcome, reason=reason, request=request, details=details)
            yield encode_entry(draft.place(sequence, clock, clock.boot_id()))
            sequence += 1


def _make(home: Path, count: int) -> None:
    """Write the folder of a log that nothing has signed yet, as after a long time sealed; then make the home around it,
    which signs it.
    """
    folder, edge, bundle = home / "audit", TreeEdge(), []
    for raw in _entries(count):
        bundle.append(raw)
        for tile in edge.add(leaf_hash(raw)):
            _write(folder / tile.path, tile.hashes)
        if len(bundle) == WIDTH:
            _write(folder / tile_path(ENTRIES, edge.size // WIDTH - 1, WIDTH), encode_bundle(bundle))
            bundle.clear()
    if bundle:
        _write(folder / tile_path(ENTRIES, edge.size // WIDTH, len(bundle)), encode_bundle(bundle))
    for tile in edge.unfinished():
        _write(folder / tile.path, tile.hashes)
    context = _context(home)
    create_home(context, PASSPHRASE)
    context.seal()
    context.log.close()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _context(home: Path) -> ServiceContext:
    clock = SystemClock()
    log = AuditLog.open(home / "audit", clock)
    return ServiceContext(Settings(home), clock, Rules.load(find_policy_folder()), log, None)  # type: ignore[arg-type] - no worker runs


def _measure(home: Path) -> dict[str, Any]:
    context = _timed("opening the log", lambda: _context(home))
    context.unseal(PASSPHRASE)
    desk = AuditDesk(context)
    before = _resident_mib()
    began = time.monotonic()
    desk.index()
    figures: dict[str, Any] = {"entries": context.log.size, "take_in_s": round(time.monotonic() - began, 1)}
    figures["index_mib"] = _resident_mib() - before
    print(
        f"taken in: {figures['entries']} entries in {figures['take_in_s']} s, {figures['index_mib']} MiB more in memory"
    )
    person, thing = f"us_{3:020x}", f"ad_{77:020x}"
    asks: dict[str, Callable[[], Any]] = {
        "the newest": lambda: search_audit(desk, AUDITOR),
        "by person": lambda: search_audit(desk, AUDITOR, person=person),
        "by object": lambda: search_audit(desk, AUDITOR, object_id=thing),
        "denied, a month": lambda: search_audit(
            desk, AUDITOR, outcome="denied", since="2026-10-01", until="2026-10-31"
        ),
        "all five at once": lambda: search_audit(
            desk,
            AUDITOR,
            person=person,
            action="adapter.",
            outcome="succeeded",
            since="2026-01-01",
            until="2026-12-31",
            kind="adapter",
        ),
        "the last page": lambda: search_audit(desk, AUDITOR, page=(context.log.size - 1) // 50),
        "nothing found": lambda: search_audit(desk, AUDITOR, person="nobody of this name"),
        "an object's life": lambda: object_life(desk, AUDITOR, object_id=thing),
        "overview, 30 days": lambda: audit_overview(desk, AUDITOR),
        "overview, the whole log": lambda: audit_overview(desk, AUDITOR, days=0),
        "proof of an entry": lambda: show_proof(context, AUDITOR, sequence=12_345 % context.log.size),
    }
    for name, ask in asks.items():
        seconds = sorted(_seconds(ask) for _ in range(CALLS))
        figures[name] = {
            "median_ms": round(1000 * statistics.median(seconds), 1),
            "worst_ms": round(1000 * seconds[-1], 1),
        }
        print(f"{name}: {figures[name]['median_ms']} ms, at worst {figures[name]['worst_ms']} ms")
    context.seal()
    context.log.close()
    return figures


def _seconds(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _timed(name: str, work: Callable[[], Any]) -> Any:
    began = time.monotonic()
    result = work()
    print(f"{name}: {time.monotonic() - began:.1f} s")
    return result


def _resident_mib() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024**2


if __name__ == "__main__":
    main()
