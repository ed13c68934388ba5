"""What a training will cost, as honest ranges: memory in bytes, time in seconds, disk in bytes. No torch.

Memory = the runtime itself + weights + what learns (its weights, gradients, AdamW's two moments, the best so far) + what a checkpoint holds
while it is written + activations of one pass. NF4 with double quantisation takes 4.127 bits a weight: 4, one 8-bit constant for 64 weights,
one 32-bit constant for 256 of these (QLoRA, arXiv:2305.14314, section 3). Embedding, head and norms stay in the compute type.

Activations are what the backward pass needs again, a token and block: inputs of norms, of attention and of the feed-forward, and the
adapters' own inputs. With checkpointing a block keeps its input alone, and one block at a time is computed again (Chen et al.,
arXiv:1604.06174). Logits exist for learned tokens only.

Time = operations / speed, and what does not depend on operations: NF4 is unpacked twice a pass, each block costs its calls, AdamW reads
and writes its state. The constants below were fitted to trainings on machine B; `ops/bench/planner_error.py` measures how far they
are from others, `ops/bench/README.md` keeps the figures.
"""

from dataclasses import dataclass

from appliance.planning.machine import BF16_GAIN, BYTES_A_TYPE, GIB, UNMEASURED_GFLOPS_A_CORE, Machine
from appliance.planning.methods import MethodChoice, trained_blocks, trained_parameters
from appliance.planning.parameters import ModelShape
from appliance.planning.work import RowSizes, computed_tokens, steps_of

MIB = 1024**2
NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
CPU_RUNTIME_BYTES = 330 * MIB  # Python, torch, transformers, PEFT: resident before a model is loaded
GPU_RUNTIME_BYTES = 900 * MIB  # CUDA's context and its libraries' workspaces
MEMORY_SPREAD = (0.85, 1.2)
TIME_SPREAD = (0.75, 1.35)
LOGIT_BYTES = 16  # logits in the compute type and in fp32, their softmax, their gradients
FEATURE_BYTES = GIB  # what frozen layers made of the rows is kept in memory up to this, beyond on the disk, sealed
KEPT_CHECKPOINTS = 3  # the last two, and one being written


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both possible."""

    low: float
    high: float


@dataclass(frozen=True)
class MemorySplit:
    """Bytes by what they hold; their sum is what is expected at the peak."""

    runtime: int
    weights: int
    adapters: int
    gradients: int
    optimiser: int
    checkpoint: int
    activations: int

    @property
    def total(self) -> int:
        """The sum."""
        return self.runtime + self.weights + self.adapters + self.gradients + self.optimiser + self.checkpoint + self.activations

    @property
    def peak(self) -> Range:
        """What the peak may be."""
        return Range(self.total * MEMORY_SPREAD[0], self.total * MEMORY_SPREAD[1])


def weight_bytes(shape: ModelShape, choice: MethodChoice, compute_type: str) -> int:
    """Return what the frozen weights hold. A full training has none: what learns counts elsewhere."""
    size = BYTES_A_TYPE[compute_type]
    if choice.method == "full":
        return 0
    if choice.method == "last-layers":
        return (shape.parameters - trained_parameters(shape, choice)) * size
    rest = (shape.parameters - shape.linear_parameters) * size
    return round(rest + shape.linear_parameters * (NF4_BITS / 8 if choice.method == "qlora" else size))


def estimate_memory(
    shape: ModelShape, choice: MethodChoice, machine: Machine, *, pass_tokens: int, checkpointing: bool, features: float = 0
) -> MemorySplit:
    """Return the peak memory of a training of which at most `pass_tokens` go through the model at once.

    `features`: tokens of all rows, whose way through frozen layers is kept (last layers), up to `FEATURE_BYTES`.
    """
    learns = trained_parameters(shape, choice)
    compute = machine.compute_type
    frozen = choice.method == "last-layers" and choice.last_layers < shape.layers
    kept = round(min(FEATURE_BYTES, features * shape.hidden * BYTES_A_TYPE[compute])) if frozen else 0
    return MemorySplit(
        runtime=GPU_RUNTIME_BYTES if machine.gpu else CPU_RUNTIME_BYTES,
        weights=weight_bytes(shape, choice, compute) + _loading_bytes(shape, choice, compute),
        adapters=2 * 4 * learns,  # and the best so far
        gradients=4 * learns,
        optimiser=2 * 4 * learns,
        checkpoint=0 if machine.gpu else 4 * 4 * learns,
        activations=_activation_bytes(shape, choice, BYTES_A_TYPE[compute], pass_tokens, checkpointing=checkpointing) + kept,
    )


def estimate_seconds(
    shape: ModelShape, choice: MethodChoice, machine: Machine, rows: RowSizes, *, epochs: int, batch_size: int, checkpointing: bool
) -> Range:
    """Return how long training takes with its validation, loading not counted."""
    steps = steps_of(rows, epochs=epochs, batch_size=batch_size) * (1 + FORWARD_SHARE * rows.validation_rows / rows.rows)
    if machine.speed is None:
        low, high = (
            _step_seconds(shape, choice, rows, batch_size, machine.cores * rate * gain, checkpointing=checkpointing)
            for rate, gain in zip(reversed(UNMEASURED_GFLOPS_A_CORE), (BF16_GAIN[1], 1.0), strict=True)
        )
        return Range(steps * low, steps * high)
    step = _step_seconds(shape, choice, rows, batch_size, machine.speed.gflops, checkpointing=checkpointing)
    expected = steps * step * machine.speed.correction
    return Range(expected * TIME_SPREAD[0], expected * TIME_SPREAD[1])


def expected(span: Range) -> float:
    """Return the middle of a range, as ratios have it."""
    return float((span.low * span.high) ** 0.5)


def checkpoint_bytes(shape: ModelShape, choice: MethodChoice) -> int:
    """Return what a training needs on the disk: its checkpoints (weights, two moments, the best so far: fp32) and what it made."""
    return trained_parameters(shape, choice) * 4 * (4 * KEPT_CHECKPOINTS + 1)


def _loading_bytes(shape: ModelShape, choice: MethodChoice, compute_type: str) -> int:
    """Return what loading leaves behind: a file's pages that are still mapped, and what packing to NF4 held."""
    if choice.method != "qlora":
        return 0
    return round(QLORA_LOADING * shape.linear_parameters * BYTES_A_TYPE[compute_type])


