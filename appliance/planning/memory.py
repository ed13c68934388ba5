"""Estimate the peak memory of a training in bytes, by purpose. No torch.

Memory = the runtime itself + weights + what learns (its weights, gradients and AdamW's two moments, all fp32) +
activations of one pass. Checkpoints are written in pieces, without a copy of the tensors. NF4 with double quantisation
takes 4.127 bits a weight: 4, one 8-bit constant for 64 weights, one 32-bit constant for 256 of these (QLoRA,
arXiv:2305.14314, section 3). Embedding, head and norms stay in the compute type.

Activations are what the backward pass needs again, as `training.kernels` and `training.attention` keep it. For each
token and block that is, in numbers: the block's two inputs and their norms (4 x width), queries, keys and values (their
width), the attention's output and probabilities (heads x tokens that it sees; a GPU's flash kernel keeps none), gate
and up (2 x feed-forward width), their product (1 x), and the adapters' inner values (7 x rank). With checkpointing a
block keeps only its input, and one block at a time is computed again (Chen et al., arXiv:1604.06174).

Constants marked "fitted" were fitted to trainings on machine B; `ops/bench/planner_error.py` measures the error on
other trainings, `ops/bench/README.md` keeps the figures.
"""

from dataclasses import dataclass

from appliance.planning.machine import BYTES_A_TYPE, GIB
from appliance.planning.methods import MethodChoice, trained_blocks, trained_parameters
from appliance.planning.parameters import ModelShape
from appliance.planning.work import Range, Training

MIB = 1024**2
FILE_BYTES = 2  # of a parameter in the files of published models
NF4_BITS = 4 + 8 / 64 + 32 / (64 * 256)
CPU_NF4_BITS = NF4_BITS + 32 / 64  # with the blocks' constants unpacked: see `training.frozen_matrices`
CPU_RUNTIME_BYTES = 575 * MIB  # Python, torch, transformers, PEFT, and what products and allocator keep (fitted)
GPU_RUNTIME_BYTES = 900 * MIB  # CUDA's context and its libraries' workspaces
SPREAD = (0.85, 1.2)  # low and high, relative to the expected peak
LOGIT_NUMBERS = 1 << 22  # of logits in memory at once, in fp32 and twice in the compute type
LONG_ATTENTION = 384  # tokens from which on attention keeps no probabilities
FEATURE_BYTES = GIB  # of the frozen layers' outputs in memory; the rest is sealed on the disk
ACTIVATION_FACTOR = 1.1  # what the allocator takes for them (fitted)
LIVE_BLOCKS = 2.0  # the backward pass holds a block's gradients and recomputed values beside what was kept


@dataclass(frozen=True)
class MemorySplit:
    """Bytes by purpose; their sum is the expected peak.

    `mapped`: pages of the model's file, which count as resident but which the system takes back when it needs them.
    """

    runtime: int
    mapped: int
    weights: int
    adapters: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        """The sum."""
        learning = self.adapters + self.gradients + self.optimiser
        return self.runtime + self.mapped + self.weights + learning + self.activations

    @property
    def peak(self) -> Range:
        """The range of the peak."""
        return Range(self.total * SPREAD[0], self.total * SPREAD[1])

    @property
    def needed(self) -> float:
        """What the machine must have: the highest peak without what the system takes back."""
        return (self.total - self.mapped) * SPREAD[1]


def estimate_memory(wanted: Training, pass_tokens: int, *, checkpointing: bool) -> MemorySplit:
    """Return the peak memory of a training with passes of about `pass_tokens`."""
    shape, choice, machine, rows = wanted.shape, wanted.choice, wanted.machine, wanted.rows
    learns = trained_parameters(shape, choice)
    size = BYTES_A_TYPE[machine.compute_type]
    longest_batch = rows.shared + wanted.batch_size * (rows.longest - rows.shared)
    tokens = max(rows.longest, min(pass_tokens, longest_batch))
    kept = 0.0
    if choice.method == "last-layers" and choice.last_layers < shape.layers:
        kept = min(FEATURE_BYTES, rows.tokens * shape.hidden * size)
    numbers = _activations(wanted, tokens, checkpointing=checkpointing)
    return MemorySplit(
        runtime=GPU_RUNTIME_BYTES if machine.gpu else CPU_RUNTIME_BYTES,
        mapped=0 if machine.gpu else _mapped_bytes(shape, choice),
        weights=weight_bytes(shape, choice, machine.compute_type, gpu=machine.gpu),
        adapters=4 * learns,
        gradients=4 * learns + round(_passing_gradients(shape, choice, size)),
        optimiser=2 * 4 * learns,
        activations=round(ACTIVATION_FACTOR * (numbers * size + kept)),
    )


