"""The training methods as the planner knows them: what learns, and how many numbers that is.

full         every number of the model.
last-layers  the last n blocks with their norms, and the head on request; the rest is frozen (transfer learning).
lora         B·A beside every linear layer of the blocks, on the model as it is (arXiv:2106.09685).
qlora        the same on a model in NF4 (arXiv:2305.14314).

rsLoRA (arXiv:2312.03732) scales B·A by alpha / sqrt(r) instead of alpha / r, at no cost. DoRA (arXiv:2402.09353) also
learns the length of each row of W0 + B·A: d more numbers for a matrix of d rows. It is slower, because the lengths are
those of the whole matrix W0 + B·A, which has to be formed.
"""

from dataclasses import dataclass

from appliance.foundation.messages import Message, message
from appliance.planning.parameters import ModelShape

METHODS = ("qlora", "lora", "last-layers", "full")
ADAPTER_METHODS = ("qlora", "lora")
AUTOMATIC = "auto"  # the planner chooses: LoRA where it fits the machine's memory, else QLoRA


@dataclass(frozen=True)
class MethodChoice:
    """What learns. `rank` and its options hold for adapters, `last_layers` and `train_head` for last layers alone."""

    method: str
    rank: int = 16
    use_rslora: bool = False
    use_dora: bool = False
    last_layers: int = 0
    train_head: bool = False

    @property
    def adapters(self) -> bool:
        """Whether adapters learn beside a frozen model."""
        return self.method in ADAPTER_METHODS

    @property
    def short_name(self) -> Message:
        """What people call it: "QLoRA", "the last 2 layers"."""
        if self.method == "last-layers":
            return message("planning.method-last-layers", count=self.last_layers)
        name = message(f"planning.method-{self.method}")
        return message("planning.method-dora", method=name) if self.use_dora and self.adapters else name


def trained_parameters(shape: ModelShape, choice: MethodChoice) -> int:
    """Return how many numbers learn. Raises `InputError` for a rank that the smallest layer cannot have."""
    if choice.method == "full":
        return shape.parameters
    if choice.method == "last-layers":
        head = shape.vocabulary * shape.hidden if choice.train_head else 0
        return choice.last_layers * shape.block_parameters + head
    lengths = shape.layers * sum(rows for rows, _ in shape.linear_layers) if choice.use_dora else 0
    return shape.adapter_parameters(choice.rank) + lengths


def trained_blocks(shape: ModelShape, choice: MethodChoice) -> int:
    """Return how many blocks, from the top, gradients pass through."""
    return choice.last_layers if choice.method == "last-layers" else shape.layers
