"""The kernel calls that Python 3.11 has no function for, by ctypes. Each raises `OSError` with its name; nothing here
decides.

Numbers and structures: the kernel's `include/uapi/linux/{prctl,capability,landlock,sched,mount}.h`.
"""

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
LAST_POSSIBLE_CAPABILITY = 63

_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilityData(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def _verify_result(result: int, call: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def system_call(name: str, number: int, *arguments: object) -> int:
    """Call `number` with integers (as 64 bit: varargs would cut or smear them), pointers (`ctypes.byref`), None."""
    widened = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _verify_result(_libc.syscall(ctypes.c_long(number), *widened), name)


def prctl(option: int, *arguments: int) -> int:
    """Call prctl(2), filling the unused arguments with 0, as newer options demand."""
    values = [*arguments, 0, 0, 0, 0][:4]
    return _verify_result(_libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(v) for v in values)), f"prctl({option})")


def unshare(flags: int) -> None:
    """Move this process (for CLONE_NEWPID: its children) into new namespaces, unshare(2)."""
    _verify_result(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int) -> None:
    """Mount, mount(2), without data."""
    result = _libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), None)
    _verify_result(result, f"mount {target}")


def set_capabilities(keep: int) -> None:
    """Keep of the permitted and effective capabilities those in the bit mask `keep`; inherit none, capset(2)."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    data = (_CapabilityData * 2)()
    _verify_result(_libc.capget(ctypes.byref(header), ctypes.byref(data)), "capget")
    for half in range(2):
        wanted = (keep >> (32 * half)) & 0xFFFFFFFF
        data[half].permitted &= wanted
        data[half].effective &= wanted
        data[half].inheritable = 0
    _verify_result(_libc.capset(ctypes.byref(header), ctypes.byref(data)), "capset")
