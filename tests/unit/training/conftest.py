"""A two-layer Llama of our own making, in float64 where sums must be exact, and examples of uneven lengths."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from appliance.training.examples import TokenizedExample
from appliance.training.methods import LoadedModel
from appliance.training.methods.method import inject_lora

VOCABULARY = 96


def tiny_config(**changes: Any) -> LlamaConfig:
    """Return a configuration with grouped heads, as real models have."""
    settings = {
        "vocab_size": VOCABULARY,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "tie_word_embeddings": True,
        "initializer_range": 0.1,
        "attn_implementation": "sdpa",
    }
    return LlamaConfig(**{**settings, **changes})


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the model's safetensors."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    LlamaForCausalLM(tiny_config()).save_pretrained(folder)
    return folder


@pytest.fixture
def adapted() -> Callable[..., LoadedModel]:
    """Give fresh models with adapters whose B is not zero, so that every factor has a gradient."""

    def make(dtype: torch.dtype = torch.float64, *, rank: int = 4, seed: int = 0) -> LoadedModel:
        torch.manual_seed(1)
        model = LlamaForCausalLM(tiny_config()).to(dtype)
        if dtype == torch.float64:
            _use_exact_norms(model)
        loaded = inject_lora(model, rank=rank, lora_alpha=2 * rank, seed=seed)
        for name, parameter in loaded.trainable.items():
            parameter.data = parameter.data.to(dtype)
            if "lora_B" in name:
                parameter.data.normal_(std=0.05)
        return loaded

    return make


def _use_exact_norms(model: LlamaForCausalLM) -> None:
    """Put norms in place that compute in the model's type: the library's compute in fp32, which would hide the ninth digit."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, LlamaRMSNorm):
                setattr(module, name, torch.nn.RMSNorm(child.weight.shape, eps=child.variance_epsilon, dtype=torch.float64))


def make_examples(count: int, *, shared: int = 6, seed: int = 0, longest: int = 30) -> list[TokenizedExample]:
    """Return examples with a common beginning; every third one is of two turns."""
    draw = random.Random(seed)
    beginning = [draw.randrange(VOCABULARY) for _ in range(shared)]
    examples = []
    for index in range(count):
        turns = 2 if index % 3 == 2 else 1
        ids, mask = list(beginning), [False] * shared
        for _ in range(turns):
            question, answer = draw.randint(2, longest // turns), draw.randint(1, longest // (2 * turns))
            ids += [draw.randrange(VOCABULARY) for _ in range(question + answer)]
            mask += [False] * question + [True] * answer
        examples.append(TokenizedExample(tuple(ids), tuple(mask)))
    return examples
