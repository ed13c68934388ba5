"""LoRA: low-rank adapters on a frozen model in the compute type (arXiv:2106.09685)."""

from pathlib import Path

import torch

from appliance.inference.loading import load_base
from appliance.training.methods.method import LoadedModel, inject_lora


class LoraMethod:
    """Adapters on the model as it is."""

    name = "lora"

    def load(self, folder: Path, *, rank: int, lora_alpha: int, compute_type: torch.dtype, seed: int) -> LoadedModel:
        """Load the base model and put adapters on it."""
        return inject_lora(load_base(folder, quantised=False, compute_type=compute_type), rank=rank, lora_alpha=lora_alpha, seed=seed)
