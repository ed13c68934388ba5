"""The self-test: nothing gets out of a worker or the server, and with a control taken away the probe that it stops gets
through.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.foundation.errors import IsolationError
from appliance.jobs.probes import PROBES, probes_of
from appliance.jobs.sandbox import ALL_CONTROLS, Control
from appliance.jobs.self_test import ProbeOutcome, ProbeResult, SelfTestReport

# The whole start of a server in miniature, in a process of its own: pytest's process must not be confined.
SERVER = """
import json, sys
from pathlib import Path
from appliance.jobs.launcher import Launcher
from appliance.jobs.sandbox import ALL_CONTROLS, Control, confine_server
from appliance.jobs.self_test import run_self_test
home, controls = Path(sys.argv[1]), ALL_CONTROLS - {Control(name) for name in sys.argv[2:]}
launcher = Launcher.start(home, controls=controls)
confine_server((), (home,), controls)
report = run_self_test(launcher)
launcher.close()
print(json.dumps([[probe.name, probe.side, str(probe.outcome), probe.detail] for probe in report.probes]))
"""
C = Control
BOTH = ("worker", "server")
# Which probes a single control alone stops. Controls that stand behind another one are below.
ALONE: dict[Control, set[tuple[str, str]]] = {
    C.SECCOMP_SOCKETS: {
        (name, side) for name in ("a UDP socket", "a netlink socket", "a vsock socket") for side in BOTH
    }
    | {("UDP", "server"), ("UDP over IPv6", "server")},  # a worker still has its empty network
    C.SECCOMP_CONNECT: {("an accepted socket, disconnected", side) for side in BOTH},
    C.SECCOMP_LISTEN: {("a handed UDP socket, bound", side) for side in BOTH},
    C.SECCOMP_FASTOPEN: {
        (f"a handed TCP socket, Fast Open by {call}", side) for call in ("sendto", "sendmsg") for side in BOTH
    },
    C.SECCOMP_IO_URING: {("io_uring", side) for side in BOTH},
    C.SECCOMP_DANGEROUS: {
        (name, side) for name in ("ptrace", "another process's memory", "a new user namespace") for side in BOTH
    },
    C.SECCOMP_EXEC: {("another program", "server")},
    C.LANDLOCK_FILES: {(f"a file outside, {way}", side) for way in ("read", "written") for side in BOTH},
    C.LANDLOCK_SCOPES: {("a handed Unix socket to an abstract name", side) for side in BOTH}
    | {("a signal to a process outside", "server")},
    C.NO_CAPABILITIES: {("capabilities", side) for side in BOTH},
    C.NO_CORE_DUMPS: {("a core dump", "server")},  # the worker protects its memory itself, after exec
    C.MEMORY_LIMIT: {("memory over the limit", "worker")},
}
# Walls behind walls: with either one alone gone the other holds; with all of them gone the probe gets through.
TOGETHER: dict[frozenset[Control], set[tuple[str, str]]] = {
    frozenset({C.SECCOMP_CONNECT, C.LANDLOCK_NETWORK}): {("a handed TCP socket, connected", side) for side in BOTH},
    frozenset({C.SECCOMP_SOCKETS, C.NAMESPACE_NETWORK}): {("UDP", "worker"), ("UDP over IPv6", "worker")},
    frozenset({C.SECCOMP_SOCKETS, C.SECCOMP_FASTOPEN}): {("TCP Fast Open", "server")},
    frozenset({C.SECCOMP_CONNECT, C.SECCOMP_FASTOPEN}): {
        ("an accepted socket, recycled by Fast Open", side) for side in BOTH
    },
    frozenset({C.SECCOMP_SOCKETS, C.SECCOMP_CONNECT}): {("MPTCP", "server"), ("a Unix socket by path", "server")},
    frozenset({C.SECCOMP_SOCKETS, C.SECCOMP_CONNECT, C.LANDLOCK_NETWORK}): {
        ("TCP", "server"),
        ("TCP over IPv6", "server"),
    },
    frozenset({C.SECCOMP_SOCKETS, C.SECCOMP_CONNECT, C.LANDLOCK_SCOPES}): {("an abstract Unix socket", "server")},
    frozenset({C.SECCOMP_SOCKETS, C.LANDLOCK_SCOPES}): {("a pair of datagram sockets", "server")},
    frozenset({C.SECCOMP_SOCKETS, C.LANDLOCK_SCOPES, C.NAMESPACE_NETWORK}): {("a pair of datagram sockets", "worker")},
    frozenset({C.LANDLOCK_SCOPES, C.NAMESPACE_PROCESS}): {("a signal to a process outside", "worker")},
}


def probe(home: Path, without: frozenset[Control]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return outcome and detail of each probe, by name and side, with controls taken away."""
    command = [sys.executable, "-c", SERVER, str(home), *without]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return {(name, side): (outcome, detail) for name, side, outcome, detail in json.loads(answer.stdout)}


