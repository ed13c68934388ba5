"""Privileges, limits and inheritance of one process: capabilities, core dumps, memory, processes, death with the
parent, descriptors.

Memory is bounded by RLIMIT_DATA (private writable memory), not RLIMIT_AS: torch and CUDA reserve far more addresses
than they use. Memory that is shared (memfd) is not counted by it. RLIMIT_NPROC does not bind root.
"""

import os
import resource
import select
import signal
from pathlib import Path

from appliance.foundation.errors import IsolationError
from appliance.jobs.sandbox import system_calls

MEMORY_SLACK_BYTES = 1024**3  # stacks of threads and the interpreter, which come on top of what a job asks for
DEFAULT_PROCESSES = 512  # threads count as well: OpenMP, Arrow, tokenizers and CUDA each bring a pool
_FILE_CAPABILITIES = 0b1111  # CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


def forbid_new_privileges() -> None:
    """Set no_new_privs: no program that this process runs can get more than it has."""
    system_calls.prctl(system_calls.PR_SET_NO_NEW_PRIVS, 1)


def drop_capabilities(*, keep_files: bool = False) -> None:
    """Give up all capabilities, for good together with no_new_privs.

    `keep_files`: a server run by root may keep a home that another user owns.
    """
    keep = _FILE_CAPABILITIES if keep_files else 0
    try:
        system_calls.prctl(system_calls.PR_CAP_AMBIENT, system_calls.PR_CAP_AMBIENT_CLEAR_ALL)
        for capability in range(system_calls.LAST_POSSIBLE_CAPABILITY + 1):
            if not keep >> capability & 1:
                system_calls.prctl(system_calls.PR_CAPBSET_DROP, capability)
    except OSError:
        # EINVAL: past the last one; EPERM: no CAP_SETPCAP. The set below and no_new_privs are what binds.
        pass
    system_calls.set_capabilities(keep)


def forbid_core_dumps() -> None:
    """Set RLIMIT_CORE to 0, for good. A piped core handler is only stopped by `protect_memory`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def protect_memory() -> None:
    """Make this process not dumpable: no core handler and no process of the same user reads its memory.

    exec undoes it, so a worker's `main` calls this first, before any key arrives. Raises `IsolationError`.
    """
    try:
        forbid_core_dumps()
        system_calls.prctl(system_calls.PR_SET_DUMPABLE, 0)
        dumpable = system_calls.prctl(system_calls.PR_GET_DUMPABLE)
    except OSError as error:
        raise IsolationError("isolation:memory", error=str(error)) from error
    if dumpable != 0:
        raise IsolationError("isolation:dumpable")


def limit_memory(memory_bytes: int) -> None:
    """Bound private writable memory to `memory_bytes` and a slack. Past it, allocations fail."""
    bound = memory_bytes + MEMORY_SLACK_BYTES
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))


def limit_processes(processes: int, already_running: int) -> None:
    """Bound processes and threads to `processes` more than are `already_running` under this user (the limit counts by
    user, not by job).
    """
    bound = processes + already_running
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    bound = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (bound, bound))


def count_own_threads() -> int:
    """Count the threads of this user, as RLIMIT_NPROC does, as far as /proc shows them."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == os.getuid():
                    count += sum(1 for _ in (entry / "task").iterdir())
            except OSError:
                continue  # it ended meanwhile
    return count


def die_with_parent(alive: int) -> None:
    """Ask for SIGKILL when the parent ends.

    `alive` is a pipe's reading end whose writing end only the parent holds: it shows a parent already gone.

    Call it after the last change of user, group or capabilities: the kernel forgets the request then.
    """
    system_calls.prctl(system_calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    watcher = select.poll()
    watcher.register(alive, select.POLLHUP)
    if watcher.poll(0):
        os.kill(os.getpid(), signal.SIGKILL)
        os._exit(1)  # the first process of a namespace does not receive its own signal
