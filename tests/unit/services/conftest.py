"""The world of ../conftest.py, with its ordinary workers in every test."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canary_scan import scan as canary_scan
from disk import Disk, back_up


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


@pytest.fixture(scope="module")
def backed_up(world: Any, tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """Back the world up."""
    recovery = world.context.vault.add_recovery("safe", 1)[1]
    folder = tmp_path_factory.mktemp("disk")
    return Disk(folder, back_up(world.appliance, folder), recovery)


@pytest.fixture
def disk(backed_up: Disk, tmp_path: Path) -> Disk:
    """Give a copy of the disk."""
    return Disk(Path(shutil.copytree(backed_up.folder, tmp_path / "disk")), backed_up.backup_id, backed_up.recovery)
