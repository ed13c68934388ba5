"""The planner chooses what fits, and refuses the rest with the nearest alternative, which then works."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.foundation.errors import InputError
from appliance.planning import Machine, MethodChoice, RowSizes, Speed, Training, fit_training, gpu_table
from appliance.planning.gpu_table import TYPICAL_SHAPES
from appliance.planning.memory import estimate_memory
from appliance.planning.refusals import refusals

SHAPES = dict(TYPICAL_SHAPES)
ROWS = RowSizes(rows=1000, mean=120, longest=300, shared=20)
GB = 10**9


def machine(memory_gb=22.0, disk_gb=100.0, *, gflops=100.0):
    return Machine(round(memory_gb * GB), round(disk_gb * GB), 2, Speed("bfloat16", gflops, 10.0))


def wanted(method="lora", *, shape="0.1B", on=None, rows=ROWS, epochs=3, batch=8, **options):
    return Training(SHAPES[shape], MethodChoice(method, **options), on or machine(), rows, epochs, batch)


def test_with_enough_memory_the_pass_is_large_and_nothing_is_computed_twice():
    plan = fit_training(wanted())
    assert (plan.pass_tokens, plan.checkpointing, plan.advice) == (1024, False, ())
    assert plan.steps == 375
    assert plan.accumulation == 1
    assert fit_training(wanted(batch=16)).accumulation == 2
    assert plan.trained == 4_884_480


def test_with_less_memory_passes_shrink_then_activations_are_computed_twice():
    seen = set()
    for hundredths in range(400, 100, -1):
        try:
            plan = fit_training(wanted(on=machine(hundredths / 100), rows=replace(ROWS, longest=200)))
        except InputError:
            break
        assert plan.memory.needed <= plan.available_bytes
        seen.add((plan.checkpointing, -plan.pass_tokens))
    assert len(seen) > 2
    assert (True, -128) in seen
    assert any("checkpointing" in str(advice) for advice in plan.advice)


def test_the_method_is_chosen_by_what_fits():
    """LoRA where it fits, else QLoRA."""
    assert fit_training(wanted("auto", shape="1B")).choice.method == "lora"
    gpu = Machine(12 * GB, 10**12, 8, gpu=True)
    assert fit_training(wanted("auto", shape="8B", on=gpu)).choice.method == "qlora"


def test_a_rank_over_the_smallest_side_is_refused_with_the_possible_ranks():
    with pytest.raises(InputError, match="smallest side of this model's layers, 192") as caught:
        fit_training(wanted(rank=200))
    assert "1 to 192 work; 16 is usual." in caught.value.sentence
    fit_training(wanted(rank=192))


def test_a_rank_that_the_model_cannot_have_is_not_called_usual():
    narrow = replace(wanted().shape, heads=2, key_value_heads=1, head_dim=8)
    (refusal,) = refusals(replace(wanted(), shape=narrow))
    assert str(refusal.sentence).endswith("Ranks from 1 to 8 work.")


def test_more_last_layers_than_there_are_is_refused():
    with pytest.raises(InputError, match="has 30 layers, so its last 31 cannot learn"):
        fit_training(wanted("last-layers", last_layers=31))
    fit_training(wanted("last-layers", last_layers=30))


def test_full_training_without_memory_names_what_fits():
    (refusal,) = refusals(wanted("full", shape="1B", on=machine(8)))
    assert refusal.code == "planning.memory"
    assert "With full training, this model needs up to" in str(refusal.sentence)
    assert "What fits: training of the last" in str(refusal.sentence)
    (refusal,) = refusals(wanted("full", shape="8B", on=Machine(12 * GB, 10**13, 8, gpu=True)))
    assert str(refusal.sentence).startswith("This GPU has 12 GB")
    assert "What fits: QLoRA, up to" in str(refusal.sentence)


@given(
    memory=st.integers(1, 40),
    shape=st.sampled_from(sorted(SHAPES)),
    method=st.sampled_from(["full", "lora", "last-layers"]),
)
def test_the_alternative_of_a_refusal_works(memory, shape, method):
    """The method that a refusal for lack of memory names is not refused."""
    options = {"last_layers": 4} if method == "last-layers" else {}
    asked = wanted(method, shape=shape, on=Machine(memory * GB, 10**15, 2, Speed("bfloat16", 1e6, 1e3)), **options)
    for refusal in refusals(asked):
        if "What fits: QLoRA, " in str(refusal.sentence):
            assert not refusals(replace(asked, choice=MethodChoice("qlora")))


def test_a_rank_that_fits_the_disk_is_named():
    (refusal,) = refusals(wanted("qlora", rank=128, on=Machine(100 * GB, 10**9, 2, Speed("bfloat16", 1e6, 1e3))))
    assert str(refusal.sentence).endswith("Make room, or choose QLoRA with rank 16: it takes 234 MB.")


def test_an_alternative_that_fits_memory_and_disk_is_preferred():
    """Of the last layers, more fit the memory than the disk has room for."""
    asked = wanted("full", shape="1B", on=Machine(20 * GB, 5 * GB, 2, Speed("bfloat16", 1e6, 1e3)))
    sentences = {refusal.code: str(refusal.sentence) for refusal in refusals(asked)}
    assert sentences.keys() == {"planning.memory", "planning.disk"}
    named = [
        re.search(r"(?:What fits: |or choose )(training of the last (?:\d+ layers|layer)|LoRA|QLoRA)", sentence)
        for sentence in sentences.values()
    ]
    assert all(named)
    assert len({match[1] for match in named if match}) == 1


def test_where_no_method_fits_shorter_rows_or_a_smaller_model_are_named():
    small = machine(1.3)
    (refusal,) = refusals(wanted("qlora", shape="0.5B", on=small))
    assert "A model of about 135 million parameters fits" in str(refusal.sentence)
    (refusal,) = refusals(wanted("qlora", on=machine(1.02), rows=replace(ROWS, longest=1024)))
    assert "with rows of up to 256, QLoRA fits" in str(refusal.sentence)
    (refusal,) = refusals(wanted("qlora", shape="8B", on=machine(0.5)))
    assert "use a machine with more memory" in str(refusal.sentence)


def test_a_full_disk_is_refused_before_the_start():
    (refusal,) = refusals(wanted("full", on=machine(disk_gb=3)))
    assert refusal.code == "planning.disk"
    assert "or choose training of the last 15 layers" in str(refusal.sentence)
    needed = 12 * 4 * SHAPES["0.1B"].parameters / GB
    assert [bool(refusals(wanted("full", on=machine(disk_gb=share * needed)))) for share in (0.99, 1.01)] == [
        True,
        False,
    ]
    (refusal,) = refusals(wanted("qlora", on=machine(disk_gb=0.001), rank=1))
    assert "Make room: shred datasets" in str(refusal.sentence)


def test_a_training_of_months_is_refused_with_a_shorter_one():
    slow = machine(gflops=0.05)
    month = 30 * 24 * 3600
    for share, refused in ((0.9, False), (1.1, True)):  # by the least that it may take, not the most
        span = fit_training(wanted(on=machine(gflops=100.0))).seconds
        correction = share * month / span.low
        speed = Speed("bfloat16", 100.0, 10.0, correction=correction)
        assert bool(refusals(wanted(on=replace(slow, speed=speed)))) is refused
    (refusal,) = refusals(wanted(on=slow, epochs=50))
    assert refusal.code == "planning.time"
    assert "instead of 50 passes over the data" in str(refusal.sentence)
    (refusal,) = refusals(wanted(on=replace(slow, speed=Speed("bfloat16", 1e-4, 1e-3)), epochs=1))
    assert "Choose a smaller model, fewer rows" in str(refusal.sentence)


def test_a_large_batch_is_allowed_with_advice():
    assert "8 to 32 is better" in str(fit_training(wanted(batch=64)).advice[0])
    assert fit_training(wanted("full", on=machine(60), batch=64)).advice == ()
    assert fit_training(wanted(batch=32)).advice == ()


def test_on_an_unmeasured_machine_the_time_is_called_a_guess():
    assert "wide guess" in str(fit_training(wanted(on=Machine(22 * GB, 100 * GB, 2))).advice[0])


def test_the_gpu_table_never_fits_less_on_more_memory_and_agrees_with_the_planner():
    table = gpu_table()
    assert [row.name for row in table] == [name for name, _ in TYPICAL_SHAPES]
    for row in table:
        counts = [len(cell) for cell in row.fitting]
        assert counts == sorted(counts)
    assert "full" in table[0].fitting[0]
    assert table[3].fitting[0] == ("qlora*",)  # 3 B on 8 GB: only when activations are computed twice
    assert table[3].fitting[-1] == ("full", "lora", "qlora")
    assert table[-1].fitting[-1] in {("qlora",), ("qlora*",)}
    machine, rows = Machine(1, 1, 1, gpu=True), RowSizes(1000, 300, 1024)
    wanted = Training(SHAPES["70B"], MethodChoice("qlora"), machine, rows, epochs=1, batch_size=8)
    held = estimate_memory(wanted, 512, checkpointing=True)
    assert 38 * GB < held.weights < 45 * GB  # 70 billion at half a byte, and two tables in bf16
