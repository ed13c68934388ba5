"""What defines a training method: how the model is loaded, and which parameters learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from appliance.training.decoder import Decoder
from appliance.training.examples import TokenizedExample
from appliance.training.features import FrozenFeatures, SealedSpill
from appliance.training.packed_passes import PackedPass


@dataclass(frozen=True)
class MethodSettings:
    """How to train; each method reads its own settings.

    rank, lora_alpha, use_rslora, use_dora: of LoRA and QLoRA. last_layers, train_head: of last-layers. compute_type: of
    activations and frozen weights. activation_checkpointing: compute activations twice instead of keeping them.
    """

    compute_type: torch.dtype
    seed: int
    rank: int = 16
    lora_alpha: int = 32
    use_rslora: bool = False
    use_dora: bool = False
    last_layers: int = 0
    train_head: bool = False
    activation_checkpointing: bool = False


@dataclass
class LoadedModel:
    """A model ready to train: the causal language model, PEFT's model around it where there are adapters, its decoder.

    first_learning: the first layer that learns. The layers before it are frozen, and their output for an example is the
    same in each epoch.
    """

    causal: Any
    decoder: Decoder
    method: str
    peft: Any | None = None
    first_learning: int = 0
    tuned: "TunedParts | None" = None
    features: FrozenFeatures | None = None

    @property
    def trainable(self) -> dict[str, torch.nn.Parameter]:
        """The parameters that learn, by name."""
        outer = self.peft if self.peft is not None else self.causal
        return {name: parameter for name, parameter in outer.named_parameters() if parameter.requires_grad}

    def summed_loss(self, packed: PackedPass) -> torch.Tensor:
        """Return the sum of -log p (nats) over the pass's targets."""
        features = self.features.of(packed) if self.features is not None else None
        return self.decoder.summed_loss(packed, features, first=self.first_learning)

    def remember(
        self, examples: Sequence[TokenizedExample], shared: int, pass_tokens: int, spill: SealedSpill | None = None
    ) -> None:
        """Compute the frozen layers' output for the examples, where there are frozen layers. Raises `StorageError`."""
        if self.first_learning:
            self.features = FrozenFeatures(self.decoder, range(self.first_learning), shared, spill)
            self.features.compute(examples, pass_tokens)


@dataclass(frozen=True)
class TunedParts:
    """What the configuration of trained tensors says besides the method: see `models.tuned_configuration`."""

    last_layers: int
    train_head: bool


class Method(Protocol):
    """A training method."""

    name: str

    def load(self, folder: Path, settings: MethodSettings) -> LoadedModel:
        """Load the base model of `folder`, ready to train. Raises `InputError` when the method cannot train it."""
