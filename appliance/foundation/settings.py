"""Settings: read once, from the environment, and checked as a whole, so that one error names every mistake."""

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.foundation.errors import InputError
from appliance.foundation.messages import ENGLISH, LANGUAGES, Message, message, sentences

DEFAULT_PORT = 7860
MAX_PORT = 65535
MAX_HOME_BYTES = 85  # Sockets of the server and the self-test are created below it; Linux allows them 107 bytes.
MAX_UPLOAD_BYTES = 256 * 1024 * 1024
_PORT = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True)
class Settings:
    """Where the home is, how the server listens, and the language of whoever has not chosen one."""

    home: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    passphrase_file: Path | None = None
    language: str = ENGLISH


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `APPLIANCE_HOME`, `_HOST`, `_PORT`, `_LANGUAGE`, `_PASSPHRASE_FILE`. Raises `InputError` of all mistakes."""
    values = os.environ if environment is None else environment
    mistakes: list[Message] = []
    home = Path(values.get("APPLIANCE_HOME") or "~/.local/share/appliance")
    with contextlib.suppress(RuntimeError):  # No such user, or no HOME: the path stays relative and is refused.
        home = home.expanduser()
    if not home.is_absolute():
        mistakes.append(message("input:home-not-absolute"))
    if (length := len(os.fsencode(home))) > MAX_HOME_BYTES:
        mistakes.append(message("input:home-too-long", length=length, max_length=MAX_HOME_BYTES))
    port_text = values.get("APPLIANCE_PORT") or str(DEFAULT_PORT)
    port = int(port_text) if _PORT.fullmatch(port_text) else -1
    if not 0 <= port <= MAX_PORT:
        mistakes.append(message("input:port", max_port=MAX_PORT))
    language = values.get("APPLIANCE_LANGUAGE") or ENGLISH
    if language not in LANGUAGES:
        mistakes.append(message("input:language-setting", languages=tuple(LANGUAGES)))
    if mistakes:
        raise InputError(sentences(message("input:settings"), *mistakes))
    passphrase_file = values.get("APPLIANCE_PASSPHRASE_FILE")
    return Settings(
        home=home,
        host=values.get("APPLIANCE_HOST") or "127.0.0.1",
        port=port,
        passphrase_file=Path(passphrase_file) if passphrase_file else None,
        language=language,
    )
