"""Parameter counts: d·k for a matrix, d·r + r·k for its adapter (LoRA, arXiv:2106.09685, section 4.1)."""

from appliance.foundation.errors import InputError


def matrix_parameters(rows: int, columns: int) -> int:
    """Return d·k. Raises `InputError` unless both are positive."""
    if rows < 1 or columns < 1:
        raise InputError("Rows and columns must be positive.", code="parameters.shape")
    return rows * columns


def lora_parameters(rows: int, columns: int, rank: int) -> int:
    """Return d·r + r·k, the parameters of B (d x r) and A (r x k). Raises `InputError` for a rank under 1 or over min(d, k)."""
    matrix_parameters(rows, columns)
    if not 1 <= rank <= min(rows, columns):
        raise InputError(f"The rank must lie between 1 and {min(rows, columns)} for this matrix.", code="parameters.rank")
    return rows * rank + rank * columns
