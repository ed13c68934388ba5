"""Load a base model, put an adapter on it, or swap trained tensors in: safetensors only, no code, no network."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

from appliance.foundation.errors import IntegrityError
from appliance.inference.compute_type import compute_device
from appliance.models import AdapterConfiguration, TunedConfiguration


class TunedTensors:
    """Both sets of tensors in memory, one of them in the model.

    Where the base model ties two places to one tensor, both change. A separate head is the exception (last-layers with
    `train_head`): it replaces the head alone, and the embedding stays.
    """

    def __init__(self, causal: Any, configuration: TunedConfiguration, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put the trained tensors in.

        Raises `IntegrityError` unless they are exactly those that the configuration names, in the model's shapes.
        """
        parameters = dict(causal.named_parameters())
        base = frozenset(parameters)
        own_head = configuration.method == "last-layers" and configuration.train_head
        shapes = {name: parameter.shape for name, parameter in parameters.items()}
        if own_head:
            shapes["lm_head.weight"] = causal.lm_head.weight.shape
        wanted = {name: shapes[name] for name in configuration.names(base, len(causal.model.layers))}
        if {name: tensor.shape for name, tensor in tensors.items()} != wanted:
            raise IntegrityError("adapter.shape:trained-tensors-fit")
        self._places: list[tuple[Any, str, torch.nn.Parameter, torch.nn.Parameter]] = []
        for name, tensor in tensors.items():
            before = causal.lm_head.weight if name == "lm_head.weight" else parameters[name]
            after = torch.nn.Parameter(tensor.to(before.device, before.dtype), requires_grad=False)
            alone = own_head and name == "lm_head.weight"
            for module in [causal.lm_head] if alone else causal.modules():
                for key, parameter in module.named_parameters(recurse=False):
                    if parameter is before:
                        self._places.append((module, key, before, after))
        self._put(tuned=True)

    @contextlib.contextmanager
    def original(self) -> Iterator[None]:
        """Restore the base model's own tensors for the block."""
        self._put(tuned=False)
        try:
            yield
        finally:
            self._put(tuned=True)

    def _put(self, *, tuned: bool) -> None:
        for module, key, before, after in self._places:
            setattr(module, key, after if tuned else before)


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
