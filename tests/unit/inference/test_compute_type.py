"""The probe decides between two types, by what this machine does."""

import subprocess
import sys

import pytest
import torch

from appliance.foundation.errors import IntegrityError
from appliance.inference.compute_type import GAIN_NEEDED, _seconds, named_type, probe, type_name


def test_it_answers_one_of_two_types() -> None:
    """And a name that a configuration takes."""
    found = probe()
    assert found in {torch.bfloat16, torch.float32}
    assert getattr(torch, type_name(found)) is found


def test_a_machine_whose_bf16_is_far_slower_computes_in_fp32() -> None:
    """Where the gap is large it must be seen; where it is small, either is right."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    slow, fast = _seconds(torch.float32, torch.bfloat16)
    torch.set_num_threads(threads)
    if torch.cuda.is_available() or not (fast > 3 * slow or fast * 2 * GAIN_NEEDED < slow):
        return
    assert probe() is (torch.float32 if fast > slow else torch.bfloat16)


def test_a_checkpoints_type_is_found_by_its_name() -> None:
    """And an unknown one is refused."""
    for dtype in (torch.bfloat16, torch.float32):
        assert named_type(type_name(dtype)) is dtype
    for name in ("", "int8", "load"):
        with pytest.raises(IntegrityError, match="type of numbers"):
            named_type(name)


def test_tiny_numbers_are_taken_as_zero_in_every_thread() -> None:
    """In a process of its own: it would stay so for all tests."""
    code = """
import torch
from appliance.inference.compute_type import flush_denormals
flush = {flush}
if flush:
    flush_denormals()
torch.set_num_threads(2)
print(int(torch.full((1 << 20,), 1e-30).mul(1e-10).count_nonzero()))
"""
    left = [int(subprocess.check_output([sys.executable, "-c", code.format(flush=flush)])) for flush in (True, False)]
    assert left == [0, 1 << 20]
