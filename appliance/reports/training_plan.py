"""What a planned training will take, in plain words."""

from typing import Any

_METHODS = {
    "qlora": "an adapter on a 4-bit model (QLoRA)",
    "lora": "an adapter (LoRA)",
    "full": "the whole model",
    "last-layers": "the last",
}
MEMORY_PARTS = {
    "runtime": "programs",
    "weights": "the model",
    "adapters": "what learns",
    "gradients": "its gradients",
    "optimiser": "its optimiser",
    "activations": "working memory",
}


def plan_report(plan: dict[str, Any]) -> str:
    """Return the plan on one screen."""
    settings, memory = plan["settings"], plan["memory"]
    parts = ", ".join(f"{said} {_bytes(memory[name])}" for name, said in MEMORY_PARTS.items() if memory[name])
    lines = [
        f"It trains {method_sentence(settings)}: {plan['trained']:,} numbers, in {plan['steps']:,} steps of {settings['batch_size']} rows.",
        f"  Time: {duration(plan['seconds']['low'])} to {duration(plan['seconds']['high'])}.",
        f"  Memory: {_bytes(memory['low'])} to {_bytes(memory['high'])} of {_bytes(plan['available_bytes'])} ({parts}).",
        f"  Disk: {_bytes(plan['disk_bytes'])} for checkpoints and the result.",
        f"  Operations: {flop_sentence(plan['flop'])}.",
    ]
    return "\n".join([*lines, *(f"  {sentence}" for sentence in plan["advice"])])


def method_sentence(settings: dict[str, Any]) -> str:
    """Return what learns, with its options in brackets."""
    if settings["method"] == "last-layers":
        head = " and the head" if settings["train_head"] else ""
        return f"the last {settings['last_layers']} layers{head}"
    options = [name for name, asked in (("rsLoRA", settings["use_rslora"]), ("DoRA", settings["use_dora"])) if asked]
    rank = "" if settings["method"] == "full" else f" of rank {settings['rank']}"
    return _METHODS[settings["method"]] + rank + (f" with {' and '.join(options)}" if options else "")


def flop_sentence(flop: dict[str, Any]) -> str:
    """Return the operations of a training, and their share of the base model's (EU AI Act, article 53)."""
    share = flop["base_share"]
    known = f"{100 * share:.1g} % of what its original was trained with" if share is not None else "its original's are not known"
    return f"{flop['total']:.1e} FLOP, {known}"


def duration(seconds: float) -> str:
    """Return a time roughly, in the unit that people would take."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(1, round(seconds))} seconds"


def _bytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
