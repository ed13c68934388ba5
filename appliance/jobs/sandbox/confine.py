"""The two sandboxes: of a worker, put up in the forked child just before exec, and of the server, before its first
thread.

SECURITY.md, Controls. The order is the content here: what needs privileges comes first, each wall stands before the
next call could need what it takes away, the seccomp filter last. Nothing can be undone afterwards, and every child
inherits it.
"""

import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.foundation.errors import IsolationError
from appliance.jobs.sandbox import landlock, limits, namespaces, seccomp
from appliance.jobs.sandbox.controls import ALL_CONTROLS, LANDLOCK, Control

_WORKER_LISTENING = ("bind", "listen", "accept", "accept4")
_SERVER_LISTENING = ("bind",)  # accepting on what it bound before is its work
_PACKAGE = Path(__file__).resolve().parents[2]
_CONFIGURATION = [
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "ld.so.preload",
    "localtime",
    "timezone",
    "nsswitch.conf",
    "passwd",
    "group",
    "host.conf",
    "hosts",
    "mime.types",
    "os-release",
    "debian_version",
    "alternatives",
    "ssl/openssl.cnf",
]
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/proc",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/dev/urandom",
    "/dev/random",
)
_GPU_SYSTEM = ("/sys/bus/pci", "/sys/devices/pci0000:00", "/sys/module/nvidia", "/sys/module/nvidia_uvm")
_PASSED_ON = ("LANG", "LC_ALL", "TZ", "CUDA_VISIBLE_DEVICES")
WORKER_SETTINGS = {  # of a worker's environment
    "PATH": "/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    # torch keeps a compiled product for each shape that it met, up to 1024 in two caches: hundreds of MB once rows of
    # every length went by.
    "LRU_CACHE_CAPACITY": "64",
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
    # Threads of a product wait for each other by spinning; long spins beside other work on the machine cost more than
    # half of the speed.
    "GOMP_SPINCOUNT": "2000",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "CUDA_CACHE_DISABLE": "1",
}


@dataclass(frozen=True)
class WorkerSandbox:
    """What one worker gets: paths to read, folders to write, bytes of memory, processes; `controls` are for tests."""

    read: tuple[Path, ...]
    write: tuple[Path, ...]
    memory_bytes: int
    processes: int = limits.DEFAULT_PROCESSES
    controls: frozenset[Control] = ALL_CONTROLS


def interpreter_paths() -> tuple[Path, ...]:
    """Return what Python and torch read here: libraries, the interpreter, this package, a few files of /etc."""
    named = [
        *_SYSTEM,
        *(f"/etc/{name}" for name in _CONFIGURATION),
        sys.prefix,
        sys.base_prefix,
        sysconfig.get_path("purelib"),
    ]
    return (*map(Path, named), Path(sys.executable).resolve().parent, _PACKAGE)


def gpu_devices() -> tuple[Path, ...]:
    """Return the devices of NVIDIA's driver; none on a machine without."""
    return tuple(sorted(Path("/dev").glob("nvidia*")))


def worker_environment(sandbox: WorkerSandbox, environment: Mapping[str, str]) -> dict[str, str]:
    """Return a worker's whole environment: some of `environment`, switches against calling home, the job's folder."""
    passed = {name: environment[name] for name in _PASSED_ON if name in environment}
    home = str(sandbox.write[0]) if sandbox.write else "/nonexistent"
    threads = environment.get("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    temporary = {"TMPDIR": home} if sandbox.write else {}
    return {"LANG": "C.UTF-8", **passed, **WORKER_SETTINGS, **temporary, "HOME": home, "OMP_NUM_THREADS": threads}


def confine_worker(sandbox: WorkerSandbox, *, alive: int, already_running: int) -> tuple[str, ...]:
    """Put up a worker's walls around this process, which must exec next. Its parent has entered the namespaces.

    `alive`: see `limits.die_with_parent`. Returns sentences about walls that the kernel does not have; raises
    `IsolationError` when one that must hold cannot be put up.
    """
    wanted = sandbox.controls
    missing: tuple[str, ...] = ()
    try:
        if wanted >= {Control.NAMESPACE_PROCESS, Control.NAMESPACE_MOUNT} and os.getpid() == 1:
            missing += namespaces.mount_own_processes()
        if Control.MEMORY_LIMIT in wanted:
            limits.limit_memory(sandbox.memory_bytes)
        if Control.PROCESS_LIMIT in wanted:
            limits.limit_processes(sandbox.processes, already_running)
        if Control.NO_CORE_DUMPS in wanted:
            limits.forbid_core_dumps()
        if Control.NO_CAPABILITIES in wanted:
            limits.drop_capabilities()
        limits.forbid_new_privileges()
        if Control.DIE_WITH_PARENT in wanted:
            limits.die_with_parent(alive)
    except OSError as error:
        raise IsolationError("isolation:worker-limit", error=str(error)) from error
    gpu = gpu_devices()
    read = (*interpreter_paths(), *(map(Path, _GPU_SYSTEM) if gpu else ()), *sandbox.read)
    if wanted & LANDLOCK:
        missing += landlock.restrict(wanted, read=read, write=sandbox.write, devices=(Path("/dev/null"), *gpu))
    seccomp.load_filter(wanted - {Control.SECCOMP_EXEC}, listening=_WORKER_LISTENING)
    return missing


def confine_server(
    read: tuple[Path, ...], write: tuple[Path, ...], controls: frozenset[Control] = ALL_CONTROLS
) -> tuple[str, ...]:
    """Put up the server's walls around this process: after it bound its sockets and forked the launcher, before any
    thread.

    `read` comes on top of the interpreter's paths; `write` is the home. The server keeps `accept` on the sockets that
    it has, and can make only connected Unix socket pairs; it can run no program. Temporary files must lie under `write`
    (TMPDIR). Returns sentences about walls that the kernel does not have. Raises `IsolationError`.
    """
    threads = os.listdir("/proc/self/task")
    if len(threads) != 1:
        raise IsolationError("isolation:server-threads", threads=len(threads))
    if not write:
        raise IsolationError("isolation:server-home")
    missing: tuple[str, ...] = ()
    try:
        if Control.NO_CORE_DUMPS in controls:
            limits.protect_memory()
        if Control.NO_CAPABILITIES in controls:
            limits.drop_capabilities(keep_files=True)
        limits.forbid_new_privileges()
    except OSError as error:
        raise IsolationError("isolation:server-limit", error=str(error)) from error
    if controls & LANDLOCK:
        missing = landlock.restrict(
            controls, read=(*interpreter_paths(), *read), write=write, devices=(Path("/dev/null"),)
        )
    seccomp.load_filter(controls, listening=_SERVER_LISTENING)
    return missing
