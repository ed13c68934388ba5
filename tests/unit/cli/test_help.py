"""Help is whole in each language: what a command is for, each parameter, and examples that the parser accepts."""

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from catalogue_scan import CATALOGUES, catalogue, strings_in_code

from appliance.cli.command_table import COMMANDS as ROWS
from appliance.cli.interface import Group, build_commands, preferred_language
from appliance.foundation.messages import LANGUAGES, t, use_language
from appliance.foundation.roles import ROLES
from appliance.planning.training_settings import SETTINGS

CLI = Path(__file__).resolve().parents[3] / "appliance" / "cli"
MESSAGE_ID = re.compile(r"\b(?:help|option|metavar|setting|done|empty|heading)-[a-z]")
SAME = {"help-appliance", "option-shell"}  # whose German may be its English


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its words, groups too."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


COMMANDS = dict(walk(build_commands(None)))  # type: ignore[arg-type]
LEAVES = {path: command for path, command in COMMANDS.items() if not isinstance(command, Group)}


def help_of(path: tuple[str, ...]) -> str:
    """Return the help of a command in the language in use, unwrapped."""
    context = click.Context(COMMANDS[path], info_name=" ".join(("appliance", *path)))
    return " ".join(COMMANDS[path].get_help(context).split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_described_in_every_language(path: tuple[str, ...], language: str) -> None:
    """What it is for, each parameter and the examples; no name of a message and no gap is left standing."""
    command = COMMANDS[path]
    with use_language(language):
        shown = help_of(path)
        for said in (command.about, *(row.about for row in getattr(command, "rows", ()))):
            assert str(said) in shown
            assert re.search(r"[.?]$", str(said)), said
        assert t("help-examples") in shown
    assert not MESSAGE_ID.search(shown), shown
    assert "{$" not in shown


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_german_help_is_not_english(path: tuple[str, ...]) -> None:
    """Every sentence of it is another one."""
    command = COMMANDS[path]
    for said in (command.about, *(row.about for row in getattr(command, "rows", ()))):
        with use_language("de"):
            assert str(said) != said.english or said.id in SAME, said.id
    with use_language("de"):
        assert not re.search(r"\b(Options|Arguments|Commands|Usage|Examples|default|required)\b", help_of(path))


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_the_parser_takes_every_example(path: tuple[str, ...]) -> None:
    """Each command has one, and it is a call of that command."""
    assert LEAVES[path].examples
    for example in LEAVES[path].examples:
        words = shlex.split(example.partition(" < ")[0])
        assert words[: 1 + len(path)] == ["appliance", *path]
        context = LEAVES[path].make_context(path[-1], words[1 + len(path) :])
        for row in LEAVES[path].rows:
            assert not row.choices or context.params[row.name] in {"", *row.choices}


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in LEAVES], ids=" ".join)
def test_a_group_shows_an_example_of_each_of_its_commands(path: tuple[str, ...]) -> None:
    inside = [each for each in COMMANDS[path].commands.values() if not isinstance(each, Group)]
    assert COMMANDS[path].examples == [each.examples[0] for each in inside]


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_the_options_of_a_training_are_the_settings(command: str) -> None:
    """With the flag, type and help of their row; a range in both languages."""
    rows = {row.name: row for row in LEAVES[(command,)].rows}
    for setting in SETTINGS:
        if command == "sweep" and (setting.name == "rank" or not setting.has("auto")):
            assert setting.name not in rows
            continue
        row = rows[setting.name]
        assert (row.flag, row.type) == (setting.flag, setting.type)
        assert setting.help.english in row.about.english
    assert rows["method"].default == "auto"
    with use_language("de"):
        assert "Von 0,000001 bis 0,1." in str(rows["learning_rate"].about)


