"""What a worker may open and take: exactly what its order needs."""

from typing import Any

from appliance.services.grants import LEAST_MEMORY_BYTES, model_memory
from appliance.services.models.chat import ChatDesk


def test_a_model_that_was_trained_here_answers_here(world: Any, simulate: Any, ordinary_plays: Any) -> None:
    """A chat gets of this machine's memory what a training gets. Jobs: test_job_kinds.py."""
    world.switch.current = launcher = simulate(ordinary_plays)
    world.do("chat", adapter_id=world.ids["adapter"], prompt="Hello?")
    world.appliance.context.part(ChatDesk).close()
    (asked,) = [each for each in launcher.asked if each["kind"] == "serve"]
    assert asked["memory_bytes"] == model_memory(world.context) >= LEAST_MEMORY_BYTES
