"""The launcher: workers start behind walls, report how they ended, and never outlive whoever asked for them."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.foundation.errors import IsolationError
from appliance.foundation.messages import verbatim
from appliance.jobs.launcher import LaunchedWorker, Launcher
from appliance.jobs.launcher_process import LaunchRequest, verify_paths
from appliance.jobs.probes import PROBE_MEMORY_BYTES
from appliance.jobs.sandbox import ALL_CONTROLS, Control

NAMESPACES = {
    Control.NAMESPACE_NETWORK: "net",
    Control.NAMESPACE_PROCESS: "pid",
    Control.NAMESPACE_MOUNT: "mnt",
    Control.NAMESPACE_IPC: "ipc",
    Control.NAMESPACE_UTS: "uts",
}
SOON_S = 20.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty home."""
    return tmp_path.resolve()


@pytest.fixture
def launcher(home: Path) -> Iterator[Launcher]:
    """Yield a launcher that needs no proof for probes."""
    launcher = Launcher.start(home)
    yield launcher
    launcher.close()


_started: list[LaunchedWorker] = []


@pytest.fixture(autouse=True)
def close_workers() -> Iterator[None]:
    """End what a test started."""
    yield
    while _started:
        _started.pop().close()


def start_probe(launcher: Launcher) -> LaunchedWorker:
    """Start the worker that waits for probes."""
    _started.append(launcher.launch("probe", read=(), write=(), memory_bytes=PROBE_MEMORY_BYTES))
    return _started[-1]


def await_gone(pid: int) -> None:
    """Wait until the process has ended; fail when it has not soon."""
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the process still runs")


def parent_of(pid: int) -> int:
    """Return the parent's process id."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_worker_that_is_done_reports_its_exit_status(launcher: Launcher) -> None:
    """The channel's end ends the probing worker, by its own will."""
    worker = start_probe(launcher)
    assert worker.wait(0) is None
    worker.channel.shutdown(socket.SHUT_WR)
    assert worker.wait(SOON_S) == 0
    assert worker.wait(0) == 0, "the status stays known"


def test_kill_ends_a_worker_at_once(launcher: Launcher) -> None:
    """The status names the signal."""
    worker = start_probe(launcher)
    worker.kill()
    assert worker.wait(SOON_S) == -signal.SIGKILL
    worker.kill()


def test_a_worker_killed_from_outside_is_reported_as_killed(launcher: Launcher) -> None:
    """As the system does when memory runs out."""
    worker = start_probe(launcher)
    os.kill(worker.pid, signal.SIGKILL)
    assert worker.wait(SOON_S) == -signal.SIGKILL


def test_waiting_ends_after_its_time(launcher: Launcher) -> None:
    """None means that it still runs."""
    worker = start_probe(launcher)
    assert worker.wait(0.05) is None
    worker.kill()


def test_a_worker_dies_with_its_supervisor(launcher: Launcher) -> None:
    """Nothing is left behind that nobody watches."""
    worker = start_probe(launcher)
    os.kill(parent_of(worker.pid), signal.SIGKILL)
    await_gone(worker.pid)
    assert worker.wait(SOON_S) == -signal.SIGKILL


def test_workers_and_launcher_die_with_the_server(home: Path) -> None:
    """`kill -9` of the server leaves no process."""
    reading, writing = os.pipe()
    server = os.fork()
    if server == 0:
        launcher = Launcher.start(home)
        worker = start_probe(launcher)
        os.write(writing, f"{worker.pid} {launcher._pid}".encode())
        signal.pause()
    pids = [int(word) for word in os.read(reading, 100).split()]
    os.close(reading)
    os.close(writing)
    os.kill(server, signal.SIGKILL)
    os.waitpid(server, 0)
    assert len(pids) == 2
    for pid in pids:
        await_gone(pid)


def descriptors(pid: int) -> dict[str, str]:
    """Return what a process has open now, by descriptor."""
    folder, found = Path(f"/proc/{pid}/fd"), {}
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            found[name] = os.readlink(folder / name).partition(":")[0]
    return found


def test_a_worker_has_no_descriptor_but_its_channel(launcher: Launcher, home: Path) -> None:
    """Neither a lock, a listening socket nor a key file is inherited."""
    secret = (home / "secret").open("w")
    worker = start_probe(launcher)
    expected = {"0": "/dev/null", "1": "/dev/null", "2": "/dev/null", "3": "socket"}
    deadline = time.monotonic() + SOON_S
    # It opens and closes files of its own while it starts; what it inherited stays.
    while (found := descriptors(worker.pid)) != expected and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.kill()
    secret.close()
    assert found == expected


