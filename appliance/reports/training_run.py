"""What was trained, how long it took, whether it helped: a screen for who never heard of a learning rate."""

from collections.abc import Iterator
from typing import Any

from appliance.foundation.messages import Message, message, verbatim
from appliance.planning.methods import METHODS


def run_report(adapter: dict[str, Any], job: dict[str, Any]) -> str:
    """Return the report on one adapter from its row and its training job, in the language in use."""
    title = message("run-title", name=adapter["name"], id=adapter["id"])
    return "\n".join([str(title), *(f"  {line}" for line in _lines(adapter, job["result"]))])


def _lines(adapter: dict[str, Any], result: dict[str, Any]) -> Iterator[str | Message]:
    config, found = adapter["config"], adapter["results"]
    if config.get("made_from"):
        yield message("run-made-from", adapter=config["made_from"], sentence=config["shrink"]["sentence"])
    else:
        yield _trained(adapter, config["epochs"], result.get("seconds", 0))
    if result.get("validation_loss") is not None:
        loss = message("run-loss", loss=result["validation_loss"])
        speed = message("run-speed", speed=round(result["tokens_per_s"])) if "tokens_per_s" in result else ""
        yield f"{loss} {speed}".rstrip()
    if config.get("sweep"):
        yield config["sweep"]["sentence"]
    elif not config.get("made_from"):
        yield from filter(None, (result.get("sentence"), *result.get("stepped_down", [])))
    if found.get("sentence"):
        yield from (found["sentence"], *found.get("details", []))
    else:
        yield message("run-not-measured")


def _trained(adapter: dict[str, Any], passes: int, seconds: float) -> Message:
    name = adapter["method"]
    method = message(f"run-method-{name}") if name in METHODS else verbatim(name)
    if not adapter["rank"]:
        return message("run-trained-without-rank", method=method, passes=passes, seconds=seconds)
    return message("run-trained", method=method, rank=adapter["rank"], passes=passes, seconds=seconds)
