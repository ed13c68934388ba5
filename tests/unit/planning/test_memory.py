"""Memory is a sum of parts, moves the right way, and agrees with what was measured."""

from dataclasses import replace

import pytest

from appliance.planning import Machine, MethodChoice, ModelShape, RowSizes, Speed, Training
from appliance.planning.memory import estimate_memory
from appliance.planning.methods import trained_parameters

SHAPE = ModelShape(
    hidden=576, layers=30, heads=9, key_value_heads=3, head_dim=64, intermediate=1536, vocabulary=49152, tied=True
)
ROWS = RowSizes(rows=24, mean=105, longest=140, shared=30)
MACHINE = Machine(22 * 10**9, 10**11, 2, Speed("bfloat16", 100.0, 5.0))
MIB = 2**20


def memory(method="lora", *, rank=8, rows=ROWS, machine=MACHINE, batch=8, tokens=512, checkpointing=False, **options):
    choice = MethodChoice(method, rank=rank, **options)
    wanted = Training(SHAPE, choice, machine, rows, epochs=1, batch_size=batch)
    return estimate_memory(wanted, tokens, checkpointing=checkpointing)


@pytest.mark.parametrize(("method", "rank", "peak_mib"), [("qlora", 16, 1539), ("lora", 8, 1395)])
def test_measured_peaks_lie_in_the_range(method, rank, peak_mib):
    """Machine B, SmolLM2-135M in bf16: ops/bench/README.md."""
    span = memory(method, rank=rank).peak
    assert span.low <= peak_mib * MIB <= span.high


def test_the_parts_are_the_whole():
    split = memory("full")
    assert (
        split.total
        == split.runtime
        + split.mapped
        + split.weights
        + split.adapters
        + split.gradients
        + split.optimiser
        + split.activations
    )
    assert split.peak.low < split.total < split.peak.high


def test_mapped_pages_are_resident_but_not_needed():
    """A file that stays mapped counts as resident, and must not refuse a training."""
    split = memory("qlora")
    assert split.mapped == 2 * SHAPE.parameters
    assert split.needed == pytest.approx((split.total - split.mapped) * split.peak.high / split.total)
    assert memory("full").mapped == 0


def test_a_learning_number_costs_sixteen_bytes():
    """Weight, gradient, two moments, fp32 each; a full training adds matrices that stand for a moment."""
    split, learns = memory("lora"), trained_parameters(SHAPE, MethodChoice("lora", rank=8))
    assert split.adapters + split.gradients + split.optimiser == 16 * learns
    assert memory("full").optimiser == 8 * SHAPE.parameters


def test_a_packed_model_is_far_smaller_on_a_gpu():
    gpu = replace(MACHINE, gpu=True)
    assert memory("qlora", machine=gpu).weights < 0.5 * memory("lora", machine=gpu).weights
    assert memory("full", machine=gpu).weights == 0


def test_a_gpu_keeps_no_attention_scores():
    """A CPU keeps them for every row that a token sees."""
    gpu = replace(MACHINE, gpu=True)
    scores = 1.1 * 2 * 512 * SHAPE.heads * ROWS.longest * (SHAPE.layers + 2)
    assert memory().activations - memory(machine=gpu).activations == pytest.approx(scores, rel=1e-6)


def test_longer_rows_larger_passes_and_wider_numbers_take_more_memory():
    plain = memory().activations
    assert memory(tokens=1024).activations > plain
    assert memory(rows=replace(ROWS, longest=900)).activations > plain
    assert memory(machine=replace(MACHINE, speed=Speed("float32", 100.0, 5.0))).activations > 1.9 * plain
    assert memory(batch=1).activations < plain


def test_a_batch_in_several_passes_takes_the_memory_of_one():
    assert memory(batch=64).activations == memory(batch=16).activations


def test_activations_are_what_the_kernels_keep():
    """Number by number, for LoRA of rank 8 and a pass of 512 tokens that see 140 each: two bytes, and what the
    allocator holds.
    """
    block = 4 * 576 + 2 * 576 + 2 * 192 + 3 * 1536 + 9 * 140 + 7 * 8
    stacked = 8 * (3 * (576 + 192 + 192 + 576) + 2 * (1536 + 1536 + 576) + (576 + 576) + (1536 + 576))
    assert memory().activations == pytest.approx(1.1 * 2 * (512 * block * (30 + 2) + 2 * 2**22 + 30 * stacked), abs=1)
    long = memory(rows=replace(ROWS, longest=900), batch=1)  # from 384 of its own on, a row keeps no probabilities
    seen = block - 9 * 140 + 9 * (384 + 30)
    assert long.activations == pytest.approx(1.1 * 2 * (900 * seen * (30 + 2) + 2 * 2**22 + 30 * stacked), abs=1)
    two = 30 + 2 * 110  # tokens of two of the longest rows, behind what all share
    assert memory(batch=2).activations == pytest.approx(
        1.1 * 2 * (two * block * (30 + 2) + 2 * 2**22 + 30 * stacked), abs=1
    )
    kept = 512 * (block + 30 * 576 + 2 * block)
    assert memory(checkpointing=True).activations == pytest.approx(1.1 * 2 * (kept + 2 * 2**22 + stacked), abs=1)


def test_a_tied_head_is_copied_before_it_learns_and_an_untied_one_is_not():
    untied, head = replace(SHAPE, tied=False), SHAPE.vocabulary * SHAPE.hidden
    choice = MethodChoice("last-layers", last_layers=2, train_head=True)
    for shape, own_head in ((SHAPE, 0), (untied, head)):
        split = estimate_memory(Training(shape, choice, MACHINE, ROWS, 1, 8), 512, checkpointing=False)
        assert split.weights == 2 * (shape.parameters - own_head - 2 * SHAPE.block_parameters)


def test_checkpointing_keeps_little():
    assert memory(checkpointing=True).activations < 0.35 * memory().activations


def test_last_layers_keep_the_outputs_of_the_frozen_ones():
    few, many = (
        memory("last-layers", last_layers=2, rows=replace(ROWS, rows=rows)).activations for rows in (10, 100_000)
    )
    assert 2**29 < many - few <= 1.1 * 2**30
    head = memory("last-layers", last_layers=2, train_head=True)
    assert head.adapters - memory("last-layers", last_layers=2).adapters == 4 * SHAPE.vocabulary * SHAPE.hidden
