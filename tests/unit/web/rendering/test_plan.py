"""What is drawn of a plan says its figures in words too, to scale, on one line, escaped."""

import re

from appliance.foundation.messages import use_language, verbatim
from appliance.planning import FittedPlan, MemorySplit, MethodChoice, ModelShape
from appliance.planning.work import Flop, Range
from appliance.services.training.plan_training import PlannedSettings, PlannedTraining, TrainingPreview
from appliance.web.rendering.plan import fit_bar, gpu_fits, layers, low_rank, memory_bar, review

GB = 10**9
SPLIT = MemorySplit(runtime=GB, mapped=0, weights=2 * GB, adapters=0, gradients=GB, optimiser=GB, activations=3 * GB)
FITTED = FittedPlan(
    choice=MethodChoice("lora", rank=8, use_dora=True),
    pass_tokens=512,
    accumulation=2,
    checkpointing=False,
    steps=1200,
    trained=90_624,
    memory=SPLIT,
    available_bytes=16 * GB,
    seconds=Range(1300, 2600),
    disk_bytes=3 * GB,
    flop=Flop(1.234e15, 2e-7),
    advice=(verbatim("Take <care>."),),
)
SETTINGS = PlannedSettings(
    method="lora",
    rank=8,
    use_dora=True,
    use_rslora=True,
    epochs=3,
    batch_size=8,
    learning_rate=0.0002,
    pass_tokens=512,
    activation_checkpointing=False,
    max_length=1024,
    estimated_seconds=2000,
    estimated_steps=1200,
)
PLANNED = PlannedTraining(SETTINGS, FITTED, verbatim("8 rows a step."))
PREVIEW = TrainingPreview("SmolLM <2>", "desk", 300, PLANNED, None, None, None)
SHAPE = ModelShape(
    hidden=64, layers=2, heads=4, key_value_heads=2, head_dim=16, intermediate=128, vocabulary=500, tied=True
)


def test_the_plan_is_said_in_words() -> None:
    """What anybody asks comes first; the rest is folded away, and complete."""
    drawn = review(PREVIEW, PLANNED)
    simple, _, details = drawn.partition("<details")
    for said in (
        "“SmolLM &lt;2&gt;” learns from 300 rows of “desk”, reading them 3 times.",
        "22 to 43 minutes",
        "6.8 GB to 9.6 GB",
        "Take &lt;care&gt;.",
    ):
        assert said in simple
    for said in (
        "<dt>Steps of 8 rows</dt><dd>1,200</dd>",
        "<dt>Learning rate</dt><dd>0.0002</dd>",
        "It trains an adapter of rank 8 (LoRA) with rsLoRA and DoRA. 8 rows a step.",
        "in 2 passes of up to 512 tokens",
        "1.2 × 10^15 FLOP (less than 0.001% of what training the original took).",
    ):
        assert said in details
    assert "\n" not in drawn


def test_the_plan_is_said_in_german() -> None:
    with use_language("de"):
        drawn = review(PREVIEW, PLANNED)
    for said in (
        "„SmolLM &lt;2&gt;“ lernt aus 300 Zeilen von „desk“ und liest sie 3-mal.",
        "22 bis 43 Minuten",
        "<dt>Lernrate</dt><dd>0,0002</dd>",
        "Trainiert wird: ein Adapter mit Rang 8 (LoRA) mit rsLoRA und DoRA.",
        "Gradienten 1 GB",
    ):
        assert said in drawn.replace("\xa0", " ")


def test_the_bar_is_to_scale_and_said_in_words() -> None:
    drawn = memory_bar("Memory", SPLIT, 16 * GB)
    assert 'aria-label="Memory: 6.8 GB to 9.6 GB of 16 GB"' in drawn
    widths = [float(width) for width in re.findall(r'class="part \w+" style="width:([\d.]+)%"', drawn)]
    assert sum(widths) == 50.0
    assert "adapters" not in drawn
    assert "\n" not in drawn


def test_a_model_is_named_with_the_method_that_fits() -> None:
    assert "Memory for “&lt;b&gt;x&lt;/b&gt;” (LoRA with DoRA)" in fit_bar("<b>x</b>", FITTED)


def test_the_matrices_are_to_scale() -> None:
    drawn = low_rank(1000, 500, 100)
    sides = re.findall(r'<rect class="(\w+)"[^>]* width="([\d.]+)" height="([\d.]+)"', drawn)
    assert sides == [("frozen", "115.0", "230.0"), ("learned", "23.0", "230.0"), ("learned", "115.0", "23.0")]
    assert "1,000 × 100 + 100 × 500 = 150,000" in drawn
    assert "3.3 times fewer parameters" in drawn
    assert "1.5 times as many parameters" in low_rank(4, 4, 3)


def test_a_rank_of_one_can_still_be_seen() -> None:
    assert 'width="5.0"' in low_rank(4096, 4096, 1)


def test_every_kind_of_matrix_is_listed_with_its_adapter() -> None:
    drawn = layers(SHAPE, 4)
    assert drawn.count('<th scope="row">') == len(SHAPE.by_layer(4)) + 1
    assert f"{SHAPE.parameters:,}" in drawn
    assert f"{SHAPE.adapter_parameters(4):,}" in drawn
    with use_language("de"):
        assert "Ein Adapter mit Rang 4" in layers(SHAPE, 4)


def test_the_gpu_table_has_a_row_for_each_model() -> None:
    drawn = gpu_fits([8], [("0.1B", ["full"]), ("70B", ["–"])])
    assert drawn.count("<tr>") == 3
    assert '<td data-head="8\xa0GB">–</td>' in drawn or '<td data-head="8 GB">–</td>' in drawn
