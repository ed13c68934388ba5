"""What holds for every file: source files stay short, and every test asserts something."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAX_LINES = 400
# What helpers that assert are called; those of pytest and Hypothesis too.
ASSERTING = ("verify", "assert", "await_that", "wait_for", "raises", "warns", "fail", "run_state_machine_as_test")


def _called(function: ast.AST) -> set[str]:
    """Return the names of what a function calls, of methods the last part."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {call.id if isinstance(call, ast.Name) else getattr(call, "attr", "") for call in calls}


def _raises_on_failure(node: ast.AST) -> bool:
    """Tell whether a process is run that must succeed."""
    return isinstance(node, ast.keyword) and node.arg == "check" and getattr(node.value, "value", False) is True


def asserting_nothing(source: str) -> list[str]:
    """Return the tests of a file that assert nothing, neither themselves nor in a helper of the file."""
    functions = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    sure: set[str] = set()
    while True:
        found = {
            name
            for name, node in functions.items()
            if any(isinstance(each, ast.Assert) or _raises_on_failure(each) for each in ast.walk(node))
            or any(called in sure or called.lstrip("_").startswith(ASSERTING) for called in _called(node))
        }
        if found == sure:
            return [name for name in functions if name.startswith("test_") and name not in sure]
        sure = found


def test_no_source_file_is_long() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "appliance").rglob("*.py")}
    assert len(lengths) > 200
    assert {str(path): length for path, length in lengths.items() if length > MAX_LINES} == {}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_test_asserts_something(path: Path) -> None:
    assert asserting_nothing(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("body", "asserts"),
    [
        ("work()", False),
        ("assert work()", True),
        ("with pytest.raises(ValueError):\n        work()", True),
        ("verify_whole(work())", True),
        ("helper()", True),
        ("other()", False),
        ("subprocess.run(work, check=True)", True),
        ("subprocess.run(work, check=False)", False),
    ],
)
def test_a_test_without_an_assertion_is_found(body: str, asserts: bool) -> None:
    source = f"def test_x():\n    {body}\n\ndef helper():\n    assert work()\n\ndef other():\n    work()\n"
    assert asserting_nothing(source) == ([] if asserts else ["test_x"])
