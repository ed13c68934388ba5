"""The documentation is complete and agrees with the code: what it lacks fails here, and so does a dead link."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance import __version__
from appliance.audit import EVENTS, events_page
from appliance.cli.interface import build_commands
from appliance.entrypoint import LocalProgram
from appliance.foundation.roles import ROLES
from appliance.planning.training_settings import SETTINGS
from appliance.policy import Limits

ROOT = Path(__file__).resolve().parents[3]
GUIDES = ROOT / "ops" / "guides"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("ops/**/*.md")])
CURRENT = [page for page in PAGES if page.parent.name != "decisions"]  # a decision cites the code of its day
SOURCES = [
    path
    for folder in ("appliance", "policies", "ops", "tests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".cedar", ".toml", ".ftl", ".js", ".css"}
]
MAX_README_LINES = 120
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CITED_PATH = re.compile(
    r"`((?:appliance|tests|ops|policies|services|web|workers|jobs|datasets|training|vault|audit)/[\w./-]+)`"
)
CITED_PAGE = re.compile(r"(?<![\"/])\b([A-Z][A-Z_-]+\.md)(?:, ([A-Z][a-z][\w-]*(?: [a-z]+)*))?")


def text_of(*names: str) -> str:
    """Return the text of guides."""
    return "\n".join((GUIDES / f"{name}.md").read_text(encoding="utf-8") for name in names)


def name_of(path: Path) -> str:
    """Return a file's path within the repository."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_something(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_paths_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert [name for name in re.findall(r"\btest_\w+\.py\b", text) if name not in tests] == []
    paths = CITED_PATH.findall(text)
    assert [path for path in paths if not (ROOT / path).exists() and not (ROOT / "appliance" / path).exists()] == []


def test_pages_that_the_code_cites_are_there_with_their_sections() -> None:
    wrong = []
    for path in SOURCES:
        for page, section in CITED_PAGE.findall(path.read_text(encoding="utf-8")):
            there = ROOT / page if (ROOT / page).exists() else path.parent / page
            if not there.exists() or (section and f"\n## {section}" not in there.read_text(encoding="utf-8")):
                wrong.append(f"{name_of(path)}: {page}, {section}")
    assert wrong == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


def commands(group: Any, words: tuple[str, ...] = ("appliance",)) -> Iterator[str]:
    """Enumerate the commands, each with the words that it takes to ask for it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        elif not command.hidden:
            yield " ".join((*words, name))


def test_every_command_is_in_a_guide() -> None:
    built: Any = build_commands(LocalProgram())
    every = list(commands(built))
    assert len(every) > 50
    text = text_of("operator", "trainer", "auditor") + (ROOT / "README.md").read_text(encoding="utf-8")
    there = " ".join(text.split())
    assert [command for command in every if not re.search(rf"{command}\b(?!-)", there)] == []


def test_every_training_setting_is_in_the_trainers_guide() -> None:
    assert [row.flag for row in SETTINGS if f"`{row.flag}`" not in text_of("trainer")] == []


def environment_variables() -> set[str]:
    """Return the variables that the product reads: constants of their form, and what `os.environ` is asked for."""
    found = set()
    for path in (ROOT / "appliance").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\A(APPLIANCE_[A-Z_]+)\Z", node.value))
            asked = node.args if isinstance(node, ast.Call) and "environ" in ast.unparse(node.func) else []
            found |= {word.value for word in asked[:1] if isinstance(word, ast.Constant) and word.value.isupper()}
    return found


def test_every_environment_variable_is_in_the_operators_guide() -> None:
    variables = environment_variables()
    assert {"APPLIANCE_HOME", "CREDENTIALS_DIRECTORY"} <= variables
    assert [name for name in sorted(variables) if f"`{name}`" not in text_of("operator")] == []


def test_every_limit_is_in_the_operators_guide() -> None:
    limits = [f"{section}.{name}" for section, part in Limits() for name, _ in part]
    assert len(limits) > 8
    assert [name for name in limits if f"`{name}`" not in text_of("operator")] == []


def test_every_role_is_in_the_operators_guide() -> None:
    assert [role for role in ROLES if f"\n| `{role}` |" not in text_of("operator")] == []


def test_every_event_is_in_the_table_of_events() -> None:
    page = (ROOT / "ops" / "audit-events.md").read_text(encoding="utf-8")
    assert page == events_page()
    assert [action for action in EVENTS if f"| `{action}` |" not in page] == []


def test_the_changelog_begins_with_the_version_that_the_command_prints() -> None:
    versions = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M
    )
    assert versions == sorted(versions, key=lambda version: tuple(map(int, version.split("."))), reverse=True)
    command = [Path(sys.executable).with_name("appliance"), "version"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert printed.stdout == f"appliance {versions[0]}\n"
    assert versions[0] == __version__


DECISIONS = sorted((ROOT / "ops" / "decisions").glob("[0-9]*.md"))
FORM = re.compile(
    r"# (?P<number>\d{4})\. (?P<title>[^\n]+)\n\nDate: \d{4}-\d\d-\d\d\nStatus: (?:accepted|replaced by \d{4})\n\n"
    r"## Context\n\n.+?\n\n(?:## Options\n\n.+?\n\n)?## Decision\n\n.+?\n\n## Consequences\n\n.+\Z",
    re.DOTALL,
)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_the_form_of_the_others(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    form = FORM.fullmatch(text)
    assert form
    assert form["number"] == page.name[:4]
    assert len(re.findall(r"^## ", text, re.M)) <= 4


def test_the_index_of_decisions_lists_each_with_its_title() -> None:
    lines = []
    for page in DECISIONS:
        text = page.read_text(encoding="utf-8")
        number, title = re.findall(r"\A# (\d+)\. (.+)", text)[0]
        date, status = re.findall(r"^Date: (.+)\nStatus: (.+)$", text, re.M)[0]
        lines.append(f"| [{number}]({page.name}) | {title} | {date} | {status} |")
    assert len({page.name[:4] for page in DECISIONS}) == len(DECISIONS)
    index = (ROOT / "ops" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [line for line in index.splitlines() if line.startswith("| [")] == lines
