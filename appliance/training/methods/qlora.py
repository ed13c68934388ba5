"""QLoRA: low-rank adapters on a frozen model in 4-bit NormalFloat with double quantisation (arXiv:2305.14314)."""

from pathlib import Path

import torch

from appliance.inference.loading import load_base
from appliance.training.methods.method import LoadedModel, inject_lora


class QloraMethod:
    """Adapters on the model in NF4."""

    name = "qlora"

    def load(self, folder: Path, *, rank: int, lora_alpha: int, compute_type: torch.dtype, seed: int) -> LoadedModel:
        """Load the base model in NF4 and put adapters on it."""
        return inject_lora(load_base(folder, quantised=True, compute_type=compute_type), rank=rank, lora_alpha=lora_alpha, seed=seed)
