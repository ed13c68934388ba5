"""The ways to train, as the planner knows them: what learns, and how many numbers that is.

full         every number of the model.
last-layers  the last n blocks with their norms; the rest is frozen (transfer learning). The head if asked.
lora         B·A beside every linear layer of the blocks, on the model as it is (arXiv:2106.09685).
qlora        the same on a model in NF4 (arXiv:2305.14314).

rsLoRA (arXiv:2312.03732) scales B·A by alpha / sqrt(r) instead of alpha / r: it costs nothing. DoRA (arXiv:2402.09353)
learns the length of each row of W0 + B·A as well: d numbers more for a matrix of d rows, and slower, because the whole
W0 + B·A must be made to know the lengths.
"""

from dataclasses import dataclass

from appliance.planning.parameters import ModelShape

METHODS = ("qlora", "lora", "last-layers", "full")
ADAPTER_METHODS = ("qlora", "lora")
AUTOMATIC = "auto"  # the planner chooses: LoRA where it fits the machine's memory, else QLoRA
SHORT_NAMES = {"qlora": "QLoRA", "lora": "LoRA", "last-layers": "last layers", "full": "full training"}


@dataclass(frozen=True)
class MethodChoice:
    """What learns.

    `rank` and its options hold for adapters, `last_layers` and `train_head` for last layers; elsewhere they are
    ignored.
    """

    method: str
    rank: int = 16
    use_rslora: bool = False
    use_dora: bool = False
    last_layers: int = 0
    train_head: bool = False

    @property
    def adapters(self) -> bool:
        """Tell whether adapters learn beside a frozen model."""
        return self.method in ADAPTER_METHODS

    @property
    def short_name(self) -> str:
        """Return it as people name it ("last 2 layers")."""
        if self.method == "last-layers":
            return f"last {self.last_layers} layers" if self.last_layers != 1 else "last layer"
        return SHORT_NAMES[self.method] + (" with DoRA" if self.use_dora and self.adapters else "")


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
