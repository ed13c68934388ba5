"""What a planned training will do and take, in plain words."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from appliance.foundation.formats import rounded_duration
from appliance.foundation.json_records import read
from appliance.foundation.messages import Message, message
from appliance.planning.training_settings import TrainingSettings
from appliance.planning.work import Flop

LEAST_SHARE = 1e-5  # of the original's operations: a smaller share is only said to be smaller
SHOWN_BYTES = 1e6  # parts that hold less are not mentioned
MEMORY_PARTS: Mapping[str, str] = MappingProxyType(
    {
        name: f"plan-part-{name}"
        for name in ("runtime", "mapped", "weights", "adapters", "gradients", "optimiser", "activations")
    }
)


def plan_report(plan: dict[str, Any]) -> str:
    """Return the plan on one screen. `plan` is what `train.plan` answers."""
    memory, planned = plan["memory"], plan["settings"]
    settings = read(TrainingSettings, {each.name: planned[each.name] for each in fields(TrainingSettings)})
    parts = tuple(
        message("plan-part-bytes", part=message(said), bytes=memory[name])
        for name, said in MEMORY_PARTS.items()
        if memory[name] >= SHOWN_BYTES
    )
    method, rows = method_sentence(settings), settings.batch_size
    passes = passes_sentence(plan["accumulation"], plan["settings"]["pass_tokens"])
    available = plan["available_bytes"]
    lines: list[Message | str] = [
        message("plan-report-training", method=method, trained=plan["trained"], steps=plan["steps"], rows=rows),
        f"{plan['batch']} {passes}",
        message("plan-report-time", time=duration_range(plan["seconds"]["low"], plan["seconds"]["high"])),
        message("plan-report-memory", low=memory["low"], high=memory["high"], available=available, parts=parts),
        message("plan-report-disk", bytes=plan["disk_bytes"]),
        message("plan-operations", operations=flop_sentence(Flop(**plan["flop"]))),
        *plan["advice"],
    ]
    return "\n  ".join(map(str, lines))


def method_sentence(settings: TrainingSettings) -> Message:
    """Return what is trained."""
    if settings.method == "last-layers":
        head = "-and-head" if settings.train_head else ""
        return message(f"plan-method-last-layers{head}", count=settings.last_layers)
    if settings.method == "full":
        return message("plan-method-full")
    adapter = message(f"plan-method-{settings.method}", rank=settings.rank)
    chosen = (("rsLoRA", settings.use_rslora), ("DoRA", settings.use_dora))
    options = tuple(name for name, is_used in chosen if is_used)
    return message("plan-method-with", method=adapter, options=options) if options else adapter


def passes_sentence(accumulation: int, pass_tokens: int) -> Message:
    """Return in how many passes a step is computed."""
    if accumulation == 1:
        return message("plan-one-pass", tokens=pass_tokens)
    return message("plan-passes", passes=accumulation, tokens=pass_tokens)


def flop_sentence(flop: Flop) -> Message:
    """Return the operations of a training, and their share of the base model's (EU AI Act, article 53)."""
    mantissa, exponent = in_scientific_notation(flop.total)
    total = message("plan-flop", mantissa=mantissa, exponent=exponent)
    if flop.base_share is None:
        return message("plan-flop-unknown", total=total)
    if flop.base_share < LEAST_SHARE:
        return message("plan-flop-least", total=total, percent=100 * LEAST_SHARE)
    return message("plan-flop-share", total=total, percent=float(f"{100 * flop.base_share:.1g}"))


def in_scientific_notation(number: float) -> tuple[float, int]:
    """Return the mantissa, with two digits, and the exponent of a number."""
    mantissa, _, exponent = f"{number:.1e}".partition("e")
    return float(mantissa), int(exponent)


def duration_range(low: float, high: float) -> Message:
    """Return a span of time, with its unit once where both ends have the same."""
    first, last = rounded_duration(low), rounded_duration(high)
    if first == last:
        return message("plan-duration-about", seconds=high)
    if first[1] == last[1]:
        return message("plan-duration-number", low=first[0], high=high)
    return message("plan-duration-range", low=low, high=high)
