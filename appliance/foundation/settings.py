"""Settings: read once, from the environment, checked whole; every mistake is named in one message."""

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.foundation.errors import InputError

DEFAULT_PORT = 7860
MAX_PORT = 65535
# of its path: the server's and the self-test's sockets lie below it, and Linux takes 107 bytes for the path of one
MAX_HOME_BYTES = 85
MAX_UPLOAD_BYTES = 256 * 1024 * 1024
_PORT = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True)
class Settings:
    """Where the home is and how the server listens. Sizes in bytes."""

    home: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    passphrase_file: Path | None = None

    def folder(self, name: str) -> Path:
        """Return the folder `name` of the home (DESIGN.md, State)."""
        return self.home / name


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `APPLIANCE_HOME`, `_HOST`, `_PORT` and `_PASSPHRASE_FILE`. Raises `InputError` naming every mistake."""
    values = os.environ if environment is None else environment
    mistakes: list[str] = []
    home = Path(values.get("APPLIANCE_HOME") or "~/.local/share/appliance")
    with contextlib.suppress(RuntimeError):  # No such user, or no HOME: the path stays as it is, and is not absolute.
        home = home.expanduser()
    if not home.is_absolute():
        mistakes.append("APPLIANCE_HOME must be an absolute path")
    if (length := len(os.fsencode(home))) > MAX_HOME_BYTES:
        mistakes.append(
            f"the path of APPLIANCE_HOME has {length} bytes and may have {MAX_HOME_BYTES}, because sockets lie below "
            "it; take a shorter one"
        )
    port_text = values.get("APPLIANCE_PORT") or str(DEFAULT_PORT)
    port = int(port_text) if _PORT.fullmatch(port_text) else -1
    if not 0 <= port <= MAX_PORT:
        mistakes.append(f"APPLIANCE_PORT must be a number from 0 to {MAX_PORT}")
    secret = values.get("APPLIANCE_PASSPHRASE_FILE")
    if mistakes:
        raise InputError("input:settings-used", mistakes="; ".join(mistakes))
    return Settings(
        home=home,
        host=values.get("APPLIANCE_HOST") or "127.0.0.1",
        port=port,
        passphrase_file=Path(secret) if secret else None,
    )
