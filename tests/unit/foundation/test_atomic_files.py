"""Files are complete, old or new, even on a full disk, on a disk that refuses writes, and after a kill."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import StorageError

# Runs in its own mount namespace, with a real disk of 64 KiB, and prints what the parent asserts.
ON_A_SMALL_DISK = """
import subprocess, sys
from pathlib import Path
from appliance.foundation.atomic_files import make_private_folder, write_atomic
from appliance.foundation.errors import StorageError
disk = Path(sys.argv[1])
write_atomic(disk / "file", b"old")
if sys.argv[2] == "full":
    act = lambda: write_atomic(disk / "file", bytes(1024 * 1024))
else:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    act = (lambda: write_atomic(disk / "file", b"new")) if sys.argv[2] == "read-only" else (lambda: make_private_folder(disk / "new"))
try:
    act()
except StorageError as error:
    print(error.code, (disk / "file").read_bytes().decode(), [path.name for path in disk.iterdir()])
"""  # noqa: E501
MOUNT = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" -c "$3" "$1" "$4"'


def on_a_small_disk(folder: Path, state: str) -> str:
    """Run the script above on its own disk. Skip the test where the kernel allows no namespace."""
    disk = folder / "disk"
    disk.mkdir()
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run(
        [*unshare, "mount", "-t", "tmpfs", "none", str(disk)], check=False, capture_output=True
    ).returncode:
        pytest.skip("no namespace in which a disk can be mounted")
    words = [*unshare, "sh", "-c", MOUNT, "sh", str(disk), sys.executable, ON_A_SMALL_DISK, state]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_a_file_is_replaced_completely_and_is_private(tmp_path: Path) -> None:
    """New bytes, mode 0600, and no temporary file."""
    path = tmp_path / "file"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_the_caller_can_choose_the_mode(tmp_path: Path) -> None:
    """0600 is only the default."""
    write_atomic(tmp_path / "file", b"", mode=0o400)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o400


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """The error says that the disk is full; the old file is intact, and there is no partial file."""
    assert on_a_small_disk(tmp_path, "full") == "storage.full old ['file']"


@pytest.mark.parametrize("state", ["read-only", "read-only-folder"])
def test_a_read_only_disk_is_a_storage_error(tmp_path: Path, state: str) -> None:
    """Neither a file nor a folder is created, and the error says so."""
    assert on_a_small_disk(tmp_path, state) == "storage.refused old ['file']"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_and_an_exhausted_quota_say_to_free_space(number: int) -> None:
    """To the reader both are the same."""
    with (
        pytest.raises(StorageError, match=r"disk is full\. Writing it failed") as caught,
        storage_errors("Writing it"),
    ):
        raise OSError(number, os.strerror(number))
    assert caught.value.code == "storage.full"


def test_other_refusals_give_the_reason(tmp_path: Path) -> None:
    """The system's reason is in the sentence; an error without a reason gets one too."""
    with pytest.raises(StorageError, match="No such file or directory") as caught:
        write_atomic(tmp_path / "absent" / "file", b"")
    assert caught.value.code == "storage.refused"
    with pytest.raises(StorageError, match="Reading failed: the storage device refused"), storage_errors("Reading"):
        raise OSError


def test_other_exceptions_pass_unchanged() -> None:
    """Only `OSError` is converted."""
    with pytest.raises(ZeroDivisionError), storage_errors("Dividing"):
        raise ZeroDivisionError


def test_a_failed_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    """A folder with the file's name makes the rename fail; the temporary file is removed."""
    (tmp_path / "file").mkdir()
    with pytest.raises(StorageError):
        write_atomic(tmp_path / "file", b"new")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_writer_killed_at_any_point_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    """Readers see one complete value at any time, also after the writing process is killed."""
    path = tmp_path / "file"
    write_atomic(path, b"0" * 100_000)
    code = (
        "import sys\nfrom pathlib import Path\nfrom appliance.foundation.atomic_files import write_atomic\n"
        "print(flush=True)\nnumber = 0\n"
        "while True:\n    number += 1\n    write_atomic(Path(sys.argv[1]), str(number % 10).encode() * 100_000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(200):
            data = path.read_bytes()
            assert (len(data), len(set(data))) == (100_000, 1)
        writer.kill()
    data = path.read_bytes()
    assert (len(data), len(set(data))) == (100_000, 1)


def test_missing_parents_are_private_too(tmp_path: Path) -> None:
    """Each new folder is 0700; existing folders keep their mode."""
    make_private_folder(tmp_path / "a" / "b" / "c")
    for folder in ("a", "a/b", "a/b/c"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
    (tmp_path / "a").chmod(0o755)
    make_private_folder(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


def test_a_file_cannot_be_synced_as_a_folder(tmp_path: Path) -> None:
    """The system's error passes through."""

    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        fsync_folder(tmp_path / "file")