def weight_bytes(shape: ModelShape, choice: MethodChoice, compute_type: str, *, gpu: bool) -> int:
    """Return the bytes of the frozen weights. Full training has none: what learns is counted separately."""
    size = BYTES_A_TYPE[compute_type]
    if choice.method == "full":
        return 0
    if choice.method == "last-layers":
        head = shape.vocabulary * shape.hidden if choice.train_head and shape.tied else 0  # a tied head is copied
        return (shape.parameters + head - trained_parameters(shape, choice)) * size
    rest = (shape.parameters - shape.linear_parameters) * size
    packed = (NF4_BITS if gpu else CPU_NF4_BITS) / 8
    return round(rest + shape.linear_parameters * (packed if choice.method == "qlora" else size))


def _mapped_bytes(shape: ModelShape, choice: MethodChoice) -> int:
    """Return the bytes of the file that stay mapped.

    That is all of it for QLoRA, which holds a packed copy, and for LoRA the matrices that were copied side by side.
    """
    if choice.method == "qlora":
        return FILE_BYTES * shape.parameters
    if choice.method != "lora":
        return 0
    (query, width), (key, _), (value, _), _, (gate, _), (up, _), _ = shape.linear_layers
    return FILE_BYTES * shape.layers * width * (query + key + value + gate + up)


def _passing_gradients(shape: ModelShape, choice: MethodChoice, size: int) -> float:
    """Return the bytes that the backward pass holds for a moment: the largest gradient, and unpacked matrices."""
    largest = 2 * shape.intermediate * shape.hidden  # gate and up side by side
    table = shape.vocabulary * shape.hidden
    if choice.method == "full":
        return table * (2 * 4 + size)  # gradients of the embedding and the head, and the head in the compute type
    if choice.method == "last-layers":
        return (largest + (table if choice.train_head else 0)) * (4 + size)
    return 2 * largest * size if choice.method == "qlora" else 0


def _activations(wanted: Training, tokens: float, *, checkpointing: bool) -> float:
    """Return how many numbers in the compute type a pass of `tokens` keeps."""
    shape, choice, rows = wanted.shape, wanted.choice, wanted.rows
    query, key_value = shape.heads * shape.head_dim, shape.key_value_heads * shape.head_dim
    seen = 0.0 if wanted.machine.flash_attention else min(rows.longest, LONG_ATTENTION + rows.shared)
    block = 4 * shape.hidden + 2 * query + 2 * key_value + 3 * shape.intermediate + shape.heads * seen
    if choice.adapters:
        block += 7 * choice.rank
    blocks = trained_blocks(shape, choice)
    kept = (block + blocks * shape.hidden if checkpointing else block * blocks) + LIVE_BLOCKS * block
    return tokens * kept + 2 * LOGIT_NUMBERS + _stacked_factors(shape, choice) * (1 if checkpointing else blocks)


def _stacked_factors(shape: ModelShape, choice: MethodChoice) -> float:
    """Return the numbers of a block's adapters as products keep them.

    The factors that share an input lie on a block diagonal, and its zeros count.
    """
    if not choice.adapters:
        return 0
    (query, _), (key, _), (value, _), _, (gate, _), (up, _), _ = shape.linear_layers
    together = 3 * (query + key + value + shape.hidden) + 2 * (gate + up + shape.hidden)
    return choice.rank * (together + query + shape.hidden + shape.intermediate + shape.hidden)
