"""Simulated launchers, and a home that they filled."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cheap_argon2 import cheap_argon2
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import settings
from plays import ORDINARY_PLAYS, TABLE, write_model
from simulated_launcher import Play, SimulatedLauncher, launchers, works
from world import World, build_world

from appliance.workers.channel import WorkerChannel

# Shared machines are slow at times, which is no fault: no example has to be done by a time.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

FULL_COST = {"test_keyring.py", "test_passwords.py", "test_slots.py", "test_vault.py"}


@pytest.fixture(scope="session", autouse=True)
def cheap_keys() -> Iterator[None]:
    """Derive keys from passwords at the least cost."""
    with cheap_argon2():
        yield


@pytest.fixture(scope="module", autouse=True)
def keys_at_full_cost(request: pytest.FixtureRequest) -> Iterator[None]:
    """Derive them as the product does where the cost is a promise."""
    with cheap_argon2(Argon2id) if request.path.name in FULL_COST else contextlib.nullcontext():
        yield


@pytest.fixture
def simulate() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    """Return a function that makes simulated launchers; what they started is over at the end of the test."""
    yield from launchers()


@pytest.fixture(scope="module")
def module_launcher() -> Iterator[Callable[[Play | dict[str, Play]], SimulatedLauncher]]:
    """Do the same for a module's tests together."""
    yield from launchers()


@pytest.fixture(scope="session")
def worker_frame() -> Callable[[Callable[[WorkerChannel, Any], Any]], Play]:
    """Return `works`."""
    return works


@pytest.fixture(scope="session")
def ordinary_plays() -> dict[str, Play]:
    """Return how each kind of worker is played when all goes well."""
    return dict(ORDINARY_PLAYS)


@pytest.fixture(scope="session")
def model_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a small model that the import accepts."""
    return write_model(tmp_path_factory.mktemp("source") / "tiny")


@pytest.fixture(scope="session")
def table() -> bytes:
    """Give a small table with a canary in every answer."""
    return TABLE.encode()


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
    module_launcher: Callable[[Any], Any],
    ordinary_plays: dict[str, Any],
    model_source: Path,
    table: bytes,
) -> Iterator[World]:
    """One home a module."""
    made = build_world(tmp_path_factory.mktemp("world"), module_launcher(ordinary_plays), model_source, table)
    yield made
    made.appliance.close()
