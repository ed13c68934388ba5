"""What a training method is: how to load the model, and which parameters learn."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save

ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to train: the PEFT model, and the causal language model inside of it, through which the adapters compute."""

    peft: Any
    causal: Any

    @property
    def trainable(self) -> dict[str, torch.nn.Parameter]:
        """Return the parameters that learn, by name."""
        return {name: parameter for name, parameter in self.peft.named_parameters() if parameter.requires_grad}


class Method(Protocol):
    """One way to train."""

    name: str

    def load(self, folder: Path, *, rank: int, lora_alpha: int, compute_type: torch.dtype, seed: int) -> LoadedModel:
        """Load the base model of `folder` with what learns on top of it, initialised from `seed`."""
        ...


def inject_lora(model: Any, *, rank: int, lora_alpha: int, seed: int) -> LoadedModel:
    """Put adapters on every linear layer but the head: h = W0 x + (lora_alpha / rank) B A x, A random, B zero (LoRA, arXiv:2106.09685).

    All linear layers rather than attention alone: "LoRA Without Regret" (Thinking Machines, 2025) and QLoRA (arXiv:2305.14314, section 4).
    Adapters compute in fp32 whatever the base computes in. No dropout: short runs on small data.
    """
    model.requires_grad_(False)
    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=lora_alpha, lora_dropout=0.0, target_modules=_linear_names(model), task_type="CAUSAL_LM")
    with warnings.catch_warnings():
        # PEFT 0.21 asks for a property that transformers 5 has renamed; it still answers.
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        peft = get_peft_model(model, config)
    return LoadedModel(peft, peft.get_base_model())


def _linear_names(model: Any) -> list[str]:
    """Return the last parts of the names of all linear layers but the head ("q_proj"), which hold for every layer of the model."""
    head = model.get_output_embeddings()
    linear = {
        name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and module is not head
    }
    return sorted(linear)


def adapter_files(loaded: LoadedModel, base_name: str) -> dict[str, bytes]:
    """Return the adapter as PEFT writes it: `adapter_model.safetensors` and `adapter_config.json`, as bytes in memory."""
    state = {name: tensor.detach().contiguous().cpu() for name, tensor in get_peft_model_state_dict(loaded.peft).items()}
    config = loaded.peft.peft_config["default"].to_dict()
    config["base_model_name_or_path"] = base_name
    config["inference_mode"] = True
    plain = {key: sorted(value) if isinstance(value, set) else value for key, value in config.items()}
    return {
        ADAPTER_WEIGHTS: save(state, metadata={"format": "pt"}),
        ADAPTER_CONFIG: json.dumps(plain, sort_keys=True, default=str).encode(),
    }
