"""What was trained, how long it took, and whether it helped: one screen for somebody who never heard of a learning
rate.
"""

from typing import Any


def run_report(adapter: dict[str, Any], job: dict[str, Any]) -> str:
    """Return the report on one adapter from its row and its training job."""
    config, result, results = adapter["config"], job["result"], adapter["results"]
    lines = [f"{adapter['name']} ({adapter['id']})"]
    if "made_from" in config:
        lines.append(f"  Made from {config['made_from']}. {config['shrink']['sentence']}")
    else:
        lines.append(
            f"  Trained: {_method(adapter['method'])}, rank {adapter['rank']}, {config['epochs']} passes over the "
            "data, "
            f"in {_duration(result.get('seconds', 0))}."
        )
    if result.get("validation_loss") is not None:
        speed = f" {result['tokens_per_s']:.0f} tokens a second." if "tokens_per_s" in result else ""
        lines.append(f"  Loss on rows set aside: {result['validation_loss']:.3f} (smaller is better).{speed}")
    if "sweep" in config:
        lines.append(f"  {config['sweep']['sentence']}")
    elif "made_from" not in config:
        lines += [f"  {sentence}" for sentence in (result.get("sentence"), *result.get("stepped_down", [])) if sentence]
    if results.get("sentence"):
        lines.append(f"  {results['sentence']}")
        lines += [f"  {sentence}" for sentence in results.get("details", [])]
    else:
        lines.append("  Not measured yet: `appliance evaluate` asks it the held-out questions.")
    return "\n".join(lines)


def _method(name: str) -> str:
    return {"qlora": "an adapter on a 4-bit model (QLoRA)", "lora": "an adapter (LoRA)"}.get(name, name)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
