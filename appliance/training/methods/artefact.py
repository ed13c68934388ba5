"""The result of a training as two files, in memory: PEFT's for adapters, else trained tensors and their configuration.

Both kinds use PEFT's file names, so that the code that seals, moves and opens them need not tell them apart.
"""

import json

import torch
from peft import get_peft_model_state_dict
from safetensors.torch import save

from appliance.models import TUNED_FORMAT, TUNED_VERSION
from appliance.training.methods.method import LoadedModel

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"


def adapter_files(loaded: LoadedModel, base_name: str) -> dict[str, bytes]:
    """Return `adapter_model.safetensors` and `adapter_config.json`. Trained tensors have the validated compute type."""
    if loaded.peft is None:
        state = {name: tensor.detach().to(loaded.decoder.compute_type) for name, tensor in loaded.trainable.items()}
        assert loaded.tuned is not None
        plain = {
            "format": TUNED_FORMAT,
            "version": TUNED_VERSION,
            "method": loaded.method,
            "last_layers": loaded.tuned.last_layers,
            "train_head": loaded.tuned.train_head,
            "base_model_name_or_path": base_name,
        }
    else:
        state = get_peft_model_state_dict(loaded.peft)
        config = loaded.peft.peft_config["default"].to_dict()
        config["base_model_name_or_path"] = base_name
        config["inference_mode"] = True
        plain = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    tensors: dict[str, torch.Tensor] = {name: tensor.detach().contiguous().cpu() for name, tensor in state.items()}
    return {
        ADAPTER_WEIGHTS: save(tensors, metadata={"format": "pt"}),
        ADAPTER_CONFIG: json.dumps(plain, sort_keys=True, default=str).encode(),
    }
