"""Memory for keys: never swapped, never in a core dump, empty in a forked child, and wiped after use.

Keys are in a separate page, locked (mlock), with MADV_DONTDUMP and MADV_WIPEONFORK. Python's limits are described in
ops/decisions/0009: a key that was a `bytes` object before, or that a library copied, stays in ordinary memory until
that memory is reused.
"""

import ctypes
import mmap
import os

from appliance.foundation.errors import IsolationError

KeyBytes = bytes | memoryview
_MADV_WIPEONFORK = 18  # include/uapi/asm-generic/mman-common.h; Python 3.11 has no name for it
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


class KeyMemory:
    """One page for keys. What `hold` returns is valid until `wipe`."""

    def __init__(self) -> None:
        """Lock a page. Raises `IsolationError` if the kernel refuses, as keys could reach the disk through swap."""
        self._page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._used = 0
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        try:
            if _libc.mlock(address, mmap.PAGESIZE):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
            self._page.madvise(mmap.MADV_DONTDUMP)
            self._page.madvise(_MADV_WIPEONFORK)
        except OSError as error:
            raise IsolationError("memory.lock", reason=str(error.strerror)) from error

    def hold(self, key: KeyBytes) -> memoryview:
        """Return a read-only copy of `key` in this page."""
        data = memoryview(key).cast("B")
        start, self._used = self._used, self._used + len(data)
        if self._used > mmap.PAGESIZE:
            raise IsolationError("memory.full")
        self._page[start : self._used] = data
        return memoryview(self._page)[start : self._used].toreadonly()

    def wipe(self) -> None:
        """Overwrite every key with zeros, also for holders of views."""
        self._page[:] = bytes(mmap.PAGESIZE)
