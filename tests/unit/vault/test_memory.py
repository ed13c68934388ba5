"""Keys are in memory that is locked, excluded from dumps, empty in a fork, and wiped."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import IsolationError
from appliance.vault import Vault
from appliance.vault.memory import KeyMemory

KEY = bytes(range(32))


def flags_of(held: memoryview) -> set[str]:
    """Return the kernel's flags of the page (proc(5), smaps, VmFlags)."""
    buffer = (ctypes.c_char * 1).from_address(address_of(held))
    address = ctypes.addressof(buffer)
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first = line.split()[0]
        if "-" in first and not first.endswith(":"):
            low, high = (int(part, 16) for part in first.split("-"))
            inside = low <= address < high
        elif inside and line.startswith("VmFlags:"):
            return set(line.split()[1:])
    raise AssertionError("the page is not mapped")


def address_of(held: memoryview) -> int:
    """Return the address that a read-only view points to."""

    class View(ctypes.Structure):
        _fields_ = [("buf", ctypes.c_void_p), ("rest", ctypes.c_char * 72)]

    view = View()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(held), ctypes.byref(view), 0)
    address = view.buf
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))
    return int(address or 0)


def test_the_page_is_locked_and_excluded_from_dumps_and_forks() -> None:
    """lo: locked, dd: not dumped, wf: wiped on fork."""
    memory = KeyMemory()
    assert {"lo", "dd", "wf"} <= flags_of(memory.hold(KEY))
    memory.wipe()


def test_keys_are_read_only_and_zeros_after_the_wipe() -> None:
    memory = KeyMemory()
    first, second = memory.hold(KEY), memory.hold(KEY[::-1])
    assert (first, second) == (KEY, KEY[::-1])
    with pytest.raises(TypeError):
        first[0] = 0
    memory.wipe()
    assert (bytes(first), bytes(second)) == (bytes(32), bytes(32))


def test_a_fork_has_no_keys() -> None:
    memory = KeyMemory()
    held = memory.hold(KEY)
    child = os.fork()
    if child == 0:
        os._exit(0 if bytes(held) == bytes(32) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert held == KEY
    memory.wipe()


def test_a_full_page_refuses_more_keys() -> None:
    memory = KeyMemory()
    for _ in range(128):
        memory.hold(KEY)
    with pytest.raises(IsolationError, match="no more room"):
        memory.hold(KEY)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="SKIPPED: only root can become a user to whom the limit on locked memory applies"
)
def test_no_key_is_held_if_memory_cannot_be_locked() -> None:
    """Fail closed: a key that may be swapped is worse than no key."""
    code = """
import os, resource
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
from appliance.vault.memory import KeyMemory
from appliance.foundation.errors import IsolationError
os.setresuid(65534, 65534, 65534)
try:
    KeyMemory()
except IsolationError as error:
    print(error.code, error)
"""
    assert "memory.lock" in subprocess.check_output([sys.executable, "-c", code], text=True)


def test_closing_a_vault_wipes_its_keys(tmp_path: Path) -> None:
    """A rotation wipes the previous keys too."""
    vault = Vault.create(tmp_path / "home", "a passphrase for tests only", SystemClock())
    before = vault._keys
    vault.rotate()
    assert {bytes(key) for key in before.named().values()} == {bytes(32)}
    after = vault._keys
    assert bytes(32) not in {bytes(key) for key in after.named().values()}
    vault.close()
    assert {bytes(key) for key in after.named().values()} == {bytes(32)}
