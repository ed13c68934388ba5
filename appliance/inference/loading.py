"""Load a base model from its folder, and put an adapter on it: safetensors only, no code, no network."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from appliance.foundation.errors import IntegrityError
from appliance.inference.compute_type import compute_device
from appliance.models import AdapterConfiguration


def load_base(folder: Path, *, quantised: bool, compute_type: torch.dtype, device: torch.device | None = None) -> Any:
    """Return the causal language model, in NF4 with double quantisation when `quantised`, else in `compute_type`.

    All of it is on `device`, by default `compute_device()`: the library's own default puts packed models on a GPU and
    all others on the CPU.

    In its first forward pass in eval mode without gradients, bitsandbytes repacks 4-bit weights for AVX-512 bf16, and
    training afterwards silently gets wrong gradients. So that path is switched off on every layer, for training and
    inference alike: the compared models share one code path.
    """
    quantisation = {}
    if quantised:
        quantisation["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=compute_type,
        )
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=compute_type,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation="sdpa",
        device_map={"": device or compute_device()},
        **quantisation,
    )
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model


def with_adapter(causal: Any, configuration: AdapterConfiguration, tensors: Mapping[str, torch.Tensor]) -> Any:
    """Return PEFT's model of `causal` with the adapter.

    Raises `IntegrityError` unless the tensors are exactly those that the configuration needs.
    """
    config = LoraConfig(**{**configuration.to_peft(), "lora_dropout": 0.0})
    with warnings.catch_warnings():
        # PEFT 0.21 reads a property that transformers 5 has renamed but still supports.
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        peft = get_peft_model(causal, config)
    # PEFT ignores unknown names; an adapter that was loaded in part would give wrong answers.
    wanted = {name: tensor.shape for name, tensor in get_peft_model_state_dict(peft).items()}
    if {name: tensor.shape for name, tensor in tensors.items()} != wanted:
        raise IntegrityError("adapter.shape")
    set_peft_model_state_dict(peft, dict(tensors))
    return peft
