"""How long a training takes, in seconds, and what it needs on the disk, in bytes. No torch. (Memory: `memory`.)

Time = products / their speed + numbers moved / the speed of copying. Products: see `work`. Moved are the activations, three times; the
weights, cast once a pass where they learn; NF4 weights, unpacked twice a pass; AdamW's state once a step. How many bytes each of these
costs was fitted to trainings on machine B, so that a machine's two measured speeds carry the estimate over;
`ops/bench/planner_error.py` measures how far it is from others, `ops/bench/README.md` keeps the figures.
"""

from appliance.planning.machine import BF16_GAIN, BYTES_A_TYPE, UNMEASURED_COPY_GB_S, UNMEASURED_GFLOPS_A_CORE, Machine
from appliance.planning.methods import MethodChoice, trained_blocks, trained_parameters
from appliance.planning.parameters import ModelShape
from appliance.planning.work import Range, RowSizes, computed_tokens, passes_of, steps_of

SPREAD = (0.75, 1.35)  # low and high, of what is expected
KEPT_CHECKPOINTS = 3  # the last two, and one being written
FORWARD_SHARE = 0.35  # of a step's time is its forward pass, which is all that validation needs
PRODUCT_SLOWNESS = 1.35  # training's products take so many times as long as the measured one, for the same operations
ACTIVATION_BYTES = 20.0  # moved for each number that a token and block keep
UNPACK_BYTES = 10.0  # moved for each NF4 weight that is unpacked
LEARN_BYTES = 40.0  # moved a step for each number that learns
BLOCK_SECONDS = 12e-3  # of calls, a block and pass


def estimate_seconds(
    shape: ModelShape,
    choice: MethodChoice,
    machine: Machine,
    rows: RowSizes,
    *,
    epochs: int,
    batch_size: int,
    pass_tokens: int,
    checkpointing: bool,
) -> Range:
    """Return how long training takes with its validation, loading not counted."""
    steps = steps_of(rows, epochs=epochs, batch_size=batch_size) * (1 + FORWARD_SHARE * rows.validation_rows / rows.rows)

    def at(gflops: float, copy_gb_s: float) -> float:
        step = _step(shape, choice, rows, batch_size, pass_tokens, BYTES_A_TYPE[machine.compute_type], checkpointing=checkpointing)
        return steps * (step[0] / (gflops * 1e9) + step[1] / (copy_gb_s * 1e9) + step[2])

    if machine.speed is None:
        slow, fast = (machine.cores * rate for rate in UNMEASURED_GFLOPS_A_CORE)
        return Range(at(fast * BF16_GAIN, UNMEASURED_COPY_GB_S[1]), at(slow, UNMEASURED_COPY_GB_S[0]))
    middle = at(machine.speed.gflops, machine.speed.copy_gb_s) * machine.speed.correction
    return Range(middle * SPREAD[0], middle * SPREAD[1])


def expected(span: Range) -> float:
    """Return what is expected: where `SPREAD` puts it."""
    return span.high / SPREAD[1]


def checkpoint_bytes(shape: ModelShape, choice: MethodChoice) -> int:
    """Return what a training needs on the disk: its checkpoints (weights, two moments), the best weights twice, and what it made: fp32."""
    return trained_parameters(shape, choice) * 4 * (3 * KEPT_CHECKPOINTS + 2 + 1)


def _step(
    shape: ModelShape, choice: MethodChoice, rows: RowSizes, batch_size: int, pass_tokens: int, size: int, *, checkpointing: bool
) -> tuple[float, float, float]:
    """Return a step's operations in products, the bytes it moves, and the seconds of its calls."""
    tokens, passes = computed_tokens(rows, batch_size), passes_of(rows, batch_size, pass_tokens)
    learns, blocks = trained_parameters(shape, choice), trained_blocks(shape, choice)
    through = shape.linear_parameters * blocks / shape.layers  # weights of the blocks that gradients pass through
    table = shape.vocabulary * shape.hidden
    answers = rows.learned * batch_size * rows.mean
    again = 1 if checkpointing else 0
    attention = 2 * 2 * shape.heads * shape.head_dim * rows.mean / 2 * blocks
    operations = tokens * ((4 + 2 * again) * through + (3 + again) * attention) + answers * 4 * table
    if choice.adapters:
        operations += tokens * 6 * 2.5 * learns  # factors that share an input are stacked with zeros between: see `memory`
    elif choice.method == "full":
        operations += tokens * 2 * through + answers * 2 * table
    else:
        operations += tokens * 2 * through + (answers * 2 * table if choice.train_head else 0)
        operations += tokens * 2 * (shape.linear_parameters - through) / EPOCHS_OF_FEATURES
    query, key_value = shape.heads * shape.head_dim, shape.key_value_heads * shape.head_dim
    block = 4 * shape.hidden + 2 * query + 2 * key_value + 3 * shape.intermediate + shape.heads * rows.mean
    moved = tokens * block * blocks * (3 + again) / 3 * ACTIVATION_BYTES * size / 2
    if choice.method == "qlora":
        moved += passes * (2 + again) * UNPACK_BYTES * shape.linear_parameters
    elif not choice.adapters:
        moved += passes * 2 * (2 + again) * (4 + size) * through / 2
    moved += LEARN_BYTES * learns
    return operations * PRODUCT_SLOWNESS, moved, passes * blocks * BLOCK_SECONDS


EPOCHS_OF_FEATURES = 3  # frozen layers compute each row once, not once a pass over the data; presets take three passes or more
