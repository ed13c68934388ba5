"""What is proved and logged at each start.

The walls stand: every probe of the self-test must be refused. The configuration is another than the last time: rules,
limits, settings, version.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance import __version__
from appliance.audit import ObjectRef, Outcome
from appliance.foundation import canonical_json
from appliance.foundation.atomic_files import storage_errors, write_atomic
from appliance.foundation.messages import message
from appliance.jobs.self_test import ProbeOutcome, ProbeResult, run_self_test
from appliance.services.context import APPLIANCE, HOME, Caller, ServiceContext
from appliance.services.operations import operation

# in the home: the digests of the last start. Whoever removes it causes one more entry, no less.
LAST = "configuration.json"
MAX_LAST_BYTES = 4096


@dataclass(frozen=True)
class ProbeCounts:
    """How many probes were refused, got through, or are unavailable on this machine."""

    refused: int
    open: int
    unavailable: int


@dataclass(frozen=True)
class ProvedIsolation(ProbeCounts):
    """The counts with every probe, and what this machine lacks for second walls."""

    missing: tuple[str, ...]
    probes: tuple[ProbeResult, ...]


@operation("isolation.test", action="isolation.test", on="home")
def prove_isolation(context: ServiceContext, caller: Caller) -> ProvedIsolation:
    """Run the self-test and log it. Raises `IsolationError` naming each probe that got through."""
    with context.act(caller, "isolation.test", HOME) as recorded:
        report = run_self_test(context.launcher)
        outcomes = [probe.outcome for probe in report.probes]
        counts = ProbeCounts(*map(outcomes.count, (ProbeOutcome.REFUSED, ProbeOutcome.OPEN, ProbeOutcome.UNAVAILABLE)))
        recorded.details = asdict(counts)
        report.verify()
    return ProvedIsolation(**asdict(counts), missing=report.missing, probes=report.probes)


def note_configuration(context: ServiceContext, policies: Path) -> None:
    """Log a difference to the last start, then remember it. Raises `StorageError`: no unlogged change is used."""
    now = {
        "rules": _digest(sorted(policies.glob("*.cedar"))),
        "limits": _digest(sorted(policies.glob("*.toml"))),
        "settings": hashlib.sha256(
            canonical_json.encode({k: str(v) for k, v in asdict(context.settings).items()})
        ).hexdigest(),
        "version": __version__,
    }
    path = context.home / LAST
    last = _last(path)
    if last == now:
        return
    details: dict[str, str | int | bool] = {**now, "first": last is None}
    context.log.append(
        APPLIANCE, "configuration.change", ObjectRef("configuration", "home"), Outcome.SUCCEEDED, details=details
    )
    write_atomic(path, canonical_json.encode(now))


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    with storage_errors(message("task:read-policies")):
        for path in paths:
            text = path.read_bytes()
            digest.update(f"{path.name}\n{len(text)}\n".encode() + text)
    return digest.hexdigest()


def _last(path: Path) -> dict[str, str] | None:
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(MAX_LAST_BYTES))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
