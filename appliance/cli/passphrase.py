"""Where the passphrase comes from: a file, a systemd credential or the keyboard, never argv or a variable's value."""

import getpass
import os
import sys
from pathlib import Path

from appliance.foundation.atomic_files import storage_errors
from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message
from appliance.vault.secret_text import WORDS, read_words
from appliance.vault.slots import RecoverySecret

MAX_PASSPHRASE_BYTES = 1024
MIN_PASSPHRASE_CHARACTERS = 12
MAX_RECOVERY_BYTES = 4096
CREDENTIALS = ("appliance-key", "appliance-passphrase")  # a credential slot's secret, or a passphrase


def find_passphrase(given: Path | None, *, twice: bool = False, optional: bool = False) -> str | None:
    """Return the passphrase, or another slot's secret as text. With `twice` it is chosen now: typed two times, and long
    enough.

    Returns None only when `optional` and there is neither a file nor a terminal. Raises `InputError`.
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if given is None and credentials:
        given = next((path for path in (Path(credentials) / name for name in CREDENTIALS) if path.is_file()), None)
    return read_or_ask(given, message("prompt-passphrase"), twice=twice, optional=optional)


def find_password(given: Path | None, name: str) -> str:
    """Return the password of the account `name`, which is another secret than the home's. Raises `InputError`."""
    return read_or_ask(given, message("prompt-password", name=name)) or ""


def read_or_ask(given: Path | None, prompt: Message, *, twice: bool = False, optional: bool = False) -> str | None:
    """Return what is in the file `given`, else what is typed unseen after `prompt`; the rest as `find_passphrase`."""
    if given is not None:
        passphrase = _read(given)
    elif sys.stdin is not None and sys.stdin.isatty():  # None: it was closed before we began
        passphrase = getpass.getpass(f"{prompt} ")
        if twice and getpass.getpass(f"{message('prompt-again')} ") != passphrase:
            raise InputError("passphrase.differ")
    elif optional:
        return None
    else:
        raise InputError("passphrase.absent")
    if twice and len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        raise InputError("passphrase.short", min_passphrase_characters=MIN_PASSPHRASE_CHARACTERS)
    return passphrase


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PASSPHRASE_BYTES + 1)
        text = data.decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("passphrase.file:unreadable", path_name=path.name) from error
    if len(data) > MAX_PASSPHRASE_BYTES or not text:
        raise InputError("passphrase.file", path_name=path.name, max_passphrase_bytes=MAX_PASSPHRASE_BYTES)
    return text


def read_recovery(file: Path | None) -> RecoverySecret:
    """Return the recovery key from its file, else from the typed words. Raises `InputError`, `StorageError`."""
    if file is None:
        text = read_or_ask(None, message("prompt-words", words=WORDS))
    else:
        with storage_errors(message("task:read-file", file=file.name)), file.open("rb") as opened:
            text = opened.read(MAX_RECOVERY_BYTES).decode("ascii", "replace")
    return read_words(text or "")
