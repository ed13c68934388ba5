"""What every command stands in: settings, output, where the secret comes from, and how an error becomes a sentence and
an exit status.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol

import typer

from appliance.cli.client import Client, OwningClient, socket_client
from appliance.cli.passphrase import find_passphrase
from appliance.cli.printing import Printer
from appliance.foundation.errors import ApplianceError, InputError
from appliance.foundation.settings import Settings, load_settings
from appliance.services.appliance import Appliance

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]
PassphraseFile = Annotated[Path | None, typer.Option(help="Read the passphrase from this file.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the job has ended.")]


class Program(Protocol):
    """What the entry point gives: how to own the home, and how to serve."""

    def own_home(
        self, settings: Settings, *, read: tuple[Path, ...] = (), write: tuple[Path, ...] = ()
    ) -> AbstractContextManager[Appliance]:
        """Take the home's lock, fork the launcher, confine this process, open the log."""
        ...

    def empty_home(self, settings: Settings, *, read: tuple[Path, ...]) -> AbstractContextManager[None]:
        """Take the lock of a home that is not there yet, and confine this process to it."""
        ...

    def serve(self, settings: Settings, passphrase: str | None, announce: Callable[[str], None]) -> None:
        """Serve until stopped."""
        ...


@dataclass(frozen=True)
class Options:
    """One command's frame: settings, output, and where the passphrase comes from."""

    program: Program
    settings: Settings
    printer: Printer
    passphrase_file: Path | None

    @contextmanager
    def client(
        self, *, read: tuple[Path, ...] = (), write: tuple[Path, ...] = (), secret: str | None = None
    ) -> Iterator[Client]:
        """Give the server's client, or own the home and unseal it for this command, with `secret` when one is given."""
        with socket_client(self.settings) as remote:
            if remote is not None:
                yield remote
                return
        if not (self.settings.home / "keyring.json").exists():
            raise InputError("home.absent")
        if secret is None:
            secret = find_passphrase(self.passphrase_file or self.settings.passphrase_file)
        with self.program.own_home(self.settings, read=read, write=write) as appliance:
            appliance.context.unseal(secret or "")
            yield OwningClient(appliance)


Frame = Callable[..., AbstractContextManager[Options]]


def make_frame(program: Program) -> Frame:
    """Return the frame of one command: `with frame(as_json, passphrase_file) as options`."""

    @contextmanager
    def frame(as_json: bool, passphrase_file: Path | None = None) -> Iterator[Options]:
        printer = Printer(as_json=as_json)
        try:
            yield Options(program, load_settings(), printer, passphrase_file)
        except ApplianceError as error:
            _refuse(printer, error)

    return frame


def server_only(options: Options) -> Callable[..., Any]:
    """Return what does an operation on the running server. Raises `InputError` when none runs."""

    def call(name: str, **parameters: Any) -> Any:
        with socket_client(options.settings) as remote:
            if remote is None:
                raise InputError("server.absent")
            return remote.perform(name, **parameters)

    return call


def _refuse(printer: Printer, error: ApplianceError) -> NoReturn:
    printer.error(error)
    raise typer.Exit(1) from None
