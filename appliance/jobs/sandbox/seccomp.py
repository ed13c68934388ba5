"""Which system calls are refused: a seccomp filter, made by libseccomp. It needs no privilege and holds for all
descendants.

The filter allows by default and refuses by name: torch, CUDA drivers and the interpreter use too many calls, different
ones on each machine, for a list of what is allowed. What leads off the machine, into other processes, or to code in the
kernel is refused with EPERM. A call by another instruction set's numbers (32 bit, x32) ends the process: otherwise it
would pass by the filter.
"""

import errno
import socket
from collections.abc import Iterable

import pyseccomp

from appliance.foundation.errors import IsolationError
from appliance.jobs.sandbox.controls import Control

MSG_FASTOPEN = 0x20000000
_TYPE_MASK = 0xF  # of socketpair's type argument; the rest are SOCK_CLOEXEC and SOCK_NONBLOCK
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # put characters into a terminal's input
# CLONE_NEWTIME is absent: in clone(2) its bit lies in the exit signal, and clone3 is refused whole.
_CLONE_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)

_SIMPLE_RULES = {
    Control.SECCOMP_SOCKETS: "socket",
    Control.SECCOMP_CONNECT: "connect",
    Control.SECCOMP_IO_URING: "io_uring_setup io_uring_enter io_uring_register",
    Control.SECCOMP_EXEC: "execve execveat",
    Control.SECCOMP_DANGEROUS: (
        "ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp "
        "bpf perf_event_open userfaultfd keyctl add_key request_key fanotify_init lookup_dcookie "
        "mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr "
        "open_by_handle_at "
        "setns unshare kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct "
        "quotactl quotactl_fd settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname syslog "
        "vhangup "
        "iopl ioperm nfsservctl personality"
    ),
}
_SCMP_ERROR = -1  # libseccomp does not know the name


def _number(name: str) -> int:
    number: int = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number == _SCMP_ERROR:
        raise IsolationError("isolation:libseccomp", name=name)
    return number


def load_filter(controls: Iterable[Control], *, listening: Iterable[str]) -> None:
    """Refuse what `controls` name, from now on and for every child. `listening` are the calls that SECCOMP_LISTEN
    refuses here.

    Raises `IsolationError` when the kernel has no seccomp filters or libseccomp is too old. Call it last: it refuses
    some of the calls that the other walls need. It sets no_new_privs.
    """
    wanted = frozenset(controls)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
        for control in wanted & _SIMPLE_RULES.keys():
            for name in _SIMPLE_RULES[control].split():
                rules.add_rule(refuse, _number(name))
        if Control.SECCOMP_LISTEN in wanted:
            for name in listening:
                rules.add_rule(refuse, _number(name))
        if Control.SECCOMP_SOCKETS in wanted:
            _refuse_socket_pairs(rules, refuse)
        if Control.SECCOMP_FASTOPEN in wanted:
            for name, flags_at in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
                rules.add_rule(
                    refuse, _number(name), pyseccomp.Arg(flags_at, pyseccomp.MASKED_EQ, MSG_FASTOPEN, MSG_FASTOPEN)
                )
        if Control.SECCOMP_DANGEROUS in wanted:
            _refuse_namespaces_and_terminal(rules, refuse)
        rules.load()
    except OSError as error:
        raise IsolationError("isolation:seccomp", strerror=str(error.strerror)) from error


def _refuse_socket_pairs(rules: pyseccomp.SyscallFilter, refuse: int) -> None:
    # A datagram pair could send to any other Unix socket by sendto; connected kinds cannot.
    rules.add_rule(refuse, _number("socketpair"), pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    for kind in set(range(_TYPE_MASK + 1)) - {int(socket.SOCK_STREAM), int(socket.SOCK_SEQPACKET)}:
        rules.add_rule(refuse, _number("socketpair"), pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _TYPE_MASK, kind))


def _refuse_namespaces_and_terminal(rules: pyseccomp.SyscallFilter, refuse: int) -> None:
    # A filter cannot look behind clone3's pointer. ENOSYS makes the C library fall back to clone with its flags.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), _number("clone3"))
    for flag in _CLONE_NAMESPACES:
        rules.add_rule(refuse, _number("clone"), pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    for request in (_TIOCSTI, _TIOCLINUX):
        rules.add_rule(refuse, _number("ioctl"), pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
