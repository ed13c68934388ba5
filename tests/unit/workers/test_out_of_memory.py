"""That memory ran out is known by what really happens then: an allocation that no machine can grant, in Python and in
torch.
"""

import pytest
import torch

from appliance.foundation.errors import WorkerError
from appliance.jobs.messages import OUT_OF_MEMORY
from appliance.workers.channel import TOO_LARGE, is_out_of_memory, loading_a_model, training_a_model


def test_real_refusals_of_memory_are_known() -> None:
    """Of the interpreter, and of torch's allocator on a CPU."""
    with pytest.raises(MemoryError) as python:
        bytearray(2**62)
    assert is_out_of_memory(python.value)
    with pytest.raises(RuntimeError) as torches:
        torch.empty(2**58, dtype=torch.uint8)
    assert is_out_of_memory(torches.value)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a memory object"),
    ],
)
def test_so_are_those_of_a_gpu_and_of_libraries(error: Exception) -> None:
    """As they word them."""
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("out of memory"), KeyError("x")])
def test_other_faults_are_not(error: Exception) -> None:
    """Less memory would not help there."""
    assert not is_out_of_memory(error)


def test_what_may_be_tried_with_less_is_told_from_what_does_not_fit() -> None:
    """A training that ran out steps down; a model that does not fit even when it is loaded does not."""
    for frame, code in ((training_a_model, OUT_OF_MEMORY), (loading_a_model, TOO_LARGE)):
        with pytest.raises(WorkerError) as caught, frame():
            raise MemoryError
        assert caught.value.code == code
        with pytest.raises(KeyError), frame():
            raise KeyError("x")
