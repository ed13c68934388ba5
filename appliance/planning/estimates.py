"""What a training will cost, as honest ranges: memory in bytes, time in seconds.

Memory = weights + adapter (weight, gradient, two Adam moments, the best copy so far: 5 x 4 bytes) + activations + the runtime itself.
NF4 with double quantisation takes 4.127 bits a weight: 4, and one 8-bit constant for 64 weights, and one 32-bit constant for 256
of these (QLoRA, arXiv:2305.14314, section 3). Embedding, head and norms stay in the compute type.

Time = work / speed. A training step of LoRA costs 4 floating-point operations a weight and token (2 forward, 2 for the gradient of the
activations; the frozen weights need none), the head the same on completion tokens only. The range covers what CPUs were measured at.
"""

from dataclasses import dataclass

from appliance.foundation.errors import InputError
from appliance.planning.parameters import ModelShape

NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
BYTES_A_TYPE = {"float32": 4, "bfloat16": 2}
ADAPTER_BYTES = 5 * 4
RUNTIME_BYTES = (350 * 2**20, 700 * 2**20)  # Python, torch, transformers: resident
SCORES_KEPT = 2  # copies of an attention matrix that the backward pass keeps
LOGITS_KEPT = 3  # logits, their softmax, their gradient
GFLOPS_A_CORE = (15.0, 75.0)  # shared and slow, to idle and AVX2 at its best
BF16_GAIN = 4.0  # of a CPU with AVX-512 bf16 or AMX
COMPLETION_SHARE = 0.4  # of an example's tokens, on average


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both possible."""

    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """Bytes of memory that a training will hold at its peak, and of which the base weights are this many."""

    peak_bytes: Range
    weight_bytes: int


def estimate_memory(shape: ModelShape, *, method: str, rank: int, tokens_a_pass: int, compute_type: str = "float32") -> Estimate:
    """Return the peak memory of a training. `tokens_a_pass` is how many tokens go through the model at once."""
    if compute_type not in BYTES_A_TYPE or method not in {"qlora", "lora"}:
        raise InputError(f"There is no estimate for {method} in {compute_type}.", code="planning.estimate")
    size = BYTES_A_TYPE[compute_type]
    rest = shape.parameters - shape.linear_parameters
    linear = shape.linear_parameters * (NF4_BITS / 8 if method == "qlora" else size)
    weights = round(linear + rest * size)
    a_token = shape.layers * (8 * shape.hidden + 5 * shape.intermediate + 4 * shape.heads * shape.head_dim) * size
    scores = shape.layers * shape.heads * tokens_a_pass * SCORES_KEPT * size
    logits = round(COMPLETION_SHARE * shape.vocabulary) * 4 * LOGITS_KEPT
    activations = tokens_a_pass * (a_token + scores + logits)
    adapter = shape.adapter_parameters(rank) * ADAPTER_BYTES
    low = weights + adapter + 0.6 * activations + RUNTIME_BYTES[0]
    # Loading holds the largest matrix twice, and NF4 unpacks one layer at a time.
    high = weights + shape.vocabulary * shape.hidden * size + adapter + 1.6 * activations + RUNTIME_BYTES[1]
    return Estimate(Range(low, high), weights)


def estimate_seconds(
    shape: ModelShape, *, rows: int, epochs: int, tokens_a_row: float, shared_tokens: float = 0, cores: int, bf16: bool = False
) -> Range:
    """Return how long training will take. `shared_tokens` of each row are a common beginning, which is computed once a step only."""
    if min(rows, epochs, cores) < 1 or tokens_a_row <= 0 or not 0 <= shared_tokens < tokens_a_row:
        raise InputError("An estimate needs at least one row, one pass, one core and one token.", code="planning.estimate")
    computed = tokens_a_row - shared_tokens * 7 / 8  # A batch of eight computes the beginning once.
    head = COMPLETION_SHARE * shape.vocabulary * shape.hidden
    work = 4.0 * rows * epochs * computed * (shape.linear_parameters + head)
    speed = [cores * rate * 1e9 * (BF16_GAIN if bf16 else 1.0) for rate in GFLOPS_A_CORE]
    return Range(work / speed[1], work / speed[0])
