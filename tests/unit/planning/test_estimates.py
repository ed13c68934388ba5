"""Estimates are ranges that move the right way, and hold the figures that were measured."""

import subprocess
import sys

import pytest

from appliance.foundation.errors import InputError
from appliance.planning import ModelShape, estimate_memory, estimate_seconds

SHAPE = ModelShape(hidden=576, layers=30, heads=9, key_value_heads=3, head_dim=64, intermediate=1536, vocabulary=49152, tied=True)


def test_qlora_holds_less_than_lora():
    qlora, lora = (estimate_memory(SHAPE, method=method, rank=16, tokens_a_pass=512) for method in ("qlora", "lora"))
    assert qlora.weight_bytes < 0.6 * lora.weight_bytes
    assert qlora.peak_bytes.low < lora.peak_bytes.low < lora.peak_bytes.high


def test_memory_and_time_grow_with_the_work():
    small, large = (estimate_memory(SHAPE, method="lora", rank=16, tokens_a_pass=tokens).peak_bytes for tokens in (128, 1024))
    assert small.high < large.high
    short, long = (estimate_seconds(SHAPE, rows=rows, epochs=3, tokens_a_row=50, cores=2) for rows in (100, 1000))
    assert short.high * 9.9 < long.high < short.high * 10.1
    assert short.low < short.high


def test_a_shared_beginning_saves_time():
    plain = estimate_seconds(SHAPE, rows=100, epochs=1, tokens_a_row=60, cores=2)
    shared = estimate_seconds(SHAPE, rows=100, epochs=1, tokens_a_row=60, shared_tokens=40, cores=2)
    assert shared.high < 0.5 * plain.high


def test_what_cannot_be_estimated_is_refused():
    with pytest.raises(InputError, match="estimate"):
        estimate_memory(SHAPE, method="full", rank=16, tokens_a_pass=10)
    with pytest.raises(InputError, match="at least one"):
        estimate_seconds(SHAPE, rows=0, epochs=1, tokens_a_row=1, cores=1)


def test_planning_never_imports_torch():
    """The control plane imports planning, and must stay light."""
    code = "import sys, appliance.planning; sys.exit(bool({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
