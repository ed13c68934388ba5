"""Commands as rows: what each is called, what it takes, examples, and what it does.

What a row says to people is in the catalogues, under names that follow from it: `help-<path>` is what the command is
for, `option-<name>` what a parameter means, `done-<path>` what is said of a deed that was done, `empty-<path>` what is
said instead of an empty table, `heading-<key>` the heading of a column.

A command works with a `Session`: the settings, the printer, and whoever does the operations, reached when first needed.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from appliance.cli.client import Client, OwningClient, socket_client
from appliance.cli.passphrase import find_passphrase
from appliance.cli.printing import Printer
from appliance.foundation.errors import InputError, WorkerError
from appliance.foundation.messages import Message, message
from appliance.foundation.settings import Settings
from appliance.services.appliance import Appliance

Run = Callable[..., None]  # gets a session, and a command's parameters by their names
OBJECTS = ("adapter", "dataset", "job", "model")  # parameters that name an object; the operation's end in "_id"


class Program(Protocol):
    """What the entry point gives: how to own the home, and how to serve."""

    def own_home(
        self, settings: Settings, *, read: tuple[Path, ...] = (), write: tuple[Path, ...] = ()
    ) -> AbstractContextManager[Appliance]:
        """Take the home's lock, fork the launcher, confine this process, open the log."""

    def empty_home(self, settings: Settings, *, read: tuple[Path, ...]) -> AbstractContextManager[None]:
        """Take the lock of a home that is not there yet, and confine this process to it."""

    def serve(self, settings: Settings, passphrase: str | None, announce: Callable[[str], None]) -> None:
        """Serve until stopped."""


class Session:
    """One command's work. Leaving it gives the home back."""

    def __init__(self, program: Program, settings: Settings, printer: Printer, passphrase_file: Path | None) -> None:
        self.program = program
        self.settings = settings
        self.printer = printer
        self.passphrase_file = passphrase_file or settings.passphrase_file
        self._client: Client | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    @property
    def as_json(self) -> bool:
        """Tell whether one JSON value is wanted."""
        return self.printer.as_json

    def connect(
        self, *, read: tuple[Path, ...] = (), write: tuple[Path, ...] = (), secret: str | None = None
    ) -> Client:
        """Return the server's client, or own the home and unseal it, with `secret` when one is given.

        `read` and `write` are the paths outside of the home that whoever owns it has to reach. Raises `HomeError`,
        `InputError`, `AuthenticationError`.
        """
        if self._client is None:
            self._client = self._stack.enter_context(socket_client(self.settings))
        if self._client is None:
            self._verify_home()
            secret = find_passphrase(self.passphrase_file) if secret is None else secret
            appliance = self._stack.enter_context(self.program.own_home(self.settings, read=read, write=write))
            appliance.context.unseal(secret or "")
            self._client = OwningClient(appliance)
        return self._client

    def connect_server(self) -> Client:
        """Return the client of the running server. Raises `InputError` when none runs."""
        client = self._stack.enter_context(socket_client(self.settings))
        if client is None:
            raise InputError("server.absent")
        return client

    def perform(self, operation: str, /, **parameters: Any) -> Any:
        """Do one operation and return its JSON."""
        return self.connect().perform(operation, **parameters)

    def serve(self, settings: Settings, announce: Callable[[str], None]) -> None:
        """Serve the home until stopped; sealed when there is neither a passphrase nor a terminal to ask for one."""
        self._verify_home()
        self.program.serve(settings, find_passphrase(self.passphrase_file, optional=True), announce)

    def _verify_home(self) -> None:
        if not (self.settings.home / "keyring.json").exists():
            raise InputError("home.absent")

    def result(self, value: Any, *lines: str | Message) -> None:
        """Print `value` as JSON, or the lines for people."""
        self.printer.result(value, "\n".join(map(str, lines)))

    def table(
        self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: Message | str = "", value: Any = None
    ) -> None:
        """Print `rows` as a table of `columns`, `empty` when there is none; or `value`, else the rows, as JSON."""
        self.printer.table(rows, columns, str(empty), value=value)

    def note_archived(self, found: Mapping[str, Any]) -> None:
        """Say which entries of the log could not be looked at."""
        if found["archived"]:
            self.printer.note(found["archived"]["sentence"])

    def watch(self, job: Mapping[str, Any], title: Message) -> dict[str, Any]:
        """Show a progress bar until a job has ended, and return it. Raises `WorkerError` when it failed."""
        ended = self._watch(job, title)
        verify_succeeded(ended)
        return ended

    def follow(self, job: Mapping[str, Any], title: str, *, wait: bool) -> None:
        """Print a job at once, or when it has ended; whoever owns the home has to wait.

        Raises `WorkerError` when it failed, after its JSON.
        """
        if not wait and not isinstance(self.connect(), OwningClient):
            self.result(job, message("job-queued", id=job["id"]))
            return
        ended = self._watch(job, message(title))
        if self.as_json or ended["state"] != "failed":
            result = {"job": ended["id"], "state": ended["state"], "reason": ended["reason"], **ended["result"]}
            self.result(result, ended["result"].get("sentence") or state_sentence(ended))
        verify_succeeded(ended)

    def _watch(self, job: Mapping[str, Any], title: Message) -> dict[str, Any]:
        with self.printer.progress() as progress:
            task = progress.add_task(str(title), total=None)

            def show(body: dict[str, Any]) -> None:
                loss = body["figures"].get("loss")
                text = title if loss is None else message("progress-loss", title=title, loss=loss)
                progress.update(task, completed=body["step"], total=body["steps"], description=str(text))

            return self.connect().watch(job["id"], show)


