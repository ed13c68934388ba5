"""A tiny two-layer Llama, in float64 where sums must be exact, and examples of uneven lengths."""

import random
from typing import Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from appliance.training.examples import TokenizedExample
from appliance.training.methods import LoadedModel, MethodSettings
from appliance.training.methods.low_rank import inject_lora
from appliance.training.methods.own_weights import train_all, train_last

VOCABULARY = 96


SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.1,
    "attn_implementation": "sdpa",
}


def tiny_config(**changes: Any) -> LlamaConfig:
    """Return a configuration with grouped heads, as real models have."""
    return LlamaConfig(**{**SIZES, "tie_word_embeddings": True, **changes})


def make_loaded(
    dtype: torch.dtype = torch.float64,
    *,
    method: str = "lora",
    config: LlamaConfig | None = None,
    rank: int = 4,
    **options: Any,
) -> LoadedModel:
    """Return a tiny model, ready to train with a method, in one type throughout."""
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(config or tiny_config()).to(dtype)
    if dtype == torch.float64:
        _use_exact_norms(model)
    settings = MethodSettings(**{"compute_type": dtype, "seed": 0, "rank": rank, "lora_alpha": 2 * rank, **options})
    if method != "lora":
        return {"full": train_all, "last-layers": train_last}[method](model, settings)
    loaded = inject_lora(model, settings, method="lora")
    for name, parameter in loaded.trainable.items():
        parameter.data = parameter.data.to(dtype)
        if "lora_B" in name:
            parameter.data.normal_(std=0.05)
    return loaded


def _use_exact_norms(model: torch.nn.Module) -> None:
    """Replace the library's norms, which compute in fp32 and would hide the ninth digit, by float64 ones."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child).__name__.endswith("RMSNorm"):
                setattr(
                    module, name, torch.nn.RMSNorm(child.weight.shape, eps=child.variance_epsilon, dtype=torch.float64)
                )


def make_examples(count: int, *, shared: int = 6, seed: int = 0, longest: int = 30) -> list[TokenizedExample]:
    """Return examples with a common beginning; every third one has two turns."""
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