def test_a_worker_gets_an_environment_of_a_list(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """A secret in the server's environment stays there; switches against calling home are set."""
    monkeypatch.setenv("APPLIANCE_PASSPHRASE_FILE", "/somewhere")
    monkeypatch.setenv("LD_PRELOAD", "")
    launcher = Launcher.start(home)
    worker = start_probe(launcher)
    environment = Path(f"/proc/{worker.pid}/environ").read_bytes().decode().split("\0")
    worker.kill()
    launcher.close()
    names = {entry.partition("=")[0] for entry in environment if entry}
    assert {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"} <= names
    assert not {"APPLIANCE_PASSPHRASE_FILE", "LD_PRELOAD"} & names


@pytest.mark.parametrize(("control", "kind"), NAMESPACES.items())
def test_a_worker_has_own_namespaces_unless_the_control_is_taken_away(home: Path, control: Control, kind: str) -> None:
    """With the control its namespace is another one than the server's; without, the same."""
    inodes = []
    for controls in (ALL_CONTROLS, ALL_CONTROLS - {control}):
        launcher = Launcher.start(home, controls=controls)
        worker = start_probe(launcher)
        if worker.missing:
            pytest.skip(f"SKIPPED: {worker.missing[0]}")
        inodes.append(Path(f"/proc/{worker.pid}/ns/{kind}").readlink())
        worker.kill()
        launcher.close()
    here = Path(f"/proc/self/ns/{kind}").readlink()
    assert inodes[0] != here
    assert inodes[1] == here


@pytest.mark.parametrize(
    ("control", "line"),
    [
        (Control.PROCESS_LIMIT, "Max processes"),
        (Control.NO_CORE_DUMPS, "Max core file size"),
        (Control.MEMORY_LIMIT, "Max data size"),
    ],
)
def test_limits_hold_unless_the_control_is_taken_away(home: Path, control: Control, line: str) -> None:
    """The kernel's own table of limits differs by the control alone."""
    found = []
    for controls in (ALL_CONTROLS, ALL_CONTROLS - {control}):
        launcher = Launcher.start(home, controls=controls)
        worker = start_probe(launcher)
        limits = Path(f"/proc/{worker.pid}/limits").read_text().splitlines()
        found.append(next(entry for entry in limits if entry.startswith(line)).removeprefix(line).split()[1])
        worker.kill()
        launcher.close()
    own = next(entry for entry in Path("/proc/self/limits").read_text().splitlines() if entry.startswith(line))
    assert found[0] != found[1] or found[0] == "0"
    assert found[1] == own.removeprefix(line).split()[1]


def test_without_dying_with_the_parent_a_worker_stays(home: Path) -> None:
    """What the control is for: its absence shows."""
    launcher = Launcher.start(home, controls=ALL_CONTROLS - {Control.DIE_WITH_PARENT})
    worker = start_probe(launcher)
    os.kill(parent_of(worker.pid), signal.SIGKILL)
    assert worker.wait(SOON_S) == -signal.SIGKILL
    assert Path(f"/proc/{worker.pid}").exists()
    os.kill(worker.pid, signal.SIGKILL)
    launcher.close()


def test_no_worker_starts_before_the_isolation_was_proven(launcher: Launcher, home: Path) -> None:
    """Forgetting the proof is an error, a failing proof is one each time, a passed one is run once."""
    order = {"read": (), "write": (), "memory_bytes": PROBE_MEMORY_BYTES}
    with pytest.raises(IsolationError, match="not been proven"):
        launcher.launch("parse", **order)  # type: ignore[arg-type]
    proofs = []

    def fail() -> None:
        proofs.append("failed")
        raise IsolationError(verbatim("A probe got through."))

    launcher.prove_first(fail)
    for _ in range(2):
        with pytest.raises(IsolationError, match="got through"):
            launcher.launch("parse", **order)  # type: ignore[arg-type]
    launcher.prove_first(lambda: proofs.append("passed"))
    for _ in range(2):
        launcher.launch("parse", **order).close()  # type: ignore[arg-type]
    assert proofs == ["failed", "failed", "passed"]


@pytest.mark.parametrize("path", ["/etc", "/", "..", "link", "."])
def test_paths_outside_of_the_home_are_refused(launcher: Launcher, home: Path, path: str) -> None:
    """Also by a link, and the whole home with its keyring."""
    (home / "link").symlink_to("/etc")
    for paths in ({"read": (home / path,), "write": ()}, {"read": (), "write": (home / path,)}):
        with pytest.raises(IsolationError, match="refused"):
            launcher.launch("probe", **paths, memory_bytes=PROBE_MEMORY_BYTES)


def test_the_launcher_itself_refuses_unresolved_paths(home: Path) -> None:
    """A server that was taken over cannot ask for a path that only looks like one in the home."""
    (home / "link").symlink_to("/etc")
    request = LaunchRequest(
        kind="probe", read=[str(home / "link")], write=[], memory_bytes=PROBE_MEMORY_BYTES, processes=1
    )
    with pytest.raises(IsolationError, match="outside the home"):
        verify_paths(request, home, ())


def test_unknown_requests_are_refused_and_the_launcher_lives_on(launcher: Launcher) -> None:
    """Neither nonsense nor another kind ends it."""
    asked = '{"kind":"%s","read":[],"write":[],"memory_bytes":100000000,"processes":1}'
    refused = "launcher failed|no worker of the kind"
    for nonsense in (b"{", *((asked % kind).encode() for kind in ("shell", "../train", "train.py", ""))):
        with pytest.raises(IsolationError, match=refused):
            launcher._ask(nonsense, 2)
    start_probe(launcher).kill()


def test_a_dead_launcher_is_a_sentence(launcher: Launcher) -> None:
    """The next launch says what happened and what to do."""
    os.kill(launcher._pid, signal.SIGKILL)
    with pytest.raises(IsolationError, match="Restart the appliance"):
        start_probe(launcher)
