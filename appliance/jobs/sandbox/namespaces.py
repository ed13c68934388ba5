"""Own network, process, mount, IPC and host-name namespaces for a worker, where they can be had (namespaces(7),
user_namespaces(7)).

They are the second wall: containers and some distributions forbid them. Whether they can be had is tried in a
throw-away process first, since a half-made user namespace cannot be left again. With the privilege they are made
directly, else through a user namespace.
"""

import os
from pathlib import Path

from appliance.jobs.sandbox.controls import NAMESPACES, Control
from appliance.jobs.sandbox.system_calls import mount, unshare

_FLAGS = {
    Control.NAMESPACE_MOUNT: 0x00020000,
    Control.NAMESPACE_UTS: 0x04000000,
    Control.NAMESPACE_IPC: 0x08000000,
    Control.NAMESPACE_PROCESS: 0x20000000,
    Control.NAMESPACE_NETWORK: 0x40000000,
}
_NEW_USER = 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_SLAVE = 2, 4, 8, 1 << 14, 1 << 19


def enter_namespaces(controls: frozenset[Control]) -> tuple[str, ...]:
    """Enter the namespaces that `controls` name; the process namespace takes effect for the next fork.

    Returns what could not be had, as sentences.
    """
    flags = 0
    for control in controls & NAMESPACES:
        flags |= _FLAGS[control]
    if not flags:
        return ()
    reasons = []
    for with_user in (False, True):
        reason = _try_in_another_process(flags, with_user=with_user)
        if not reason:
            _enter(flags, with_user=with_user)
            return ()
        reasons.append(reason)
    return (
        f"Namespaces cannot be had here ({'; '.join(reasons)}): the second wall is missing, seccomp and Landlock hold.",
    )


def mount_own_processes() -> tuple[str, ...]:
    """Show only the worker's own processes under /proc.

    Call it as the first process of a new process namespace, with an own mount namespace.
    """
    try:
        mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    except OSError as error:
        return (f"/proc could not be mounted anew ({error.strerror}): the numbers of other processes stay visible.",)
    return ()


def _enter(flags: int, *, with_user: bool) -> None:
    user, group = os.geteuid(), os.getegid()
    unshare(flags | (_NEW_USER if with_user else 0))
    if with_user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    if flags & _FLAGS[Control.NAMESPACE_MOUNT]:
        # Slave: later mounts of the machine reach the worker's view, never the other way round.
        mount("none", "/", None, _MS_REC | _MS_SLAVE)


def _try_in_another_process(flags: int, *, with_user: bool) -> str:
    """Return why it fails, or an empty text when it works."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        reason = "the attempt ended early"
        try:
            _enter(flags, with_user=with_user)
            reason = ""
        except OSError as error:
            reason = f"{'through a user namespace' if with_user else 'directly'}: {error.strerror}"
        finally:
            os.write(writing, b"=" + reason.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode()
    os.waitpid(child, 0)
    return text[1:] if text.startswith("=") else "the attempt was killed"
