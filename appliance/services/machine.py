"""The machine as the planner sees it: memory and disk as they are now, the speed as it was measured.

The speed is measured by a confined worker when a model is imported, or by the first plan of a home that has none (it
was restored, or its machine has changed), and corrected by each training that ends. It is kept in `machine.json` of the
home and says nothing about anybody's data. It is worth nothing on another machine, so a backup leaves it out.
"""

import json
import os
import shutil
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.foundation.atomic_files import write_atomic
from appliance.foundation.errors import ApplianceError, InputError
from appliance.jobs.conversation import WorkerOrder, run_worker
from appliance.jobs.starts.machine import MeasuredMachine, MeasureStart
from appliance.jobs.states import JobState, list_jobs
from appliance.planning import Machine, Speed, fingerprint
from appliance.planning.machine import GPU_SHARE, SYSTEM_BYTES
from appliance.services.context import ServiceContext

FILE_NAME = "machine.json"
VERSION = 1
MEASURER_MEMORY_BYTES = 4 * 1024**3
MAX_FILE_BYTES = 64 * 1024
MAX_GPU_BYTES = 2**50
LEAST_STEPS = 10  # a shorter training says nothing about the speed: it is mostly its start
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_PROCESSORS = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class _Figures:
    """What was measured of this machine."""

    speed: Speed
    gpu_memory_bytes: int


class Measuring:
    """Whether this process has tried to measure the speed; held while it does."""

    def __init__(self, context: ServiceContext) -> None:
        del context
        self.turn = threading.Lock()
        self.tried = False


def this_machine(context: ServiceContext) -> Machine:
    """Return what one job may use here: a share of the memory for each that may run at once.

    With a GPU its memory counts, without one the machine's, less what the system needs.
    """
    found = _read(context.home / FILE_NAME)
    gpu_bytes = round(GPU_SHARE * found.gpu_memory_bytes) if found else 0
    memory_bytes = gpu_bytes or max(0, round(_memory_bytes() - SYSTEM_BYTES))
    return Machine(
        memory_bytes=memory_bytes // context.limits.jobs.at_once,
        disk_bytes=shutil.disk_usage(context.home).free,
        cores=_cores(),
        speed=found.speed if found else None,
        gpu=gpu_bytes > 0,
    )


def measured_machine(context: ServiceContext) -> Machine:
    """Return `this_machine`, measured first where that was never done.

    Tried once in this process: a measurement that fails would hold up every plan. Never beside a job, which would make
    it look slow.
    """
    measuring = context.part(Measuring)
    with measuring.turn:
        if not measuring.tried:
            busy = bool(context.query(list_jobs, states=frozenset({JobState.RUNNING, JobState.STOPPING})))
            if not busy:
                measuring.tried = True
                measure_machine(context)
    return this_machine(context)


def measure_machine(context: ServiceContext) -> None:
    """Measure the speed in a worker and keep it, unless that was done. Where it fails, estimates of time stay wide."""
    if _read(context.home / FILE_NAME) is not None:
        return
    try:
        order = WorkerOrder(MeasureStart(), read=(), write=(), memory_bytes=MEASURER_MEMORY_BYTES)
        found = run_worker(context.launcher, order).found(MeasuredMachine)
        if not 0 <= found.gpu_memory_bytes <= MAX_GPU_BYTES:
            return
        speed = Speed(found.compute_type, found.gflops, found.copy_gb_s).verified()
        _write(context.home / FILE_NAME, _Figures(speed, found.gpu_memory_bytes))
    except ApplianceError:
        return


def note_training(context: ServiceContext, *, estimated: float, planned_steps: int, steps: int, seconds: float) -> None:
    """Let a training that ended correct the next estimates. One that stopped early is compared by the steps it took."""
    path = context.home / FILE_NAME
    found = _read(path)
    if found is None or not planned_steps or not seconds or steps < LEAST_STEPS:
        return
    expected = estimated * steps / planned_steps
    _write(path, replace(found, speed=found.speed.after_training(seconds / expected)))


def _read(path: Path) -> _Figures | None:
    """Return the kept figures; None where there are none, or where they are another machine's or cannot be read."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(MAX_FILE_BYTES))
        figures = _Figures(Speed.from_json(value["speed"]), value["gpu_memory_bytes"])
        same = value["version"] == VERSION and value["machine"] == _this()
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
    return figures if same and isinstance(figures.gpu_memory_bytes, int) else None


def _write(path: Path, figures: _Figures) -> None:
    known = {"speed": figures.speed.to_json(), "gpu_memory_bytes": figures.gpu_memory_bytes}
    value = {"version": VERSION, "machine": _this(), **known}
    write_atomic(path, json.dumps(value, sort_keys=True).encode())


def _this() -> str:
    try:
        lines = _PROCESSORS.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return fingerprint(processor, _cores(), _memory_bytes())


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _memory_bytes() -> int:
    """Return the machine's memory, or what its container may take of it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = _CGROUP_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return whole
    return min(whole, int(limit)) if limit.isdigit() else whole
