"""Prove and log, at each start, that the walls stand: every probe of the self-test must be refused."""

from dataclasses import asdict, dataclass

from appliance.jobs.self_test import ProbeOutcome, ProbeResult, run_self_test
from appliance.services.context import HOME, Caller, ServiceContext
from appliance.services.operations import operation


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
