"""What every test with Gradio's own objects needs."""

import asyncio
import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def close_forgotten_loops(runner: asyncio.Runner) -> Iterator[None]:
    """Close the event loops that Gradio makes in threads and forgets, so that a leak of our own is still an error."""

    def close() -> None:
        for found in gc.get_objects():
            if (
                issubclass(type(found), asyncio.BaseEventLoop)
                and found is not runner.get_loop()
                and not found.is_running()
            ):
                found.close()

    close()
    yield
    close()
