"""Reads the source and the message catalogues: which messages the code says, with which parameters."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from appliance.foundation import errors

PACKAGE = Path(__file__).parents[2] / "appliance"
CATALOGUES = PACKAGE / "catalogues"
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
MAKERS = {"message", "t", "button"}
RESERVED = {"code", "entry"}  # of errors; never a message's


@dataclass(frozen=True)
class Said:
    """One place that says a message. `parameters` is None where they are not written out (`**values`)."""

    place: str
    identifier: str
    parameters: frozenset[str] | None


def said_in_code() -> Iterator[Said]:
    """Yield every call that makes a message out of a literal id: errors, `message`, `t`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first = node.args[0]
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if (name not in MAKERS and name not in ERRORS) or not isinstance(first, ast.Constant):
                continue
            if not isinstance(first.value, str):
                continue
            names = [keyword.arg for keyword in node.keywords]
            if name == "button":  # what is named is the button's
                names = []
            known = None if None in names else frozenset(each for each in names if each and each not in RESERVED)
            yield Said(f"{path.relative_to(PACKAGE)}:{node.lineno}", first.value, known)


def strings_in_code() -> frozenset[str]:
    """Return every string constant of the package: where a message's id may stand without a call around it."""
    return frozenset(
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def beginnings_in_code() -> frozenset[str]:
    """Return what the f-strings that name messages begin with: `f"dataset.not-text:{kind}"` says a family of them."""
    return frozenset(
        first.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr) and isinstance(first := node.values[0], ast.Constant)
        if isinstance(first.value, str) and first.value[-1:] in "-:." and len(first.value) > 3
    )


class _Variables(Visitor):  # type: ignore[misc]
    def __init__(self) -> None:
        self.names: set[str] = set()
        self.referred: set[str] = set()

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802 - the library's name
        self.names.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:  # noqa: N802
        self.referred.add(node.id.name)


def catalogue(language: str) -> dict[str, frozenset[str]]:
    """Return the messages of a language with their parameters. Raises `ValueError` for what is no Fluent syntax."""
    found: dict[str, frozenset[str]] = {}
    referred: dict[str, set[str]] = {}
    for path in sorted((CATALOGUES / language).glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            if isinstance(entry, ftl.Junk):
                raise ValueError(f"{path.name}: {entry.content[:80]!r}")
            if isinstance(entry, ftl.Message):
                if entry.id.name in found:
                    raise ValueError(f"{path.name}: {entry.id.name} is there twice")
                variables = _Variables()
                variables.visit(entry)
                found[entry.id.name], referred[entry.id.name] = frozenset(variables.names), variables.referred
    return {
        name: names.union(*(found.get(each, frozenset()) for each in referred[name])) for name, names in found.items()
    }
