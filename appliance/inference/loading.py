"""Load a base model from its own folder: safetensors only, no code from the folder, no network."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig


def load_base(folder: Path, *, quantised: bool, compute_type: torch.dtype) -> Any:
    """Return the causal language model, in NF4 with double quantisation when `quantised`, else in `compute_type`.

    bitsandbytes repacks a 4-bit weight for AVX-512 bf16 at the first forward in eval mode without gradient; training afterwards gets
    wrong gradients, silently. So that path is switched off on every layer, here, for training and inference alike: contenders
    are compared on one code path.
    """
    quantisation = {}
    if quantised:
        quantisation["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=compute_type
        )
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=compute_type,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        attn_implementation="sdpa",
        **quantisation,
    )
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model
