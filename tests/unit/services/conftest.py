"""The world of ../conftest.py, with its ordinary workers in every test."""

from collections.abc import Iterator
from typing import Any

import pytest
from canary_scan import scan as canary_scan


@pytest.fixture(autouse=True)
def ordinary_workers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put the ordinary workers back after each test."""
    yield
    if "world" in request.fixturenames:
        found: Any = request.getfixturevalue("world")
        found.switch.current = found.switch.ordinary


@pytest.fixture(scope="session")
def scan() -> Any:
    """Return the canary scan of the integration tests."""
    return canary_scan
