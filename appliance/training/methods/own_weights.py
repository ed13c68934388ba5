"""The model's own parameters learn: all of them (full fine-tuning), or the last layers alone (transfer learning).

What learns, and the optimiser's moments, are fp32 whatever the compute type, because a small step on a large bf16
number is lost (mixed precision, arXiv:1710.03740). Each product casts its matrix and drops the copy afterwards.

Before it learns beside frozen layers, a head that is tied to the embedding is copied: otherwise its training would
change their input. The trained head is then a separate matrix (vocabulary x hidden more numbers), and its configuration
says so.
"""

from pathlib import Path
from typing import Any

import torch

from appliance.foundation.errors import InputError
from appliance.inference.loading import load_base
from appliance.training.decoder import Decoder
from appliance.training.methods.method import LoadedModel, MethodSettings, TunedParts

DEFAULT_LAYERS = 2  # where the settings do not say


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


class LastLayersMethod:
    """The last decoder layers learn, and the head on request."""

    name = "last-layers"

    def load(self, folder: Path, settings: MethodSettings) -> LoadedModel:
        """Load the base model in the compute type. Raises `InputError` when it has fewer layers than wanted."""
        return train_last(load_base(folder, quantised=False, compute_type=settings.compute_type), settings)


def train_last(model: Any, settings: MethodSettings) -> LoadedModel:
    """Let the last layers of a loaded model learn. Raises `InputError` when it has fewer than wanted."""
    layers = model.model.layers
    count = settings.last_layers or min(DEFAULT_LAYERS, len(layers))
    if count > len(layers):
        raise InputError("training.layers", layers=len(layers), count=count)
    model.requires_grad_(False)
    learning = list(layers[-count:])
    if settings.train_head:
        head = model.lm_head
        head.weight = torch.nn.Parameter(head.weight.detach().clone())
        learning.append(head)
    for module in learning:
        for parameter in module.parameters():
            parameter.data = parameter.data.to(wider(parameter.dtype))
        module.requires_grad_(True)
    decoder = Decoder(model, settings.compute_type, checkpointing=settings.activation_checkpointing)
    first = len(layers) - count
    return LoadedModel(
        model, decoder, LastLayersMethod.name, first_learning=first, tuned=TunedParts(count, settings.train_head)
    )


def wider(dtype: torch.dtype) -> torch.dtype:
    """Return the type that a parameter learns in: fp32 at least."""
    return dtype if dtype == torch.float64 else torch.float32
