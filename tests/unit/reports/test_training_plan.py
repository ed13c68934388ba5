"""A plan is said in words, in the reader's language."""

from typing import Any

import pytest

from appliance.foundation.messages import use_language
from appliance.planning.training_settings import TrainingSettings
from appliance.planning.work import Flop
from appliance.reports.training_plan import duration_range, flop_sentence, method_sentence, passes_sentence, plan_report


def plan() -> dict[str, Any]:
    """Return a plan as the operation answers it."""
    settings = {"method": "qlora", "rank": 8, "lora_alpha": 16, "use_rslora": False, "use_dora": False}
    settings |= {"last_layers": 0, "train_head": False, "epochs": 3, "batch_size": 4, "learning_rate": 0.0002}
    memory = dict.fromkeys(("runtime", "weights", "gradients", "optimiser", "activations"), 2 * 10**9)
    return {
        "settings": {**settings, "pass_tokens": 512},
        "memory": {**memory, "mapped": 0, "adapters": 1000, "low": 8.5e9, "high": 12e9},
        "accumulation": 1,
        "trained": 90_624,
        "steps": 1200,
        "batch": "4 rows a step.",
        "seconds": {"low": 1300, "high": 2600},
        "available_bytes": 16 * 10**9,
        "disk_bytes": 10**9,
        "flop": {"total": 1e15, "base_share": None},
        "advice": ["Watch it."],
    }


def test_a_plan_is_one_screen_of_sentences() -> None:
    parts = "programs 2 GB, model 2 GB, gradients 2 GB, optimiser 2 GB and activations 2 GB"
    assert plan_report(plan()).splitlines() == [
        "It trains an adapter of rank 8 on a 4-bit model (QLoRA): 90,624 parameters in 1,200 steps of 4 rows.",
        "  4 rows a step. Each step is computed in one pass of up to 512 tokens.",
        "  Time: 22 to 43 minutes.",
        f"  Memory: 8.5 GB to 12 GB of 16 GB ({parts}).",
        "  Disk: 1 GB for checkpoints and the result.",
        "  Operations: 1.0 × 10^15 FLOP (how many were needed to train the original is not known).",
        "  Watch it.",
    ]
    with use_language("de"):
        german = plan_report(plan())
    assert "Trainiert wird: ein Adapter mit Rang 8 auf einem 4-Bit-Modell (QLoRA), 90.624 Parameter" in german
    assert "1,0 × 10^15 FLOP" in german
    assert "Zeit: 22 bis 43 Minuten." in german


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"method": "full"}, "the whole model"),
        ({"method": "last-layers", "last_layers": 1}, "the last layer"),
        ({"method": "last-layers", "last_layers": 3, "train_head": True}, "the last 3 layers and the head"),
        ({"method": "lora", "rank": 4, "use_dora": True}, "an adapter of rank 4 (LoRA) with DoRA"),
    ],
)
def test_what_is_trained_is_named(settings: dict[str, Any], said: str) -> None:
    assert str(method_sentence(TrainingSettings(**settings))) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, 0.4, "about 1 second"),
        (100, 110, "100 to 110 seconds"),
        (7000, 7300, "117 minutes to 2 hours"),
        (170_000, 400_000, "47 hours to 5 days"),
    ],
)
def test_a_span_of_time_has_its_unit_once_where_both_ends_share_it(low: float, high: float, said: str) -> None:
    assert str(duration_range(low, high)) == said


def test_shares_of_the_original_are_not_more_precise_than_known() -> None:
    assert "(0.03% of what" in str(flop_sentence(Flop(1e15, 0.00031)))
    assert "(less than 0.001% of what" in str(flop_sentence(Flop(1e15, 1e-9)))
    assert "2 passes of up to 512 tokens" in str(passes_sentence(2, 512))
