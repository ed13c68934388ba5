"""A file is there whole, as it was or as it should be: also on a full disk, a disk that refuses, and after a kill."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.foundation.atomic_files import fsync_folder, make_private_folder, storage_errors, write_atomic
from appliance.foundation.errors import StorageError

# Runs in a mount namespace of its own, with a real disk of 64 KiB; prints what the parent asserts.
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
    """Run the script above on a disk of its own; skip where the kernel gives no namespace."""
    disk = folder / "disk"
    disk.mkdir()
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run(
        [*unshare, "mount", "-t", "tmpfs", "none", str(disk)], check=False, capture_output=True
    ).returncode:
        pytest.skip("no namespace in which a disk can be mounted")
    words = [*unshare, "sh", "-c", MOUNT, "sh", str(disk), sys.executable, ON_A_SMALL_DISK, state]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    """New bytes, mode 0600, and no temporary file beside it."""
    path = tmp_path / "file"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_the_mode_is_the_callers_choice(tmp_path: Path) -> None:
    """Where another is asked for, it is given."""
    write_atomic(tmp_path / "file", b"", mode=0o400)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o400


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """The error says that the disk is full; what was there is still there, and no half file beside it."""
    assert on_a_small_disk(tmp_path, "full") == "storage.full old ['file']"


@pytest.mark.parametrize("state", ["read-only", "read-only-folder"])
def test_a_read_only_disk_is_a_storage_error(tmp_path: Path, state: str) -> None:
    """Neither a file nor a folder is made, and it is said."""
    assert on_a_small_disk(tmp_path, state) == "storage.refused old ['file']"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_and_a_used_up_quota_say_to_free_space(number: int) -> None:
    """Both are the same to whoever reads the sentence."""
    with (
        pytest.raises(StorageError, match=r"disk is full: Writing it was not done") as caught,
        storage_errors("Writing it"),
    ):
        raise OSError(number, os.strerror(number))
    assert caught.value.code == "storage.full"


def test_another_refusal_says_which(tmp_path: Path) -> None:
    """The system's reason is in the sentence; an error without one is a sentence too."""
    with pytest.raises(StorageError, match="No such file or directory") as caught:
        write_atomic(tmp_path / "absent" / "file", b"")
    assert caught.value.code == "storage.refused"
    with pytest.raises(StorageError, match="the storage refused"), storage_errors("Reading"):
        raise OSError


def test_what_is_no_storage_error_passes() -> None:
    """Only `OSError`s are turned into sentences."""
    with pytest.raises(ZeroDivisionError), storage_errors("Dividing"):
        raise ZeroDivisionError


def test_a_write_that_is_interrupted_leaves_no_temporary_file(tmp_path: Path) -> None:
    """A folder of the file's name makes the last step fail; what was written so far is removed."""
    (tmp_path / "file").mkdir()
    with pytest.raises(StorageError):
        write_atomic(tmp_path / "file", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_writer_killed_at_any_point_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    """Readers between the writes of a process that is then killed see one of its values, never a piece."""
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


def test_missing_parents_are_made_private_too(tmp_path: Path) -> None:
    """Each folder on the way is 0700; one that is there is left as it is."""
    make_private_folder(tmp_path / "a" / "b" / "c")
    for folder in ("a", "a/b", "a/b/c"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700
    (tmp_path / "a").chmod(0o755)
    make_private_folder(tmp_path / "a")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


def test_a_folder_that_is_none_cannot_be_synced(tmp_path: Path) -> None:
    """A file in its place is an error of the system's."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        fsync_folder(tmp_path / "file")
