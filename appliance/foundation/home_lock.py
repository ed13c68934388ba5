"""One owner of the home at a time: an advisory lock that ends with the process that holds it."""

import fcntl
import os
from pathlib import Path

from appliance.foundation.atomic_files import make_private_folder, storage_errors
from appliance.foundation.errors import HomeError
from appliance.foundation.messages import message


class HomeLock:
    """Holds the lock from construction until `release`. Raises `HomeError` if another process holds it."""

    def __init__(self, home: Path) -> None:
        make_private_folder(home)
        with storage_errors(message("task:lock-home")):
            self._descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise HomeError("home.in-use") from None

    def release(self) -> None:
        """Release the home, even if a child process still holds a copy of the descriptor."""

        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)
