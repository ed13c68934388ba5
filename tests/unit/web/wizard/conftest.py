"""The wizard laid out once, and people who open it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from driven_page import DrivenPage


@pytest.fixture(scope="module")
def opened(laid_out: Any, token: Any) -> Callable[..., DrivenPage]:
    """Open the wizard as somebody."""
    return lambda name, language="en": DrivenPage(laid_out("app", language), token(name))


@pytest.fixture
def wizard(opened: Any) -> DrivenPage:
    """The wizard as a trainer opens it."""
    page: DrivenPage = opened("anna")
    return page


@pytest.fixture
def send(world: Any) -> Callable[..., None]:
    """Send a file as the page's script does, by default the small table."""

    def give(wizard: DrivenPage, data: bytes = b"", name: str = "again.csv") -> None:
        wizard.turn_to("Data")
        wizard.receive("upload-received", json.dumps({"id": world.upload(data), "name": name}))

    return give
