"""Prove, at each start, that the walls stand: every probe of the self-test must be refused.

The result goes into the log.
"""

from typing import Any

from appliance.audit import ObjectRef
from appliance.jobs.self_test import SelfTestReport, run_self_test
from appliance.services.context import HOME, Caller, ServiceContext
from appliance.services.operations import operation


@operation("isolation.test", action="isolation.test", on="home")
def prove_isolation(context: ServiceContext, caller: Caller) -> dict[str, Any]:
    """Run the self-test and log it. Raises `IsolationError` naming each probe that got through."""
    with context.act(caller, "isolation.test", ObjectRef("home", HOME.id)) as recorded:
        report: SelfTestReport = run_self_test(context.launcher)
        counts = {
            outcome: sum(probe.outcome == outcome for probe in report.probes)
            for outcome in ("refused", "open", "unavailable")
        }
        recorded.details = dict(counts)
        report.verify()
    return {
        **counts,
        "missing": list(report.missing),
        "probes": [
            {"name": probe.name, "side": probe.side, "outcome": str(probe.outcome), "detail": probe.detail}
            for probe in report.probes
        ],
    }
