"""Which files, TCP ports, abstract sockets and signal targets remain reachable: Landlock.

Specification: the kernel's `Documentation/userspace-api/landlock.rst`.

It needs no privilege, cannot be undone, and is inherited; it does not reach a thread that already runs, and it does not
know UDP, MPTCP or Fast Open. `seccomp` covers those.
"""

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from appliance.foundation.errors import IsolationError
from appliance.jobs.sandbox.controls import Control
from appliance.jobs.sandbox.system_calls import system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1  # flag of landlock_create_ruleset: return the ABI version
_PATH_BENEATH = 1
FILES_ABI, NETWORK_ABI, SCOPES_ABI = 1, 4, 6

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_MAKE_DEVICES = (1 << 6) | (1 << 11)  # MAKE_CHAR and MAKE_BLOCK are granted to nobody
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_BIND_TCP_AND_CONNECT_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _RulesetAttributes(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def abi_version() -> int:
    """Return the kernel's Landlock ABI version, 0 when it has none."""
    try:
        return system_call("landlock_create_ruleset", _CREATE_RULESET, None, 0, _VERSION)
    except OSError:
        return 0


def _file_rights(abi: int) -> int:
    count = 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)
    return (1 << count) - 1


def restrict(
    controls: frozenset[Control], *, read: Iterable[Path], write: Iterable[Path], devices: Iterable[Path]
) -> tuple[str, ...]:
    """Let this thread and its descendants read and execute under `read`, change what is under `write`, use `devices`;
    no more.

    Paths that do not exist are passed over. `no_new_privs` must be set. Returns a sentence for each wall that this
    kernel is too old for; raises `IsolationError` when it has no Landlock at all.
    """
    abi = abi_version()
    if abi < FILES_ABI:
        raise IsolationError("isolation:no-landlock")
    missing = []
    attributes = _RulesetAttributes()
    if Control.LANDLOCK_FILES in controls:
        attributes.files = _file_rights(abi)
    if Control.LANDLOCK_NETWORK in controls:
        if abi >= NETWORK_ABI:
            attributes.network = _BIND_TCP_AND_CONNECT_TCP
        else:
            missing.append(f"Landlock for TCP needs ABI {NETWORK_ABI} (kernel 6.7); this kernel has {abi}.")
    if Control.LANDLOCK_SCOPES in controls:
        if abi >= SCOPES_ABI:
            attributes.scopes = _ABSTRACT_SOCKETS_AND_SIGNALS
        else:
            missing.append(f"Landlock scopes need ABI {SCOPES_ABI} (kernel 6.12); this kernel has {abi}.")
    if not (attributes.files or attributes.network or attributes.scopes):
        return tuple(missing)
    size = 24 if abi >= SCOPES_ABI else 16 if abi >= NETWORK_ABI else 8
    try:
        ruleset = system_call("landlock_create_ruleset", _CREATE_RULESET, ctypes.byref(attributes), size, 0)
        try:
            if attributes.files:
                _allow(ruleset, read, _READ)
                _allow(ruleset, write, attributes.files & ~(_MAKE_DEVICES | _EXECUTE | _IOCTL_DEVICE))
                _allow(ruleset, devices, attributes.files & (_READ_FILE | _WRITE_FILE | _READ_DIR | _IOCTL_DEVICE))
            system_call("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError as error:
        raise IsolationError("isolation:landlock", error=str(error)) from error
    return tuple(missing)


def _allow(ruleset: int, paths: Iterable[Path], rights: int) -> None:
    for path in paths:
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # what is not there, or not reachable, needs no opening
        try:
            allowed = rights if stat.S_ISDIR(os.fstat(parent).st_mode) else rights & _FILE_RIGHTS
            system_call(
                "landlock_add_rule", _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_PathBeneath(allowed, parent)), 0
            )
        finally:
            os.close(parent)
