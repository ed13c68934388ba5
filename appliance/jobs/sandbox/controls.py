"""The controls by name (SECURITY.md, Controls), so that a test can take one away from the otherwise whole sandbox.

Nothing but a test passes anything else than `ALL_CONTROLS`: no setting, option or environment variable reaches it. What
is never optional (no new privileges, closed descriptors, the environment's allow-list, stdin) has no name here.
"""

from enum import StrEnum


class Control(StrEnum):
    """One wall. Its value is the name that tests and reports use."""

    SECCOMP_SOCKETS = "seccomp_sockets"  # no socket of any family; socket pairs only AF_UNIX, connected
    SECCOMP_CONNECT = "seccomp_connect"
    SECCOMP_LISTEN = "seccomp_listen"  # worker: bind, listen, accept; server: bind
    SECCOMP_FASTOPEN = "seccomp_fastopen"  # MSG_FASTOPEN in sendto, sendmsg, sendmmsg
    SECCOMP_IO_URING = "seccomp_io_uring"
    SECCOMP_DANGEROUS = "seccomp_dangerous"  # other processes' memory, kernel interfaces, mounts, new namespaces
    SECCOMP_EXEC = "seccomp_exec"  # server only: a worker is confined before its one exec
    LANDLOCK_FILES = "landlock_files"
    LANDLOCK_NETWORK = "landlock_network"  # TCP bind and connect
    LANDLOCK_SCOPES = "landlock_scopes"  # abstract Unix sockets and signals to outside
    NAMESPACE_NETWORK = "namespace_network"
    NAMESPACE_PROCESS = "namespace_process"
    NAMESPACE_MOUNT = "namespace_mount"
    NAMESPACE_IPC = "namespace_ipc"
    NAMESPACE_UTS = "namespace_uts"
    NO_CAPABILITIES = "no_capabilities"
    NO_CORE_DUMPS = "no_core_dumps"
    MEMORY_LIMIT = "memory_limit"
    PROCESS_LIMIT = "process_limit"
    DIE_WITH_PARENT = "die_with_parent"


ALL_CONTROLS = frozenset(Control)
NAMESPACES = frozenset(control for control in Control if control.value.startswith("namespace_"))
LANDLOCK = frozenset({Control.LANDLOCK_FILES, Control.LANDLOCK_NETWORK, Control.LANDLOCK_SCOPES})
