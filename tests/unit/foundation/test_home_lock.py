"""One process owns a home at a time, and a dead process owns nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.foundation.errors import HomeError, StorageError
from appliance.foundation.home_lock import HomeLock

HOLD = """
import sys
from pathlib import Path
from appliance.foundation.home_lock import HomeLock
lock = HomeLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_refused_until_the_first_releases_the_lock(tmp_path: Path) -> None:
    """The lock is exclusive, also within one process, and can be taken again."""
    first = HomeLock(tmp_path / "home")
    with pytest.raises(HomeError, match="Another process") as caught:
        HomeLock(tmp_path / "home")
    assert caught.value.code == "home.in-use"
    first.release()
    HomeLock(tmp_path / "home").release()


def test_a_killed_owner_owns_nothing(tmp_path: Path) -> None:
    """While another process holds the lock it is refused; killed with signal 9, that process leaves no lock behind."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(HomeError):
            HomeLock(tmp_path)
        other.kill()
        other.wait()
        HomeLock(tmp_path).release()


def test_a_child_that_outlives_its_killed_owner_does_not_keep_the_home(tmp_path: Path) -> None:
    """The descriptor closes on exec, so programs started by the owner hold no copy of it."""
    code = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', WAIT], close_fds=False)\n".replace(
        "WAIT", repr("import sys; print('begun', flush=True); sys.stdin.read()")
    )
    start = HOLD.replace('print("held", flush=True)\n', code)
    with subprocess.Popen(
        [sys.executable, "-c", start, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"begun\n"
        owner.kill()
        owner.wait()
        HomeLock(tmp_path).release()


def test_the_home_is_private(tmp_path: Path) -> None:
    """Folder 0700, lock file 0600."""
    HomeLock(tmp_path / "home").release()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "home" / "lock").stat().st_mode & 0o777 == 0o600


def test_a_home_that_cannot_be_created_is_a_storage_error(tmp_path: Path) -> None:
    """A file has the folder's name."""

    (tmp_path / "home").write_bytes(b"")
    with pytest.raises(StorageError):
        HomeLock(tmp_path / "home")
