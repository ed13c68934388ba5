"""The probe chooses between two types by this machine's speed."""

import subprocess
import sys

import pytest
import torch

from appliance.foundation.errors import IntegrityError
from appliance.inference.compute_type import GAIN_NEEDED, _seconds, named_type, probe, type_name


def test_the_probe_returns_one_of_two_types() -> None:
    """With a name for configurations."""
    dtype = probe()
    assert dtype in {torch.bfloat16, torch.float32}
    assert getattr(torch, type_name(dtype)) is dtype


def test_a_machine_whose_bf16_is_far_slower_computes_in_fp32() -> None:
    """A large gap must be seen; with a small one, either type is right."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    slow, fast = _seconds(torch.float32, torch.bfloat16)
    torch.set_num_threads(threads)
    if torch.cuda.is_available() or not (fast > 3 * slow or fast * 2 * GAIN_NEEDED < slow):
        return
    assert probe() is (torch.float32 if fast > slow else torch.bfloat16)


def test_a_type_is_found_by_its_name_and_an_unknown_name_is_refused() -> None:
    """As in checkpoints."""
    for dtype in (torch.bfloat16, torch.float32):
        assert named_type(type_name(dtype)) is dtype
    for name in ("", "int8", "load"):
        with pytest.raises(IntegrityError, match="unknown compute type"):
            named_type(name)


@pytest.mark.slow
def test_denormals_are_zero_in_every_thread() -> None:
    """In a separate process, so that the other tests keep theirs."""
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
