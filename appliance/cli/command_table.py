"""Commands as rows: what each is called, what it takes, examples, and what it does.

What a row says to people is in the catalogues, under names that follow from it: `help-<path>` is what the command is
for, `option-<name>` what a parameter means, `done-<path>` what is said of a deed that was done, `empty-<path>` what is
said instead of an empty table, `heading-<key>` the heading of a column.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.cli.session import Session
from appliance.foundation.messages import Message, message

Run = Callable[..., None]  # gets a session, and a command's parameters by their names
OBJECTS = ("adapter", "dataset", "job", "model")  # parameters that name an object; the operation's end in "_id"


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


def plain_values(done: Any) -> dict[str, str | int | float]:
    """Return what of a result a sentence can name."""
    values = done if isinstance(done, dict) else {}
    return {name: value for name, value in values.items() if isinstance(value, str | int | float)}
