"""Estimates of time and disk move the right way, and past trainings on this machine correct the next estimate."""

import subprocess
import sys
from dataclasses import replace

import pytest

from appliance.foundation.errors import InputError
from appliance.planning import Machine, MethodChoice, ModelShape, RowSizes, Speed, Training, expected, fingerprint
from appliance.planning.estimates import checkpoint_bytes, estimate_seconds

SHAPE = ModelShape(
    hidden=576, layers=30, heads=9, key_value_heads=3, head_dim=64, intermediate=1536, vocabulary=49152, tied=True
)
ROWS = RowSizes(rows=100, mean=50, longest=80)
MACHINE = Machine(22 * 10**9, 10**11, 2, Speed("float32", 80.0, 5.0))


def seconds(method="lora", *, rows=ROWS, machine=MACHINE, epochs=3, tokens=512, checkpointing=False, **options):
    choice = MethodChoice(method, **options)
    wanted = Training(SHAPE, choice, machine, rows, epochs, batch_size=8)
    return estimate_seconds(wanted, tokens, checkpointing=checkpointing)


def test_time_is_linear_in_rows_and_passes_over_the_data():
    plain = expected(seconds())
    assert expected(seconds(epochs=6)) == pytest.approx(2 * plain)
    assert expected(seconds(rows=replace(ROWS, rows=1000))) == pytest.approx(10 * plain, rel=0.05)


def test_a_shared_beginning_saves_time():
    assert expected(seconds(rows=RowSizes(100, 60, 80, shared=40))) < 0.6 * expected(
        seconds(rows=RowSizes(100, 60, 80))
    )


def test_what_takes_longer_is_estimated_longer():
    plain = expected(seconds())
    assert expected(seconds("qlora")) > plain
    assert expected(seconds("full")) > plain
    assert expected(seconds("last-layers", last_layers=4)) < plain
    assert plain < expected(seconds(checkpointing=True)) < 1.7 * plain
    assert expected(seconds(rows=replace(ROWS, validation_rows=50))) > plain


def test_an_unmeasured_machine_has_a_wider_range():
    measured, guessed = seconds(), seconds(machine=replace(MACHINE, speed=None))
    assert guessed.high / guessed.low > 2 * measured.high / measured.low
    assert guessed.low < measured.low < measured.high < guessed.high
    best = replace(
        MACHINE, speed=Speed("float32", 2 * 75.0 * 4, 20.0)
    )  # two cores with AVX-512 that compute bf16 as well
    assert guessed.low == pytest.approx(expected(seconds(machine=best)))


ENDLESS = 1e15  # so fast that it takes no time


def spent(method="lora", *, gflops=ENDLESS, copy_gb_s=ENDLESS, **options):
    """Return the seconds of a step, of three passes over 100 rows by eight: 39 steps."""
    return (
        expected(seconds(method, machine=replace(MACHINE, speed=Speed("bfloat16", gflops, copy_gb_s)), **options)) / 39
    )


def test_calls_products_and_moved_bytes_have_the_fitted_costs():
    """Each alone, on a machine that is endlessly fast at the others: 400 tokens a step, 160 of them answers, in one
    pass.
    """
    calls = spent()
    assert calls == pytest.approx(30 * 7.5e-3)
    assert spent(tokens=256) == pytest.approx(2 * calls)
    learns, through, table = 4_884_480, SHAPE.linear_parameters, 49152 * 576
    products = 400 * (4 * through + 15 * learns) + 160 * 4 * table
    attention = 4 * 3.5 * 64 * (400 * 9 * 50 * 30 * 3)
    assert 1e9 * (spent(gflops=1.0) - calls) == pytest.approx(products * (1 + 200 / 576) + attention)
    moved, half = (1e9 * (spent(copy_gb_s=1.0, rank=rank) - calls) for rank in (16, 8))
    assert moved - half == pytest.approx(45 * learns / 2)
    activations = 400 * (4 * 576 + 4 * 576 - 2 * 384 + 3 * 1536) * 30 * 3 * 15 + 27 * (400 * 9 * 50 * 30 * 3)
    assert moved == pytest.approx(activations / 3 + 45 * learns)
    assert 1e9 * (spent("qlora", copy_gb_s=1.0) - calls) - moved == pytest.approx(2 * 8 * through)


