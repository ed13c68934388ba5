"""Estimate how long a training takes, in seconds, and what it needs on the disk, in bytes. No torch; memory: `memory`.

Time = products / their speed + numbers moved / the speed of copying. Products: see `work`. Moved are the activations,
three times; the weights, cast once a pass where they learn; NF4 weights, unpacked twice a pass; AdamW's state once a
step. Their costs were fitted to trainings on machine B, a CPU; the two measured speeds of another machine carry them
over. `ops/bench/planner_error.py` measures the error on other trainings, `ops/bench/README.md` keeps the figures.

On a GPU the calls run ahead of the work, so a step takes the longer of the two, not their sum. `GPU_BLOCK_SECONDS` is
not measured, as no GPU was available: a block's forward and backward pass make some 120 calls that launch a kernel
(counted with torch's dispatcher, without views and attention's own), at 10 microseconds each for Python, autograd and
launch. The other constants are the CPU's, except for attention, where the flash kernel computes half of the square.
Every finished training corrects the next estimate.
"""

from appliance.planning.machine import (
    BF16_GAIN,
    BYTES_A_TYPE,
    UNMEASURED_COPY_GB_S,
    UNMEASURED_GFLOPS_A_CORE,
    UNMEASURED_GPU_COPY_GB_S,
    UNMEASURED_GPU_GFLOPS,
)
from appliance.planning.methods import MethodChoice, trained_blocks, trained_parameters
from appliance.planning.parameters import ModelShape
from appliance.planning.work import Range, Training, computed_tokens, passes_of, steps_of

SPREAD = (0.75, 1.35)  # low and high, relative to the expected time
KEPT_CHECKPOINTS = 3  # the last two, and one being written
FORWARD_SHARE = 0.35  # of a step's time: the forward pass, which is all that validation needs
NARROW = 200.0  # the width of a model whose products take twice as long as the measured ones for the same operations
ATTENTION_SLOWNESS = 3.5  # attention's products are small, and cover the whole square of a row
FLASH_SLOWNESS = 1.0  # half of the square, at half a GPU's peak (arXiv:2307.08691, section 4.1)
ACTIVATION_BYTES = 15.0  # moved for each number that a token keeps in a block
SCORE_BYTES = 27.0  # moved for each score of attention
UNPACK_BYTES = 8.0  # moved for each NF4 weight that is unpacked
LEARN_BYTES = 45.0  # moved a step for each number that learns
BLOCK_SECONDS = 7.5e-3  # of calls, for each block and pass
GPU_BLOCK_SECONDS = 1.2e-3  # the same on a GPU: see above


def estimate_seconds(wanted: Training, pass_tokens: int, *, checkpointing: bool) -> Range:
    """Return how long training takes, with validation and without loading the model."""
    rows, machine = wanted.rows, wanted.machine
    validated = 1 + FORWARD_SHARE * rows.validation_rows / rows.rows
    steps = validated * steps_of(rows, epochs=wanted.epochs, batch_size=wanted.batch_size)
    operations, moved = _step(wanted, pass_tokens, checkpointing=checkpointing)
    calls = passes_of(rows, wanted.batch_size, pass_tokens) * trained_blocks(wanted.shape, wanted.choice)

    def at(gflops: float, copy_gb_s: float) -> float:
        busy = operations / (gflops * 1e9) + moved / (copy_gb_s * 1e9)
        return steps * (max(busy, calls * GPU_BLOCK_SECONDS) if machine.gpu else busy + calls * BLOCK_SECONDS)

    if machine.gpu and machine.speed is None:
        return Range(
            *(at(*speeds) for speeds in zip(UNMEASURED_GPU_GFLOPS[::-1], UNMEASURED_GPU_COPY_GB_S[::-1], strict=True))
        )
    if machine.speed is None:
        slow, fast = (machine.cores * rate for rate in UNMEASURED_GFLOPS_A_CORE)
        return Range(at(fast * BF16_GAIN, UNMEASURED_COPY_GB_S[1]), at(slow, UNMEASURED_COPY_GB_S[0]))
    middle = at(machine.speed.gflops, machine.speed.copy_gb_s) * machine.speed.correction
    return Range(middle * SPREAD[0], middle * SPREAD[1])


def expected(span: Range) -> float:
    """Return the expected time within a range made with `SPREAD`."""
    return span.high / SPREAD[1]


def checkpoint_bytes(shape: ModelShape, choice: MethodChoice) -> int:
    """Return what a training needs on the disk, all fp32.

    That is its checkpoints (weights and two moments), the best weights twice, and the result.
    """
    return trained_parameters(shape, choice) * 4 * (3 * KEPT_CHECKPOINTS + 2 + 1)


def _step(wanted: Training, pass_tokens: int, *, checkpointing: bool) -> tuple[float, float]:
    """Return the operations of a step's products, and the bytes it moves."""
    shape, choice, machine, rows = wanted.shape, wanted.choice, wanted.machine, wanted.rows
    size = BYTES_A_TYPE[machine.compute_type]
    tokens = computed_tokens(rows, wanted.batch_size)
    passes = passes_of(rows, wanted.batch_size, pass_tokens)
    learns, blocks = trained_parameters(shape, choice), trained_blocks(shape, choice)
    through = shape.linear_parameters * blocks / shape.layers  # weights of the blocks that gradients pass through
    table = shape.vocabulary * shape.hidden
    answers = rows.learned * wanted.batch_size * rows.mean
    again = 1 if checkpointing else 0  # forward passes that are computed a second time
    operations = tokens * (4 + 2 * again) * through + answers * 4 * table
    if choice.adapters:
        operations += tokens * 6 * 2.5 * learns  # factors that share an input lie on a block diagonal: see `memory`
    elif choice.method == "full":
        operations += tokens * 2 * through + answers * 2 * table
    else:
        operations += tokens * 2 * through + (answers * 2 * table if choice.train_head else 0)
        # Frozen layers compute each row once, not once an epoch.
        operations += tokens * 2 * (shape.linear_parameters - through) / wanted.epochs
    scores = tokens * shape.heads * rows.mean * blocks * (3 + again)
    attention = 2 * 2 * scores * shape.head_dim * (FLASH_SLOWNESS if machine.flash_attention else ATTENTION_SLOWNESS)
    query, key_value = shape.heads * shape.head_dim, shape.key_value_heads * shape.head_dim
    block = 4 * shape.hidden + 2 * query + 2 * key_value + 3 * shape.intermediate
    moved = tokens * block * blocks * (3 + again) * ACTIVATION_BYTES / 3 * size / 2
    if not machine.flash_attention:
        moved += scores * SCORE_BYTES / 3 * size / 2
    if choice.method == "qlora":
        moved += passes * (2 + again) * UNPACK_BYTES * shape.linear_parameters
    elif not choice.adapters:
        moved += passes * 2 * (2 + again) * (4 + size) * through / 2
    moved += LEARN_BYTES * learns
    return operations * (1 + NARROW / shape.hidden) + attention, moved
