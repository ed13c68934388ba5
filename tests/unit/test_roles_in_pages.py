"""Pages and commands ask the rules; none of them knows a role by its name."""

import ast
from pathlib import Path

import pytest

from appliance.foundation.roles import ROLES

PACKAGE = Path(__file__).parents[2] / "appliance"


def role_names(source: str) -> list[str]:
    """Return the names of roles with which Python code compares something."""
    compared = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare)]
    words = [node for each in compared for node in ast.walk(each) if isinstance(node, ast.Constant)]
    return [word.value for word in words if word.value in ROLES]


@pytest.mark.parametrize("part", ["web", "cli"])
def test_no_role_is_compared(part: str) -> None:
    """What somebody is offered follows from `operations.may`, so that a new role is a row and a rule."""
    files = sorted((PACKAGE / part).rglob("*.py"))
    assert files
    assert {str(path): names for path in files if (names := role_names(path.read_text(encoding="utf-8")))} == {}


def test_a_role_that_is_compared_is_seen() -> None:
    assert role_names('shown = caller.role == "auditor"') == ["auditor"]
    assert role_names('shown = caller.role in {"admin", role}') == ["admin"]