def state_sentence(job: Mapping[str, Any]) -> str:
    """Return where a job is, and why."""
    state = message(f"state-{job['state']}")
    return f"{message('job-state-is', state=state)} {job['reason']}".rstrip()


def verify_succeeded(ended: Mapping[str, Any]) -> None:
    """Raise `WorkerError` when a job failed."""
    if ended["state"] == "failed":
        raise WorkerError("job.failed", identifier=ended["id"], reason=ended["reason"])


@dataclass(frozen=True)
class Parameter:
    """One parameter: an option when it has a `flag`, else an argument. `choices` are offered, not enforced."""

    name: str
    type: type
    flag: str = ""
    default: Any = None
    required: bool = False
    many: bool = False
    help: Message | None = None
    choices: tuple[str, ...] = ()

    @property
    def about(self) -> Message:
        """Return what it means."""
        return self.help or message(f"option-{self.name}")


@dataclass(frozen=True)
class Command:
    """One command. `examples` are what follows its path. `keys`: it may have to open the home."""

    path: str
    run: Run
    parameters: tuple[Parameter, ...]
    examples: tuple[str, ...]
    keys: bool = True

    @property
    def name(self) -> str:
        """Return the path as it stands in the names of messages."""
        return self.path.replace(" ", "-")

    @property
    def about(self) -> Message:
        """Return what it is for."""
        return message(f"help-{self.name}")


COMMANDS: dict[str, Command] = {}


def arg(name: str, type: type = str, **more: Any) -> Parameter:
    """Return an argument, which has to be given unless it has another default than none."""
    return Parameter(name, type, required=more.pop("required", True), **more)


def opt(name: str, type: type = str, default: Any = None, *, flag: str = "", **more: Any) -> Parameter:
    """Return an option. A text that is not given is empty."""
    default = "" if type is str and default is None and not more.get("required") else default
    default = False if type is bool and default is None else default
    return Parameter(name, type, flag or "--" + name.replace("_", "-"), default, **more)


def command(path: str, *parameters: Parameter, examples: Sequence[str], keys: bool = True) -> Callable[[Run], Run]:
    """Make a command of a function, which gets the session and the parameters by their names."""

    def register(run: Run) -> Run:
        if path in COMMANDS:
            raise ValueError(f"two commands are called {path}")
        COMMANDS[path] = Command(path, run, parameters, tuple(examples), keys)
        return run

    return register


def deed(path: str, operation: str, *parameters: Parameter, examples: Sequence[str]) -> None:
    """Add a command that does one operation, and says so with what came of it."""

    def run(session: Session, **given: Any) -> None:
        done = session.perform(operation, **operation_parameters(given))
        session.result(done, message(f"done-{path.replace(' ', '-')}", **plain_values(done)))

    command(path, *parameters, examples=examples)(run)


def listing(path: str, operation: str, columns: str, *, examples: Sequence[str] = ("",)) -> None:
    """Add a command that shows the rows that an operation returns as a table."""

    def run(session: Session) -> None:
        session.table(session.perform(operation), columns.split(), message(f"empty-{path.replace(' ', '-')}"))

    command(path, examples=examples)(run)


def operation_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command's parameters as an operation calls them."""
    return {f"{name}_id" if name in OBJECTS else name: value for name, value in given.items()}


def named(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return these fields of a result, for a sentence."""
    return {name: found[name] for name in names}


def plain_values(done: Any) -> dict[str, str | int | float]:
    """Return what of a result a sentence can name."""
    values = done if isinstance(done, dict) else {}
    return {name: value for name, value in values.items() if isinstance(value, str | int | float)}
