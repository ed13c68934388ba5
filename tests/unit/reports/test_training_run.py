"""The report says in plain words what was trained, how long it took and whether it helped, and computes nothing that is
not there.
"""

from typing import Any

import pytest

from appliance.foundation.json_records import stored
from appliance.foundation.messages import use_language
from appliance.planning.training_record import AdapterSpec
from appliance.reports import run_report

SPEC = AdapterSpec(
    method="qlora", epochs=6, dataset_id="ds_1", dataset_version=1, model_id="md_1", adapter_id="ad_1", name="staff"
)

ADAPTER: dict[str, Any] = {
    "id": "ad_1",
    "name": "staff on SmolLM2",
    "method": "qlora",
    "rank": 16,
    "config": stored(SPEC),  # as it is kept: with what only a smaller adapter or a sweep has, empty
    "results": {},
}
JOB: dict[str, Any] = {"result": {"seconds": 142.4, "validation_loss": 0.1234, "tokens_per_s": 812.6}}


def test_a_run_that_was_not_measured_says_how_to() -> None:
    """Figures rounded, and the next step."""
    assert run_report(ADAPTER, JOB).splitlines() == [
        "staff on SmolLM2 (ad_1)",
        "  Trained: an adapter on a 4-bit model (QLoRA), rank 16, up to 6 passes over the data, in 2 minutes.",
        "  Loss on held-out rows: 0.123 (smaller is better). 813 tokens per second.",
        "  Not measured yet: `appliance evaluate` asks it the held-out questions.",
    ]


def test_a_measured_run_quotes_the_measurement() -> None:
    """The sentence and its details, as they were computed."""
    results = {
        "sentence": "Right answers: 0 of 80 before, 72 of 80 after.",
        "details": ["Interval: 81 to 95 %.", "It declined 9 of 10."],
    }
    lines = run_report({**ADAPTER, "results": results}, JOB).splitlines()
    assert lines[-3:] == [
        "  Right answers: 0 of 80 before, 72 of 80 after.",
        "  Interval: 81 to 95 %.",
        "  It declined 9 of 10.",
    ]


@pytest.mark.parametrize(
    ("method", "words"),
    [("lora", "an adapter (LoRA)"), ("qlora", "(QLoRA)"), ("full", "Trained: the whole"), ("other", "Trained: other")],
)
def test_each_method_has_words(method: str, words: str) -> None:
    """One without is named as it is."""
    assert words in run_report({**ADAPTER, "method": method}, JOB)


def test_a_method_without_a_rank_has_none() -> None:
    """Nor does one pass have a plural."""
    line = run_report({**ADAPTER, "method": "full", "rank": 0, "config": {"epochs": 1}}, JOB).splitlines()[1]
    assert line == "  Trained: the whole model, up to 1 pass over the data, in 2 minutes."


def test_the_report_is_german_when_german_is_in_use() -> None:
    """But for what others said."""
    with use_language("de"):
        lines = run_report(ADAPTER, JOB).splitlines()
    assert lines[1].startswith(
        "  Trainiert: ein Adapter an einem Modell mit 4 Bit (QLoRA), Rang 16, bis zu 6 Durchgänge"
    )
    assert lines[2] == "  Verlust auf zurückgelegten Zeilen: 0,123 (kleiner ist besser). 813 Token je Sekunde."


def test_a_run_without_validation_leaves_the_line_out() -> None:
    """Nothing is made up."""
    for result in ({}, {"validation_loss": None}):
        assert "Loss" not in run_report(ADAPTER, {"result": result})


def test_a_run_that_ended_early_or_stepped_down_says_so() -> None:
    """In the job's own sentences."""
    result = {**JOB["result"], "sentence": "It ended early.", "stepped_down": ["Memory ran out once.", "And again."]}
    lines = run_report(ADAPTER, {"result": result}).splitlines()
    assert lines[-4:-1] == ["  It ended early.", "  Memory ran out once.", "  And again."]


def test_an_adapter_that_was_made_smaller_says_from_which_and_what_it_cost() -> None:
    """It was not trained itself."""
    config = {"epochs": 6, "made_from": "ad_0", "shrink": {"sentence": "Rank 16 became rank 6."}}
    lines = run_report({**ADAPTER, "config": config}, {"result": {"loss_after": 1.0}}).splitlines()
    assert lines[1] == "  Made from ad_0. Rank 16 became rank 6."
    assert "Trained" not in "".join(lines)


def test_the_winner_of_a_sweep_says_what_it_beat() -> None:
    """A sweep has no one speed."""
    config = {"epochs": 6, "sweep": {"sentence": "Rank 8 did best."}}
    lines = run_report({**ADAPTER, "config": config}, {"result": {"seconds": 3, "validation_loss": 1.0}}).splitlines()
    assert lines[2:4] == ["  Loss on held-out rows: 1.000 (smaller is better).", "  Rank 8 did best."]