def test_the_program_speaks_german_when_told(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the setting before the locale; JSON and its errors stay English."""
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert shell("--help").stdout.startswith("Aufruf: appliance")
    assert "Hier gibt es noch kein Home." in shell("status", expect=1).stderr
    assert "There is no home here yet." in shell("status", "--json", expect=1).stderr
    assert "Den Befehl „tarin“ gibt es nicht. Meinten Sie train?" in shell("tarin", expect=2).stderr
    assert "--model fehlt." in shell("train", "--dataset", "x", expect=2).stderr
    monkeypatch.setenv("APPLIANCE_LANGUAGE", "en")
    assert shell("--help").stdout.startswith("Usage: appliance")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_AT", "LC_ALL": "C"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8", "APPLIANCE_LANGUAGE": "de"}, "de"),
        ({"LANG": "de_DE", "APPLIANCE_LANGUAGE": "en"}, "en"),
        ({"LC_MESSAGES": "de", "LANG": "en_US"}, "de"),
    ],
)
def test_the_setting_comes_before_the_locale(environment: dict[str, str], language: str) -> None:
    assert preferred_language(environment) == language


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: Any, shell_name: str) -> None:
    """It needs no home, and the shell that is installed reads it without a mistake."""
    script = shell("completion", shell_name).stdout
    assert "_APPLIANCE_COMPLETE" in script
    assert shell.json("completion", shell_name) == {"shell": shell_name, "script": script}
    if shell_name == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_a_shell_that_is_not_known_is_refused(shell: Any) -> None:
    assert shell.refused("completion", "tcsh")["code"] == "completion.shell"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("appliance da", {"dataset"}),
        ("appliance dataset sh", {"show", "shred"}),
        ("appliance train --method l", {"lora", "last-layers"}),
        ("appliance train --pre", {"--preset"}),
        ("appliance completion z", {"zsh"}),
    ],
)
def test_words_are_completed(shell: Any, monkeypatch: pytest.MonkeyPatch, words: str, found: set[str]) -> None:
    """Commands, options and what can be chosen."""
    monkeypatch.setenv("_APPLIANCE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    lines = shell().stdout.splitlines()
    assert {line.partition(",")[2] for line in lines} == found


# Words of people are in the catalogues.

TWO_WORDS = re.compile(r"[A-Za-zÄÖÜäöüß]{2,} [A-Za-zÄÖÜäöüß]{2,}")
SHOWING = {
    "echo",
    "result",
    "note",
    "add_column",
    "TextColumn",
    "getpass",
    "UsageError",
    "add_task",
    "write_dl",
    "section",
}
NOT_FOR_PEOPLE = {
    "after recovery",  # the name of a slot, which is stored
    "{task.description}",  # a field of the progress bar
}
PATHS_AND_COLUMNS = {"command", "deed", "listing"}


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the text constants that a person might read: no docstrings, errors of developers, paths or examples."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            skipped |= {id(each) for each in ast.walk(node.body[0])}
        name = _called(node)
        if isinstance(node, ast.Call) and name in PATHS_AND_COLUMNS:
            texts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "examples")]
            skipped |= {id(each) for text in texts if not isinstance(text, ast.Call) for each in ast.walk(text)}
        if (isinstance(node, ast.Call) and name in {"ValueError"}) or isinstance(node, ast.Assert):
            skipped |= {id(each) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            if TWO_WORDS.search(node.value):
                yield node.lineno, node.value
        elif isinstance(node, ast.Call) and _called(node) in SHOWING:
            for given in (*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "overflow")):
                if (
                    isinstance(given, ast.Constant)
                    and isinstance(given.value, str)
                    and re.search("[A-Za-z]", given.value)
                ):
                    yield node.lineno, given.value


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


@pytest.mark.parametrize("path", sorted(CLI.glob("*.py")), ids=lambda path: path.stem)
def test_no_text_for_people_is_in_the_code(path: Path) -> None:
    found = _literals(ast.parse(path.read_text(encoding="utf-8")))
    assert [(line, text) for line, text in found if text not in NOT_FOR_PEOPLE] == []


@pytest.mark.parametrize(
    "code",
    [
        'session.result(x, "Done.")',
        'progress.add_task("Working")',
        'told = f"The vault is {state}."',
        'click.echo("left")',
        'opt("name", help="What to call it")',
        'command("x y", opt("z", help="Some words"), examples=("a b",))',
    ],
)
def test_the_scan_finds_what_it_is_for(code: str) -> None:
    assert list(_literals(ast.parse(code)))


def test_no_role_is_compared() -> None:
    """Who may do what is a matter of the rules."""
    for path in CLI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            compared = ast.walk(node) if isinstance(node, ast.Compare | ast.match_case) else ()
            assert not [each for each in compared if isinstance(each, ast.Constant) and each.value in ROLES], path.name


def test_no_file_is_long_and_none_reaches_the_tables() -> None:
    for path in CLI.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert len(source.splitlines()) <= 400
        assert not re.search(
            r"^(from|import) (sqlalchemy|appliance\.\w+\.tables)|appliance\.vault\.database", source, re.M
        )


@pytest.mark.slow
def test_no_message_of_the_command_line_is_left_over() -> None:
    """Each follows from a row, or stands in the code."""
    written = strings_in_code()
    named = {each.replace(".", "-").replace(":", "-") for each in written} | {
        word for each in written for word in each.split()
    }
    rows = [*ROWS.values(), *(row for command in LEAVES.values() for row in command.rows)]
    of_rows = {row.about.id for row in rows} | {command.about.id for command in COMMANDS.values()}
    families = {
        "help-": of_rows,
        "option-": of_rows,
        "done-": {f"done-{path.replace(' ', '-')}" for path in ROWS},
        "empty-": {f"empty-{path.replace(' ', '-')}" for path in ROWS},
        "heading-": {f"heading-{word}" for word in named},
        "layer-": {f"layer-{word}" for word in named},
        "metavar-": {f"metavar-{kind}" for kind in ("int", "float", "str", "path")},
        "usage-": {"usage-int", "usage-float"},
    }
    english, german = catalogue("en"), catalogue("de")
    for name in english:
        family = next((each for each in families if name.startswith(each)), None)
        assert family is None or name in families[family] | named, name
    files = [CATALOGUES / "en" / f"{name}.ftl" for name in ("cli", "evidence", "start")]
    ours = {name for file in files for name in re.findall(r"^([a-z][\w-]*) =", file.read_text("utf-8"), re.M)}
    assert {name: german.get(name) for name in ours} == {name: english[name] for name in ours}
