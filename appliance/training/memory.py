"""Which exceptions mean that memory ran out. torch has a class of its own for devices; on a CPU it raises a `RuntimeError` with a text."""

import torch

_TEXTS = (
    "allocate memory",  # torch's allocator on a CPU ("DefaultCPUAllocator: can't allocate memory")
    "out of memory",  # CUDA below torch's own allocator, bitsandbytes
    "bad_alloc",
    "could not create a memory",  # oneDNN
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether `error` says that memory ran out, so that the same work may pass with less."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _TEXTS)
