"""The passphrase comes from a file, a credential or a keyboard, and from nowhere else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli.passphrase import MAX_PASSPHRASE_BYTES, find_passphrase
from appliance.foundation.errors import InputError

GOOD = "correct horse battery"
FIND = """
import sys
from appliance.cli.passphrase import find_passphrase
from appliance.foundation.errors import InputError
try:
    print(repr(find_passphrase(None, twice=sys.argv[1] == "twice", optional=sys.argv[1] == "optional")))
except InputError as error:
    print(error.code)
"""


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without a systemd credential."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def written(folder: Path, data: bytes) -> Path:
    """Write a passphrase file."""
    path = folder / "secret"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "passphrase"),
    [
        (b"correct horse battery", GOOD),
        (b"correct horse battery\n", GOOD),
        (b"correct horse battery\r\n", GOOD),
        (b" correct horse \n", " correct horse "),
        (b"a\nb\n", "a\nb"),
        ("später Gruß".encode(), "später Gruß"),
        (b"x" * MAX_PASSPHRASE_BYTES, "x" * MAX_PASSPHRASE_BYTES),
    ],
)
def test_a_file_gives_its_text_without_the_newline_at_its_end(tmp_path: Path, data: bytes, passphrase: str) -> None:
    """Everything else counts, spaces too."""
    assert find_passphrase(written(tmp_path, data)) == passphrase


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\n", b"\xff\xfe", b"x" * (MAX_PASSPHRASE_BYTES + 1)])
def test_a_file_that_is_empty_too_long_or_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    """The sentence names the file and nothing of what is in it."""
    with pytest.raises(InputError, match="secret") as caught:
        find_passphrase(written(tmp_path, data))
    assert caught.value.code == "passphrase.file"


def test_a_file_that_is_absent_or_a_folder_is_refused(tmp_path: Path) -> None:
    """It does not fall back to something else."""
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            find_passphrase(path, optional=True)


def test_a_credential_of_systemd_is_found_and_a_named_file_beats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name in the service's folder of credentials."""
    (tmp_path / "appliance-passphrase").write_text("from the service manager", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert find_passphrase(None) == "from the service manager"
    assert find_passphrase(written(tmp_path, b"from the file")) == "from the file"


def test_a_passphrase_that_is_chosen_now_has_a_length(tmp_path: Path) -> None:
    """Only then: an old short one still opens."""
    short = written(tmp_path, b"short")
    assert find_passphrase(short) == "short"
    with pytest.raises(InputError, match="at least 12 characters"):
        find_passphrase(short, twice=True)


@pytest.mark.parametrize("stdin", [subprocess.DEVNULL, subprocess.PIPE, None], ids=["null", "pipe", "closed"])
@pytest.mark.parametrize(
    ("mode", "answer"), [("", "passphrase.absent"), ("twice", "passphrase.absent"), ("optional", "None")]
)
def test_without_a_terminal_and_a_file_it_is_asked_for_in_words(stdin: int | None, mode: str, answer: str) -> None:
    """In cron, in a container, with standard input closed: a sentence, never a hang nor a traceback."""
    words = [sys.executable, "-c", FIND, mode]
    if stdin is None:
        words = ["sh", "-c", 'exec "$@" <&-', "sh", *words]
    done = subprocess.run(words, stdin=stdin, capture_output=True, text=True, check=True, start_new_session=True)
    assert (done.stdout.strip(), done.stderr) == (answer, "")


@pytest.mark.parametrize(
    ("mode", "typed", "answer"),
    [
        ("", [GOOD], repr(GOOD)),
        ("twice", [GOOD, GOOD], repr(GOOD)),
        ("twice", [GOOD, GOOD + "x"], "passphrase.differ"),
        ("twice", ["short", "short"], "passphrase.short"),
    ],
)
def test_at_a_terminal_it_is_typed_unseen(mode: str, typed: list[str], answer: str) -> None:
    """Once to open, twice to choose; nothing of it is echoed."""
    process, terminal = _on_a_terminal([sys.executable, "-c", FIND, mode])
    seen = b""
    for line in typed:
        while not seen.endswith(b": "):
            seen += os.read(terminal, 1024)
        os.write(terminal, line.encode() + b"\n")
        seen += b"|"
    while True:
        try:
            piece = os.read(terminal, 1024)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    process.wait()
    os.close(terminal)
    before, _, told = seen.decode().strip().rpartition("\n")
    assert told.strip() == answer
    assert not any(line in before for line in typed)


def _on_a_terminal(words: list[str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program whose only terminal is the other end of the descriptor that is returned."""
    ours, theirs = pty.openpty()
    shell = ["setsid", "--ctty", *words]
    process = subprocess.Popen(shell, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    return process, ours
