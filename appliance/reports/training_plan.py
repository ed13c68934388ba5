"""What a planned training will take, in plain words."""

from typing import Any

_METHODS = {
    "qlora": "an adapter on a 4-bit model (QLoRA)",
    "lora": "an adapter (LoRA)",
    "full": "the whole model",
    "last-layers": "the last",
}
LEAST_SHARE = 1e-5  # of the original's operations: what is less is said to be less
SHOWN_BYTES = 1e6  # what holds less is not worth a word
MEMORY_PARTS = {
    "runtime": "programs",
    "mapped": "its file (given back if needed)",
    "weights": "the model",
    "adapters": "what learns",
    "gradients": "its gradients",
    "optimiser": "its optimiser",
    "activations": "working memory",
}


def plan_report(plan: dict[str, Any]) -> str:
    """Return the plan on one screen."""
    settings, memory = plan["settings"], plan["memory"]
    parts = ", ".join(
        f"{said} {_bytes(memory[name])}" for name, said in MEMORY_PARTS.items() if memory[name] >= SHOWN_BYTES
    )
    lines = [
        f"It trains {method_sentence(settings)}: {plan['trained']:,} numbers, in {plan['steps']:,} steps of "
        f"{settings['batch_size']} rows.",
        f"  {plan['batch']} {passes_sentence(plan['accumulation'], settings['pass_tokens'])}",
        f"  Time: {duration_range(plan['seconds']['low'], plan['seconds']['high'])}.",
        f"  Memory: {_bytes(memory['low'])} to {_bytes(memory['high'])} of {_bytes(plan['available_bytes'])} "
        f"({parts}).",
        f"  Disk: {_bytes(plan['disk_bytes'])} for checkpoints and the result.",
        f"  Operations: {flop_sentence(plan['flop'])}.",
    ]
    return "\n".join([*lines, *(f"  {sentence}" for sentence in plan["advice"])])


def method_sentence(settings: dict[str, Any]) -> str:
    """Return what learns, with its options in brackets."""
    if settings["method"] == "last-layers":
        head = " and the head" if settings["train_head"] else ""
        count = settings["last_layers"]
        return f"the last {count} layer{'s' if count != 1 else ''}{head}"
    options = [name for name, asked in (("rsLoRA", settings["use_rslora"]), ("DoRA", settings["use_dora"])) if asked]
    rank = "" if settings["method"] == "full" else f" of rank {settings['rank']}"
    return _METHODS[settings["method"]] + rank + (f" with {' and '.join(options)}" if options else "")


def passes_sentence(accumulation: int, pass_tokens: int) -> str:
    """Return in how many passes a step is computed."""
    if accumulation == 1:
        return f"Each step is computed in one pass (up to {pass_tokens:,} tokens)."
    return (
        f"Each step is computed in {accumulation} passes of up to {pass_tokens:,} tokens, whose gradients add up: "
        "that is what fits."
    )


def flop_sentence(flop: dict[str, Any]) -> str:
    """Return the operations of a training, and their share of the base model's (EU AI Act, article 53)."""
    share = flop["base_share"]
    if share is None:
        known = "what its original took is not known"
    elif share < LEAST_SHARE:
        known = f"less than {100 * LEAST_SHARE:g} % of what its original was trained with"
    else:
        known = f"{100 * share:.1g} % of what its original was trained with"
    return f"{flop['total']:.1e} FLOP ({known})"


def duration(seconds: float) -> str:
    """Return a time roughly, in the unit that people would take."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(1, round(seconds))} {'seconds' if seconds >= 1.5 else 'second'}"


def duration_range(low: float, high: float) -> str:
    """Return a span of time, the unit once where both have it."""
    first, last = duration(low), duration(high)
    if first == last:
        return f"about {first}"
    number, unit = first.split()
    return f"{number} to {last}" if unit.rstrip("s") in last else f"{first} to {last}"


def _bytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
