"""That memory ran out is known by what really happens then: an allocation that no machine can grant, in Python and in torch."""

import pytest
import torch

from appliance.training.memory import is_out_of_memory


def test_real_refusals_of_memory_are_known() -> None:
    """Of the interpreter, and of torch's allocator on a CPU."""
    with pytest.raises(MemoryError) as python:
        bytearray(2**62)
    assert is_out_of_memory(python.value)
    with pytest.raises(RuntimeError) as torches:
        torch.empty(2**58, dtype=torch.uint8)
    assert is_out_of_memory(torches.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("out of memory"), KeyError("x")])
def test_other_faults_are_not(error: Exception) -> None:
    """Less memory would not help there."""
    assert not is_out_of_memory(error)
