"""What a worker may open and take: exactly what its order needs."""

from typing import Any

import pytest

from appliance.services.grants import LEAST_MEMORY_BYTES, model_memory
from appliance.services.models.chat import ChatDesk


@pytest.mark.parametrize(
    ("operation", "worker", "parameters"),
    [("evaluate", "evaluate", {}), ("rank.explain", "ranks", {}), ("chat", "serve", {"prompt": "Hello?"})],
)
def test_a_model_that_was_trained_here_can_be_measured_here(
    world: Any, simulate: Any, ordinary_plays: Any, operation: str, worker: str, parameters: dict[str, str]
) -> None:
    """Every worker that loads a model gets of this machine's memory what a training gets, not a fixed number."""
    world.switch.current = launcher = simulate(ordinary_plays)
    world.do(operation, adapter_id=world.ids["adapter"], **parameters)
    world.appliance.run_queue()
    world.appliance.context.part(ChatDesk).close()
    (asked,) = [each for each in launcher.asked if each["kind"] == worker]
    assert asked["memory_bytes"] == model_memory(world.context) >= LEAST_MEMORY_BYTES
