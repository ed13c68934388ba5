"""When memory runs out: which exceptions say so, and how a worker hands it on.

Python has a class for it; torch and its libraries raise a `RuntimeError` with a text (`torch.OutOfMemoryError` is one
too).
"""

import contextlib
from collections.abc import Iterator

from appliance.foundation.errors import WorkerError

TOO_LARGE = "worker.memory"  # the code of a `Failed` that less at a time would not help
_TEXTS = (
    "allocate memory",  # torch's allocator on a CPU ("DefaultCPUAllocator: can't allocate memory")
    "out of memory",  # torch's allocator on a GPU ("CUDA out of memory."), CUDA below it ("CUDA error: out of memory")
    "STATUS_ALLOC_FAILED",  # cuBLAS and cuDNN, whose workspaces lie beside torch's allocator
    "bad_alloc",
    "could not create a memory",  # oneDNN
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether `error` says that memory ran out, so that the same work may pass with less."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(text in str(error) for text in _TEXTS)
    )


def loading_a_model() -> contextlib.AbstractContextManager[None]:
    """Say what to choose instead when memory runs out in the block. Raises `WorkerError`."""
    return _saying("worker.memory:model")


def training_a_model() -> contextlib.AbstractContextManager[None]:
    """Say, when memory runs out in the block, that the training may go on with less. Raises `WorkerError`."""
    return _saying("worker.out-of-memory")


@contextlib.contextmanager
def _saying(identifier: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise WorkerError(identifier) from error