def opened(outcomes: dict[tuple[str, str], tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the probes that got through."""
    return {key for key, (outcome, _detail) in outcomes.items() if outcome == "open"}


def available(outcomes: dict[tuple[str, str], tuple[str, str]], expected: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of `expected` that this kernel lets exist at all; say loudly which it does not."""
    absent = {key for key in expected if outcomes[key][0] == "unavailable"}
    if absent == expected:
        pytest.skip(f"SKIPPED: this machine cannot even try {sorted(absent)}: {outcomes[next(iter(absent))][1]}")
    return expected - absent


def test_with_all_controls_every_probe_is_refused_on_both_sides(tmp_path: Path) -> None:
    """The whole sandbox lets nothing out."""
    outcomes = probe(tmp_path, frozenset())
    assert not opened(outcomes)
    assert {name for name, side in outcomes if side == "worker"} == set(probes_of("worker"))
    assert {name for name, side in outcomes if side == "server"} == set(probes_of("server"))
    refused = {key for key, (outcome, _detail) in outcomes.items() if outcome == "refused"}
    assert {("UDP", "worker"), ("TCP", "worker"), ("UDP", "server"), ("TCP", "server")} <= refused


@pytest.mark.parametrize("control", ALONE, ids=str)
def test_with_one_control_gone_its_probes_and_no_others_get_through(tmp_path: Path, control: Control) -> None:
    """Each of these controls is needed: nothing else stops these probes."""
    outcomes = probe(tmp_path, frozenset({control}))
    assert opened(outcomes) == available(outcomes, ALONE[control])


@pytest.mark.slow
@pytest.mark.parametrize("controls", TOGETHER, ids=lambda controls: "+".join(sorted(controls)))
def test_walls_behind_walls_hold_alone_and_open_together(tmp_path: Path, controls: frozenset[Control]) -> None:
    """With all of them gone the probe gets through; each one alone is enough to stop it."""
    outcomes = probe(tmp_path, controls)
    expected = available(outcomes, TOGETHER[controls])
    assert expected <= opened(outcomes)
    for remaining in controls:
        assert not expected & opened(probe(tmp_path, controls - {remaining}))


def test_every_control_has_a_proof() -> None:
    """A control without a test here or in test_launcher would be a promise without proof."""
    elsewhere = {
        C.NAMESPACE_MOUNT,
        C.NAMESPACE_IPC,
        C.NAMESPACE_UTS,
        C.PROCESS_LIMIT,
        C.DIE_WITH_PARENT,
    }  # test_launcher
    assert set(ALONE) | frozenset().union(*TOGETHER) | elsewhere == ALL_CONTROLS


def result(outcome: ProbeOutcome, side: str, name: str = "UDP") -> ProbeResult:
    """Make a result."""
    return ProbeResult(name, side, outcome, "detail")  # type: ignore[arg-type]


def test_an_open_probe_fails_the_report_by_name() -> None:
    """One is enough."""
    report = SelfTestReport(
        (
            result(ProbeOutcome.REFUSED, "worker"),
            result(ProbeOutcome.OPEN, "server"),
            result(ProbeOutcome.REFUSED, "server"),
        )
    )
    with pytest.raises(IsolationError, match=r"UDP \(from the server\) got through"):
        report.verify()


@pytest.mark.parametrize("sides", [(), ("worker",), ("server",)])
def test_a_report_that_proves_nothing_fails(sides: tuple[str, ...]) -> None:
    """Fail closed: no probes, or only unavailable ones, on a side."""
    unavailable = tuple(result(ProbeOutcome.UNAVAILABLE, side) for side in ("worker", "server"))
    report = SelfTestReport((*unavailable, *(result(ProbeOutcome.REFUSED, side) for side in sides)))
    with pytest.raises(IsolationError, match="proves nothing"):
        report.verify()


def test_a_whole_report_passes() -> None:
    """Refused on both sides, or not there at all."""
    SelfTestReport(
        (
            result(ProbeOutcome.REFUSED, "worker"),
            result(ProbeOutcome.REFUSED, "server"),
            result(ProbeOutcome.UNAVAILABLE, "server", "MPTCP"),
        )
    ).verify()


def test_probe_names_are_distinct_sentences() -> None:
    """They stand in reports as they are."""
    assert all(name.strip() == name and name for name in PROBES)
