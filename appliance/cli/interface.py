"""Rows of commands as a program: reads the words, shows help and mistakes in the language in use, runs the command.

Exit status: 0 done, 1 refused or failed (a sentence on standard error), 2 wrong usage.
"""

import importlib
import locale
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

import click
from click.shell_completion import CompletionItem

from appliance import __version__, cli
from appliance.cli.command_table import COMMANDS, Command, Parameter, Program, Session, opt
from appliance.cli.printing import Printer
from appliance.foundation.errors import ApplianceError
from appliance.foundation.messages import ENGLISH, LANGUAGES, Message, language, message, t, use_language
from appliance.foundation.settings import load_settings

PROGRAM = "appliance"
INTERRUPTED = 130
AS_JSON = opt("as_json", bool, flag="--json")
PASSPHRASE_FILE = opt("passphrase_file", Path)


def preferred_language(environment: Mapping[str, str]) -> str:
    """Return the language that is set, else that of the locale, else English."""
    names = (environment.get(name) for name in ("APPLIANCE_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    codes = [locale.normalize(name)[:2].lower() for name in names if name]
    return codes[0] if codes and codes[0] in LANGUAGES else ENGLISH


class _Type(click.ParamType[Any]):
    """A type of values, with the choices that are offered to whoever completes a word."""

    def __init__(self, kind: type, choices: Sequence[str]) -> None:
        self.name, self._kind, self._choices = kind.__name__.lower(), kind, choices

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return value if isinstance(value, self._kind) else self._kind(value)
        except ValueError:
            raise click.UsageError(t(f"usage-{self.name}", name=_hint(param), value=str(value)), ctx) from None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del ctx, param
        if self._kind is Path:
            return [CompletionItem(incomplete, type="file")]
        return [CompletionItem(each) for each in self._choices if each.startswith(incomplete)]


class _Helped:
    """A command or a group of them that describes itself in the language in use."""

    about: Message
    examples: list[str]

    def lists(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the title of each list in the help, with its rows."""
        raise NotImplementedError

    def words(self) -> Iterator[str]:
        """Yield what follows the name in the line that says how it is used."""
        raise NotImplementedError

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence, whole: for lists, and for shells that complete."""
        del limit
        return str(self.about).partition(". ")[0].rstrip(".") + "."

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how it is used."""
        formatter.write_usage(ctx.command_path, " ".join(self.words()), prefix=f"{t('help-usage')} ")

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all that is to be known."""
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(str(self.about))
        for title, rows in self.lists():
            if rows:
                with formatter.section(t(title)):
                    formatter.write_dl(rows)
        with formatter.section(t("help-examples")):
            for example in self.examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")


class Entry(_Helped, click.Command):
    """One command."""

    def __init__(self, row: Command, program: Program) -> None:
        self._row, self._program, self.about = row, program, row.about
        self.rows = (*row.parameters, *((PASSPHRASE_FILE,) if row.keys else ()), AS_JSON)
        self.examples = [f"{PROGRAM} {row.path} {example}".rstrip() for example in row.examples]
        declared = [*map(_declared, self.rows), _eager("--help", _help)]
        super().__init__(row.path.rpartition(" ")[2], params=declared, add_help_option=False)
        self.callback = self._run

    def _run(self, *, as_json: bool, passphrase_file: Path | None = None, **given: Any) -> None:
        with use_language(ENGLISH if as_json else language()):
            printer = Printer(as_json=as_json)
            try:
                with Session(self._program, load_settings(), printer, passphrase_file) as session:
                    self._row.run(session, **given)
            except ApplianceError as error:
                printer.error(error)
                raise click.exceptions.Exit(1) from None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; those that are too many are wrong usage."""
        ctx.allow_extra_args = True
        left = super().parse_args(ctx, args)
        if left and not ctx.resilient_parsing:
            raise click.UsageError(t("usage-surplus", words=" ".join(left)), ctx)
        return left

    def words(self) -> Iterator[str]:
        """Yield the options and each argument."""
        yield t("help-usage-options")
        for row in self.rows:
            if not row.flag:
                name = row.name.upper() + ("..." if row.many else "")
                yield name if row.required else f"[{name}]"

    def lists(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield arguments and options."""
        yield "help-arguments", [_described(row) for row in self.rows if not row.flag]
        options = [_described(row) for row in self.rows if row.flag]
        yield "help-options", [*options, ("--help", t("option-help"))]


class Group(_Helped, click.Group):
    """Commands that belong together; the one without a name is the program."""

    def __init__(self, path: str) -> None:
        self._path, self.about = path, message(f"help-group-{path}" if path else "help-appliance")
        flags = [_eager("--help", _help)] if path else [_eager("--version", _version), _eager("--help", _help)]
        super().__init__(path or PROGRAM, params=flags, no_args_is_help=True, add_help_option=False)

    def add(self, entry: "Entry | Group") -> None:
        """Add a command; the group's examples begin with the first of each."""
        self.add_command(entry)
        entries = [each for each in self.commands.values() if isinstance(each, Entry)]
        self.examples = [example for each in entries for example in each.examples[:1]]

    def words(self) -> Iterator[str]:
        """Yield that a command follows."""
        yield t("help-usage-command")

    def lists(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield options and commands."""
        version = [] if self._path else [("--version", t("option-program-version"))]
        yield "help-options", [*version, ("--help", t("option-help"))]
        yield "help-commands", [(name, each.get_short_help_str()) for name, each in sorted(self.commands.items())]

    def main(  # type: ignore[override]  # always ends the process
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **more: Any
    ) -> NoReturn:
        """Run one command and end the process with its exit status."""
        del prog_name
        more["standalone_mode"] = False
        with use_language(preferred_language(os.environ)):
            try:
                status = super().main(args, PROGRAM, **more)
            except click.exceptions.NoArgsIsHelpError as error:
                sys.stderr.write(f"{error.message}\n")
                status = 2
            except click.UsageError as error:
                sys.stderr.write(_mistake(error))
                status = 2
            except click.Abort as error:
                sys.stderr.write(f"{t('usage-aborted')}\n")
                status = INTERRUPTED if isinstance(error.__cause__, KeyboardInterrupt) else 1
        sys.exit(status if isinstance(status, int) else 0)


def build_program(rows: Mapping[str, Command], program: Program) -> click.Group:
    """Return the program with these commands."""
    root = Group("")
    for path, row in rows.items():
        parent, (group, _, _name) = root, path.rpartition(" ")
        if group and group not in root.commands:
            root.add(Group(group))
        if group:
            parent = cast(Group, root.commands[group])
        parent.add(Entry(row, program))
    return root


def _declared(row: Parameter) -> click.Parameter:
    more: dict[str, Any] = {"type": click.BOOL if row.type is bool else _Type(row.type, row.choices)}
    more["required"] = row.required
    if not row.flag:
        return click.Argument([row.name], nargs=-1 if row.many else 1, **more)
    more |= {} if row.required else {"default": row.default}
    if row.type is bool:
        flags = f"{row.flag}/--no-{row.flag.lstrip('-')}" if row.default else row.flag
        return click.Option([flags, row.name], is_flag=True, **more)
    return click.Option([row.flag, row.name], multiple=row.many, **more)


def _described(row: Parameter) -> tuple[str, str]:
    """Return how a parameter is written, and what it means."""
    what = row.flag or row.name.upper()
    if row.type is bool and row.default:
        what = f"{row.flag} / --no-{row.flag.lstrip('-')}"
    elif row.flag and row.type is not bool:
        what += " " + ("|".join(row.choices) or t(f"metavar-{row.type.__name__.lower()}"))
    return what, " ".join([str(row.about), *_notes(row)])


def _notes(row: Parameter) -> Iterator[str]:
    if row.many:
        yield t("help-many")
    if row.flag and row.required:
        yield t("help-required")
    if row.type is not bool and row.default not in {None, ""}:
        yield t("help-default", value=str(row.default))


def _hint(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.name or "").upper() if param is not None else ""


def _mistake(error: click.UsageError) -> str:
    """Return what is said of wrong usage."""
    lines = []
    if error.ctx is not None:
        lines = [error.ctx.get_usage(), t("usage-help", command=error.ctx.command_path), ""]
    return "\n".join([*lines, _mistake_sentence(error), ""])


def _mistake_sentence(error: click.UsageError) -> str:
    match error:
        case click.MissingParameter():
            said = t("usage-missing", name=_hint(error.param))
        case click.exceptions.NoSuchOption():
            said = t("usage-no-option", name=error.option_name)
        case click.exceptions.NoSuchCommand():
            said = t("usage-no-command", name=error.command_name)
        case click.BadOptionUsage():
            said = t("usage-option-value", name=error.option_name)
        case click.BadParameter():
            said = t("usage-value", name=_hint(error.param))
        case _:
            said = error.message
    close = getattr(error, "possibilities", None)
    return f"{said} {t('usage-close', names=tuple(close))}" if close else said


def _eager(flag: str, show: Callable[[click.Context, click.Parameter, bool], None]) -> click.Parameter:
    return click.Option([flag], is_flag=True, is_eager=True, expose_value=False, callback=show)


def _help(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help())
        ctx.exit()


def _version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(t("done-version", version=__version__))
        ctx.exit()


def build_commands(program: Program) -> click.Group:
    """Return the `appliance` command."""
    for module in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}."):
        if module.name.endswith("_commands"):
            importlib.import_module(module.name)
    return build_program(COMMANDS, program)
