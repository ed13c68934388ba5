"""The self-test: proves at each start that nothing gets out of a worker or of this process (SECURITY.md, Self-test).

Each probe runs three times: in a process without walls, where it should work (else it proves nothing on this machine),
in a worker, and here. Any that gets through a wall fails the whole test.
"""

import contextlib
import json
import socket
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from appliance.foundation.errors import IsolationError
from appliance.jobs.launcher import LaunchedWorker, Launcher
from appliance.jobs.launcher_process import MAX_PACKET_BYTES
from appliance.jobs.probe_targets import receive_sockets
from appliance.jobs.probes import PROBE_MEMORY_BYTES, Aim, Side, probes_of, try_probe

ANSWER_TIMEOUT_S = 60.0


class ProbeOutcome(StrEnum):
    """How a probe ended."""

    REFUSED = "refused"
    OPEN = "open"
    UNAVAILABLE = "unavailable"  # it does not work without walls either: this kernel does not have it


@dataclass(frozen=True)
class ProbeResult:
    """One probe on one side; `detail` is the kernel's word."""

    name: str
    side: Side
    outcome: ProbeOutcome
    detail: str


@dataclass(frozen=True)
class SelfTestReport:
    """All probes, and sentences about second walls that this machine cannot put up."""

    probes: tuple[ProbeResult, ...]
    missing: tuple[str, ...] = ()

    def verify(self) -> None:
        """Raise `IsolationError` naming each probe that got through, and also when a side was not probed at all."""
        got_through = [
            f"{probe.name} (from the {probe.side})" for probe in self.probes if probe.outcome is ProbeOutcome.OPEN
        ]
        if got_through:
            raise IsolationError("isolation:not-held", got_through=", ".join(got_through))
        for side in ("worker", "server"):
            if not any(probe.side == side and probe.outcome is ProbeOutcome.REFUSED for probe in self.probes):
                raise IsolationError("isolation:probe-nothing", side=side)


def run_self_test(launcher: Launcher) -> SelfTestReport:
    """Probe a worker and this process, which is confined already. Raises `IsolationError` if the test cannot run."""
    with launcher.open_targets() as targets:
        targets.settimeout(ANSWER_TIMEOUT_S)
        opening = _decode(targets.recv(MAX_PACKET_BYTES))
        aim, baseline = Aim(**opening["aim"]), opening["baseline"]
        worker = launcher.launch("probe", read=(), write=(), memory_bytes=PROBE_MEMORY_BYTES)
        with contextlib.closing(worker):
            from_worker = _probe_worker(worker, targets, aim)
        from_here = dict(zip(probes_of("server"), _probe_here(targets, aim), strict=True))
    results = [_judge(name, "worker", baseline[name], from_worker[name]) for name in probes_of("worker")]
    results += [_judge(name, "server", baseline[name], from_here[name]) for name in probes_of("server")]
    return SelfTestReport(tuple(results), worker.missing)


def _probe_here(targets: socket.socket, aim: Aim) -> list[str]:
    return [
        try_probe(name, aim, sockets)
        for name, sockets in zip(probes_of("server"), receive_sockets(targets), strict=False)
    ]


def _probe_worker(worker: LaunchedWorker, targets: socket.socket, aim: Aim) -> dict[str, str]:
    """Send the worker one probe at a time with its sockets, and collect what it says."""
    said = {}
    worker.channel.settimeout(ANSWER_TIMEOUT_S)
    for name, sockets in zip(probes_of("worker"), receive_sockets(targets), strict=False):
        request = json.dumps({"probe": name, "aim": asdict(aim)}).encode()
        try:
            socket.send_fds(worker.channel, [request], [each.fileno() for each in sockets.in_order()])
            answer = worker.channel.recv(MAX_PACKET_BYTES)
        except OSError as error:
            raise IsolationError("isolation:probe-answer", name=name, error=str(error)) from error
        if not answer:
            raise IsolationError("isolation:probe-ended", name=name, status=str(worker.wait(5.0)))
        said[name] = str(_decode(answer)["refused"])
    return said


def _decode(packet: bytes) -> dict[str, Any]:
    if not packet:
        raise IsolationError("isolation:probe-target")
    value: dict[str, Any] = json.loads(packet)
    if "aim" not in value and value.get("refused") and "probe" not in value:
        raise IsolationError("isolation:probe-files", refused=value["refused"])
    return value


def _judge(name: str, side: Side, baseline: str, here: str) -> ProbeResult:
    if not here:
        return ProbeResult(name, side, ProbeOutcome.OPEN, "it got through")
    if baseline:
        return ProbeResult(name, side, ProbeOutcome.UNAVAILABLE, f"without walls: {baseline}")
    return ProbeResult(name, side, ProbeOutcome.REFUSED, here)