QLORA_LOADING = 0.0
BLOCK_NUMBERS = (16.0, 8.0, 4.0)  # a token and block keeps so many numbers a unit of: width, feed-forward width, attention width
ADAPTER_NUMBERS = (6.0, 1.0, 7.0)  # and adapters, in fp32, a unit of: width, feed-forward width, rank


def _activation_bytes(shape: ModelShape, choice: MethodChoice, size: int, tokens: int, *, checkpointing: bool) -> int:
    attention = (shape.heads + 2 * shape.key_value_heads) * shape.head_dim
    wide, deep, heads = BLOCK_NUMBERS
    block = size * (wide * shape.hidden + deep * shape.intermediate + heads * attention)
    if choice.adapters:
        in_width, in_deep, in_rank = ADAPTER_NUMBERS
        block += 4 * (in_width * shape.hidden + in_deep * shape.intermediate + in_rank * choice.rank)
    blocks = trained_blocks(shape, choice)
    kept = block + blocks * shape.hidden * size if checkpointing else block * blocks
    mask = tokens * tokens * (1 + 2 * size)
    logits = 0.4 * tokens * shape.vocabulary * LOGIT_BYTES
    return round(tokens * kept + mask + logits)


ADAPTER_COST = 3.0  # adapters' products are thin, and in fp32: slower than the rest
UNPACK_OPERATIONS = 8.0  # unpacking an NF4 weight costs as much time as so many operations of a matrix product
OPTIMISER_OPERATIONS = 60.0  # so does AdamW's step, for each number that learns
BLOCK_SECONDS = 0.0
FORWARD_SHARE = 0.4  # of a step's time is its forward pass, which is all that validation needs


def _step_seconds(shape: ModelShape, choice: MethodChoice, rows: RowSizes, batch_size: int, gflops: float, *, checkpointing: bool) -> float:
    tokens = computed_tokens(rows, batch_size)
    learns = trained_parameters(shape, choice)
    head = rows.learned * shape.vocabulary * shape.hidden
    blocks = trained_blocks(shape, choice)
    passed = shape.linear_parameters * blocks / shape.layers
    operations = 2 * (shape.linear_parameters - passed) + (6 if checkpointing else 4) * passed + 4 * head
    if choice.adapters:
        operations += 6 * learns * ADAPTER_COST
    else:
        operations += 2 * learns
    operations = tokens * operations + OPTIMISER_OPERATIONS * learns
    if choice.method == "qlora":
        operations += UNPACK_OPERATIONS * shape.linear_parameters * (3 if checkpointing else 2)
    return operations / (gflops * 1e9) + BLOCK_SECONDS * shape.layers
