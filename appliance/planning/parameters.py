"""Count the numbers of a matrix, an adapter and a whole model.

A matrix of d rows and k columns has d·k numbers. LoRA (arXiv:2106.09685, section 4.1) leaves it as it is and learns
B·A instead, with B of d by r and A of r by k: r·(d + k) numbers. Every linear layer of the blocks gets an adapter; the
embedding and the head do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.foundation.errors import InputError
from appliance.foundation.messages import Message, message

MAX_SIDE = 10_000_000  # rows or columns of one matrix; far more than in any published model


@dataclass(frozen=True)
class AdapterCount:
    """A matrix, its adapter, and how many times smaller the adapter is."""

    full: int
    adapter: int
    times_smaller: float


def matrix_parameters(rows: int, columns: int) -> int:
    """Return d·k. Raises `InputError` for sides outside 1 to `MAX_SIDE`."""
    for name, side in (("rows", rows), ("columns", columns)):
        if not 1 <= side <= MAX_SIDE:
            raise InputError(f"planning.side:{name}", side=side, most=MAX_SIDE)
    return rows * columns


def adapter_parameters(rows: int, columns: int, rank: int) -> int:
    """Return r·(d + k). Raises `InputError` for a rank outside 1 to the smaller side: a higher one adds nothing."""
    matrix_parameters(rows, columns)
    highest = min(rows, columns)
    if not 1 <= rank <= highest:
        raise InputError("planning.rank", rank=rank, rows=rows, columns=columns, highest=highest)
    return rank * (rows + columns)


def compare_adapter(rows: int, columns: int, rank: int) -> AdapterCount:
    """Return both counts for one matrix. Raises `InputError`."""
    full, adapter = matrix_parameters(rows, columns), adapter_parameters(rows, columns, rank)
    return AdapterCount(full, adapter, full / adapter)


@dataclass(frozen=True)
class LayerCount:
    """A kind of matrix in a model: its copies, its sides, the numbers of one and of its adapter (0: it gets none)."""

    name: Message
    copies: int
    rows: int
    columns: int
    full: int
    adapter: int


LINEAR_NAMES = tuple(
    message(f"planning.matrix-{name}") for name in ("query", "key", "value", "output", "gate", "up", "down")
)


@dataclass(frozen=True)
class ModelShape:
    """The sizes that decide what a decoder costs (Llama family: grouped-query attention, SwiGLU, RMSNorm)."""

    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    attention_bias: bool = False
    output_bias: bool = False
    mlp_bias: bool = False

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "ModelShape":
        """Read the sizes from a model's `config.json`. Raises `InputError` unless all are positive integers."""
        heads = _size(config, "num_attention_heads")
        hidden = _size(config, "hidden_size")
        return cls(
            hidden=hidden,
            layers=_size(config, "num_hidden_layers"),
            heads=heads,
            key_value_heads=_size(config, "num_key_value_heads", heads),
            head_dim=_size(config, "head_dim", max(1, hidden // heads)),
            intermediate=_size(config, "intermediate_size"),
            vocabulary=_size(config, "vocab_size"),
            tied=bool(config.get("tie_word_embeddings", False)),
            attention_bias=bool(config.get("attention_bias", False)) or config.get("model_type") == "qwen2",
            output_bias=bool(config.get("attention_bias", False)),
            mlp_bias=bool(config.get("mlp_bias", False)),
        )

    @property
    def linear_layers(self) -> tuple[tuple[int, int], ...]:
        """Rows and columns of the seven linear layers of one block: q, k, v, o, gate, up, down."""
        query, key_value = self.heads * self.head_dim, self.key_value_heads * self.head_dim
        return (
            (query, self.hidden),
            (key_value, self.hidden),
            (key_value, self.hidden),
            (self.hidden, query),
            (self.intermediate, self.hidden),
            (self.intermediate, self.hidden),
            (self.hidden, self.intermediate),
        )

    @property
    def linear_parameters(self) -> int:
        """Numbers in the linear layers of all blocks: what LoRA adapts and NF4 shrinks."""
        return self.layers * sum(rows * columns for rows, columns in self.linear_layers)

    @property
    def block_parameters(self) -> int:
        """Numbers in one block: its linear layers, their biases, its two norms."""
        biases = sum(rows for rows, _ in self.linear_layers[:3]) if self.attention_bias else 0
        biases += self.hidden if self.output_bias else 0
        biases += sum(rows for rows, _ in self.linear_layers[4:]) if self.mlp_bias else 0
        return sum(rows * columns for rows, columns in self.linear_layers) + biases + 2 * self.hidden

    @property
    def smallest_side(self) -> int:
        """The highest rank that every linear layer of the blocks can have."""
        return min(min(layer) for layer in self.linear_layers)

    @property
    def embedding_parameters(self) -> int:
        """Numbers in the embedding, and in the head where it is a separate matrix."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        """Numbers in the whole model."""
        return self.layers * self.block_parameters + self.embedding_parameters + self.hidden

    def adapter_parameters(self, rank: int) -> int:
        """Numbers in a LoRA adapter on all linear layers. Raises `InputError` for a rank over the smallest layer's."""
        return self.layers * sum(adapter_parameters(rows, columns, rank) for rows, columns in self.linear_layers)

    def by_layer(self, rank: int) -> tuple["LayerCount", ...]:
        """Return every kind of matrix in order, with its adapter of this rank. Raises `InputError` as above."""
        kinds = [
            LayerCount(name, self.layers, rows, columns, rows * columns, adapter_parameters(rows, columns, rank))
            for name, (rows, columns) in zip(LINEAR_NAMES, self.linear_layers, strict=True)
        ]
        numbers = self.vocabulary * self.hidden
        embedding = LayerCount(message("planning.matrix-embedding"), 1, self.vocabulary, self.hidden, numbers, 0)
        small = self.parameters - self.linear_parameters - self.embedding_parameters
        rest = LayerCount(message("planning.matrix-norms"), 1, 1, small, small, 0)
        head = LayerCount(message("planning.matrix-head"), 1, self.vocabulary, self.hidden, numbers, 0)
        return (embedding, *kinds, rest) if self.tied else (embedding, *kinds, rest, head)


def _size(config: Mapping[str, Any], name: str, otherwise: int | None = None) -> int:
    value = config.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_SIDE:
        raise InputError("planning.config", name=name)
    return value
