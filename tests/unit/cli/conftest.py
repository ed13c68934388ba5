"""The `appliance` command in this process, over a program whose home is real and whose workers are played by
threads.
"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner, Result

from appliance.audit import AuditLog
from appliance.cli.client import SOCKET_NAME
from appliance.cli.interface import build_commands
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import HomeError
from appliance.foundation.home_lock import HomeLock
from appliance.foundation.settings import Settings
from appliance.policy import Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import ServiceContext
from appliance.services.home.life import Serving, create_home
from appliance.web.gateway.commands import build_commands_app

PASSPHRASE = "a passphrase for tests only"
SOON_S = 20.0


class UnconfinedProgram:
    """Owns homes as the real one does, but for walls and processes, which cannot be undone in a test."""

    def __init__(self, launcher: Any) -> None:
        self.launcher = launcher
        self.served: list[tuple[Settings, str | None]] = []

    @contextlib.contextmanager
    def own_home(
        self, settings: Settings, *, read: tuple[Path, ...] = (), write: tuple[Path, ...] = ()
    ) -> Iterator[Appliance]:
        """Take the lock, open the log; close both afterwards."""
        assert all(path.is_absolute() for path in (*read, *write))
        lock = HomeLock(settings.home)
        try:
            clock = SystemClock()
            log = AuditLog.open(settings.home / "audit", clock)
            appliance = Appliance(ServiceContext(settings, clock, Rules.load(find_policy_folder()), log, self.launcher))
            try:
                yield appliance
            finally:
                appliance.close()
        finally:
            lock.release()

    @contextlib.contextmanager
    def empty_home(self, settings: Settings, *, read: tuple[Path, ...]) -> Iterator[None]:
        """Take the lock."""
        assert all(path.is_absolute() for path in read)
        lock = HomeLock(settings.home)
        try:
            yield
        finally:
            lock.release()

    def serve(self, settings: Settings, passphrase: str | None, announce: Callable[[str], None]) -> None:
        """Note what would be served."""
        self.served.append((settings, passphrase))
        announce("Serving.")


@dataclass
class Shell:
    """Calls the command with words, as somebody at a terminal-less machine does."""

    folder: Path
    program: UnconfinedProgram

    def __call__(self, *words: str, expect: int = 0, typed: str = "") -> Result:
        """Run a command; its exit status must be the expected one, no traceback may show, and no gap in a message."""
        result = CliRunner().invoke(build_commands(self.program), list(words), input=typed)
        assert "{$" not in result.stdout + result.stderr
        assert result.exit_code == expect, (result.stdout, result.stderr, result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    def json(self, *words: str) -> Any:
        """Run a command with --json; return the one value on standard output."""
        result = self(*words, "--json")
        assert result.stderr == ""
        return json.loads(result.stdout)

    def refused(self, *words: str) -> dict[str, str]:
        """Run a command that must be refused, both ways; return its error."""
        plain = self(*words, expect=1)
        told = self(*words, "--json", expect=1)
        error: dict[str, str] = json.loads(told.stderr)["error"]
        assert plain.stderr.strip() == error["sentence"]
        assert (plain.stdout, told.stdout) == ("", "")
        return error


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, simulate: Any, ordinary_plays: dict[str, Any]) -> Shell:
    """Give a shell whose home is not made yet."""
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
    monkeypatch.setenv("APPLIANCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("APPLIANCE_PASSPHRASE_FILE", str(secret))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("APPLIANCE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path, UnconfinedProgram(simulate(ordinary_plays)))


@contextlib.contextmanager
def listening(home: Path) -> Iterator[socket.socket]:
    """Bind the home's socket as the server does."""
    home.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(home / SOCKET_NAME))
        listener.listen(8)
        yield listener
    (home / SOCKET_NAME).unlink()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Point at a home with a short path."""
    return Settings(tmp_path / "home")


@pytest.fixture
def appliance(shell: Any, settings: Settings) -> Iterator[Appliance]:
    """Own a fresh home."""
    with shell.program.own_home(settings) as appliance:
        create_home(appliance.context, PASSPHRASE)
        yield appliance


@pytest.fixture
def server(appliance: Appliance, settings: Settings) -> Iterator[Appliance]:
    """Serve the home's operations on its socket, by the real application."""
    with listening(settings.home) as listener:
        config = uvicorn.Config(build_commands_app(appliance), log_config=None, lifespan="off", ws="none")
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        appliance.context.part(Serving).on = True
        yield appliance
        running.should_exit = True
        thread.join(SOON_S)
        assert not thread.is_alive()


@pytest.fixture
def held_home(tmp_path: Path) -> Iterator[None]:
    """Hold the home's lock, as another process does."""
    lock = HomeLock(tmp_path / "home")
    yield
    with contextlib.suppress(HomeError):
        lock.release()
