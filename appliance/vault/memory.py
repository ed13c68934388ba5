"""Memory for keys: never swapped, in no core dump, empty in a forked child, and wiped when it is no longer needed.

A page of its own, locked (mlock), with MADV_DONTDUMP and MADV_WIPEONFORK. What Python cannot promise is in
ops/decisions/0009: a key that passed through `bytes` on its way, or that a library copied for its own use, stays in
ordinary memory until that is used again.
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
    """One page for keys. `hold` copies in; what it returns is valid until `wipe`."""

    def __init__(self) -> None:
        """Lock a page. Raises `IsolationError` when the kernel refuses: then keys could reach the disk through swap."""
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
            raise IsolationError("memory.lock", strerror=str(error.strerror)) from error

    def hold(self, key: KeyBytes) -> memoryview:
        """Return a copy of `key` in this page, read-only."""
        data = memoryview(key).cast("B")
        start, self._used = self._used, self._used + len(data)
        if self._used > mmap.PAGESIZE:
            raise IsolationError("memory.full")
        self._page[start : self._used] = data
        return memoryview(self._page)[start : self._used].toreadonly()

    def wipe(self) -> None:
        """Overwrite every key with zeros. What was held reads as zeros from now on."""
        self._page[:] = bytes(mmap.PAGESIZE)
