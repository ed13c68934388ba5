"""Real homes with a real small model. They are made once; each test gets a copy of its own."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from driven_home import Home, Server, kill, write_table, write_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a tiny model."""
    folder = tmp_path_factory.mktemp("model") / "tiny"
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a small CSV with a canary in every row."""
    path = tmp_path_factory.mktemp("table") / "table.csv"
    write_table(path)
    return path


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, table: Path) -> Home:
    made = Home(tmp_path_factory.mktemp("prepared"))
    made("init")
    made.model = made("model", "import", str(tiny_model))["id"]
    made.dataset = made("dataset", "import", str(table))["id"]
    return made


@pytest.fixture
def new_home(tmp_path: Path, prepared: Home) -> Callable[..., Home]:
    """Give homes: with the model and the dataset, or none yet."""
    count = iter(range(100))

    def make(*, empty: bool = False) -> Home:
        return Home(tmp_path / f"case-{next(count)}", None if empty else prepared)

    return make


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    """Give a home with the tiny model and the table, and no command running on it."""
    return new_home()


@pytest.fixture
def running() -> Iterator[list[subprocess.Popen[str]]]:
    """Give a list; the commands that are put into it are over when the test is."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            kill(process)


@pytest.fixture
def serve(running: list[subprocess.Popen[str]]) -> Callable[..., Server]:
    """Start servers that are over when the test is."""

    def start(home: Home, **options: Any) -> Server:
        server = Server(home, **options)
        running.append(server.process)
        return server

    return start
