"""Full fine-tuning: every parameter learns.

The parameters and the optimiser's moments are fp32 whatever the compute type, because a small step on a large bf16
number is lost (mixed precision, arXiv:1710.03740). Each product casts its matrix and drops the copy afterwards.
"""

from pathlib import Path

import torch

from appliance.inference.loading import load_base
from appliance.training.decoder import Decoder
from appliance.training.methods.method import LoadedModel, MethodSettings, TunedParts


class FullMethod:
    """The whole model learns."""

    name = "full"

    def load(self, folder: Path, settings: MethodSettings) -> LoadedModel:
        """Load the base model in fp32, all of it trainable. A tied embedding and head stay one parameter."""
        model = load_base(folder, quantised=False, compute_type=torch.float32)
        return train_all(model, settings)


def train_all(model: torch.nn.Module, settings: MethodSettings) -> LoadedModel:
    """Let every parameter of a loaded model learn."""
    model.requires_grad_(True)
    decoder = Decoder(model, settings.compute_type, checkpointing=settings.activation_checkpointing)
    return LoadedModel(model, decoder, FullMethod.name, tuned=TunedParts(0, train_head=True))