def test_frozen_layers_compute_each_row_once_for_all_epochs():
    once, thrice = (spent("last-layers", last_layers=4, gflops=1.0, epochs=epochs) * 39 for epochs in (1, 3))
    assert thrice < 2.5 * once


def test_a_gpus_calls_run_ahead_of_its_work():
    """So the step takes the longer of the two: calls for a small model on a fast GPU, work for slow ones."""
    fast, faster, slow, slower = (
        expected(seconds(machine=replace(MACHINE, gpu=True, speed=Speed("bfloat16", gflops, gflops / 100))))
        for gflops in (500_000.0, 1_000_000.0, 20.0, 10.0)
    )
    assert fast == faster
    assert slower == pytest.approx(2 * slow)
    steps, passes, blocks = 3 * 13, 1, 30
    assert fast == pytest.approx(steps * passes * blocks * 1.2e-3)


def test_a_gpus_attention_holds_and_moves_no_scores():
    """Where its kernel is: in 16 bits."""
    long = replace(ROWS, mean=900, longest=1000)
    flash, plain = (
        expected(seconds(rows=long, machine=replace(MACHINE, gpu=gpu, speed=Speed("bfloat16", 20.0, 2.0))))
        for gpu in (True, False)
    )
    assert flash < 0.7 * plain
    assert not replace(MACHINE, gpu=True).flash_attention
    assert replace(MACHINE, gpu=True, speed=None).flash_attention
    assert not replace(MACHINE, speed=Speed("bfloat16", 1.0, 1.0)).flash_attention


def test_the_type_is_the_measured_one():
    assert MACHINE.compute_type == "float32"
    assert replace(MACHINE, gpu=True).compute_type == "float32"
    assert replace(MACHINE, gpu=True, speed=None).compute_type == "bfloat16"
    assert replace(MACHINE, speed=None).compute_type == "float32"


def test_past_trainings_correct_the_next_estimate():
    """Twice as slow as estimated, once: the next estimate is twice as long. It never runs away."""
    slow = MACHINE.speed.after_training(2.0)
    assert expected(seconds(machine=replace(MACHINE, speed=slow))) == pytest.approx(2 * expected(seconds()))
    assert slow.after_training(1.0).correction == pytest.approx(2.0)
    assert replace(slow, trainings=9).after_training(16.0).correction == pytest.approx(2.0 * 16 ** (1 / 4))
    assert [slow.trainings, slow.after_training(1.0).trainings] == [1, 2]
    for _ in range(20):
        slow = slow.after_training(1000.0)
    assert slow.correction == 10.0


def test_a_speed_belongs_to_a_processor_its_cores_and_its_memory():
    """To the gigabyte: what a kernel keeps for itself differs from start to start."""
    same = fingerprint("an EPYC", 2, 24 * 2**30)
    assert fingerprint("an EPYC", 2, 24 * 2**30 + 4096) == same
    others = [
        fingerprint("a Xeon", 2, 24 * 2**30),
        fingerprint("an EPYC", 4, 24 * 2**30),
        fingerprint("an EPYC", 2, 48 * 2**30),
    ]
    assert len({same, *others}) == 4


def test_a_speed_survives_json_and_anything_else_is_refused():
    assert Speed.from_json(MACHINE.speed.to_json()) == MACHINE.speed
    for wrong in (
        {},
        {"compute_type": "int8", "gflops": 1.0, "copy_gb_s": 1.0},
        {"compute_type": "float32", "gflops": 0, "copy_gb_s": 1.0},
    ):
        with pytest.raises(InputError, match="measured again"):
            Speed.from_json(wrong)


def test_the_disk_holds_checkpoints_best_weights_and_the_result():
    """Three checkpoints of weights and two moments, the best weights twice, the result: four bytes each."""
    assert checkpoint_bytes(SHAPE, MethodChoice("full")) == SHAPE.parameters * 4 * 12


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"mean": 0.0}, {"longest": 10}, {"shared": 50.0}, {"learned": 0.0}])
def test_impossible_rows_are_refused(wrong):
    with pytest.raises(InputError, match="at least one"):
        replace(ROWS, **wrong)


def test_planning_never_imports_torch():
    """The control plane imports planning, and must stay light."""
    code = "import sys, appliance.planning; sys.exit(bool({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
